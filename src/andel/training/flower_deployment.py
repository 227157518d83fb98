"""The one door to the insides of Flower's deployment: what SuperLink's HTTP interfaces are spoken with.

None of these names is Flower's public interface; they are those of flwr 1.41 and move between releases. Nothing in one
process needs them, so what is imported without a SuperLink never imports this file. Raises SettingsError on import
where the installed Flower has other insides.
"""

from __future__ import annotations

import logging

# first: this turns off what Flower would send or fetch
from andel.errors import SettingsError
from andel.training.flower import TaskIdentity

# isort: split
try:
    from flwr.cli.build import build_fab_from_files
    from flwr.common.serde import run_from_proto
    from flwr.proto.control_pb2 import RegisterNodeRequest, StartRunRequest, UnregisterNodeRequest
    from flwr.proto.fab_pb2 import Fab
    from flwr.proto.message_pb2 import ConfirmMessageReceivedRequest, PullObjectRequest
    from flwr.proto.node_pb2 import Node
    from flwr.proto.runtime_pb2 import (
        AcquireTaskRequest,
        PullAppMessagesRequest,
        PullTaskInputRequest,
        PushTaskOutputRequest,
        SendTaskHeartbeatRequest,
    )
    from flwr.supercore.control import ControlHttpClient
    from flwr.supercore.inflatable.inflatable_object import iterate_object_tree
    from flwr.supercore.inflatable.inflatable_utils import ObjectPushError, inflate_object_from_contents
    from flwr.supercore.interceptors import RuntimeTokenHttpInterceptor, SuperExecAuthHttpInterceptor
    from flwr.supercore.retry import RetryInvoker
    from flwr.supercore.run import Run
    from flwr.supercore.runtime import RuntimeHttpClient
    from flwr.superlink.grid import HttpGrid
except ImportError as error:  # pragma: no cover
    raise SettingsError(
        f"the installed Flower has no SuperLink that this release knows: {error}", "install flwr 1.41"
    ) from error

# Flower sets its logger to DEBUG when it is imported; what a person has to know, our own loggers say
logging.getLogger("flwr").setLevel(logging.WARNING)

__all__ = [
    "AcquireTaskRequest",
    "ConfirmMessageReceivedRequest",
    "ControlHttpClient",
    "Fab",
    "HttpGrid",
    "Node",
    "ObjectPushError",
    "PullAppMessagesRequest",
    "PullObjectRequest",
    "PullTaskInputRequest",
    "PushTaskOutputRequest",
    "RegisterNodeRequest",
    "RetryInvoker",
    "Run",
    "RuntimeHttpClient",
    "RuntimeTokenHttpInterceptor",
    "SendTaskHeartbeatRequest",
    "StartRunRequest",
    "SuperExecAuthHttpInterceptor",
    "TaskIdentity",
    "UnregisterNodeRequest",
    "build_fab_from_files",
    "inflate_object_from_contents",
    "iterate_object_tree",
    "run_from_proto",
]
