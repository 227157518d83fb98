"""Runs one command of FEDn 0.33 as published, with what its SQL stores need to work, and bound to this machine alone.

Takes the words of FEDn's command line (`controller start`, `combiner start …`, `hooks start`). Changes no FEDn file:
the changes below are made in this process before FEDn starts, and each names the defect it is for. FEDn's own set-up
has MongoDB, which has no columns to mend. Never sends telemetry.
"""

from __future__ import annotations

import os
import sys
from typing import Any

# Without a service name FEDn exports nothing; an inherited one would send traces and logs elsewhere.
os.environ["OTEL_SERVICE_NAME"] = os.environ["FEDN_REMOTE_LOG_SERVER"] = ""

# isort: split
import grpc
from fedn.network.api import gunicorn_app
from fedn.network.storage.statestore.stores.round_store import SQLRoundStore
from fedn.network.storage.statestore.stores.shared import SortOrder
from fedn.network.storage.statestore.stores.sql import shared
from sqlalchemy import Boolean, Text, TypeDecorator

_HOOKS_PORT = "12081"  # written into FEDn; another may be in use there


class WordBoolean(TypeDecorator[bool]):
    """A Boolean that also takes "True" and "False", as which round configs travel from controller to combiner."""

    impl = Boolean
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: object) -> bool | None:
        """The value for the database."""
        return {"True": True, "False": False}[value] if isinstance(value, str) else value


def mend_tables() -> None:
    """Lets the tables take what FEDn itself writes into them."""
    # the client sends `preferred_combiner`, the API reads `combiner_preferred` and stores the nothing that it finds
    shared.ClientModel.__table__.c.combiner_preferred.nullable = True
    shared.SessionConfigModel.__table__.c.rounds.nullable = True  # never set
    for flag in ("delete_models_storage", "validate"):
        shared.RoundConfigModel.__table__.c[flag].type = WordBoolean()
    # a round without a model ends the thread that runs rounds, and with it the combiner
    shared.RoundCombinerModel.__table__.c.model_id.nullable = True
    # 255 characters there, and no limit in the rounds' table, which holds the same text
    shared.SessionConfigModel.__table__.c.server_functions.type = Text()
    SQLRoundStore.get_latest_round_id = _latest_round


def _latest_round(self: SQLRoundStore) -> int:
    """The newest round's number; FEDn sorts these as words, so that after "9" it makes a second "10"."""
    rounds = self.list(limit=1, skip=0, sort_key="committed_at", sort_order=SortOrder.DESCENDING)
    return int(rounds[0].round_id) if rounds else 0


def bind_to_loopback(hooks_port: str) -> None:
    """FEDn binds every address of the machine; here only this machine may reach it."""
    make = grpc.server

    def server(*arguments: Any, **options: Any) -> grpc.Server:
        made = make(*arguments, **options)
        bind = made.add_insecure_port

        def add(address: str) -> int:
            port = address.rpartition(":")[2]
            return int(bind(f"127.0.0.1:{hooks_port if port == _HOOKS_PORT else port}"))

        made.add_insecure_port = add
        return made

    grpc.server = server
    # FEDn's rule is one worker per core, but each keeps a state of its own and refuses what another has started
    serve = gunicorn_app.run_gunicorn
    gunicorn_app.run_gunicorn = lambda app, host, port, workers: serve(app, "127.0.0.1", port, 1)


if __name__ == "__main__":
    mend_tables()
    bind_to_loopback(os.environ.get("ANDEL_HOOKS_PORT", _HOOKS_PORT))
    from fedn.cli import main

    sys.argv[0] = "fedn"
    main()
