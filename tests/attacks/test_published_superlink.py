"""Attack: a stranger who reaches a published SuperLink starts code on its nodes, registers, takes tasks, reads.

Who: anybody on the network, without a credential or with a node's. SuperLink alone grants it: control, run-time and
fleet interfaces share one port, and StartRun asks for nothing, as the first test shows on loopback. What stops it:
SuperLink is on loopback, and the nginx that `andel coordinate --write-deployment` sets up publishes by name what a node
needs, whatever way a path is spelt; SuperLink's node authentication stands behind that.
"""

import time
from hashlib import sha256

import httpx
import pytest
from flwr.proto.control_pb2 import ListNodesRequest, RegisterNodeRequest, StartRunRequest
from flwr.proto.fab_pb2 import Fab
from flwr.proto.fleet_pb2 import ActivateNodeRequest, PullMessagesRequest, RegisterNodeFleetRequest
from flwr.proto.message_pb2 import PullObjectRequest
from flwr.proto.node_pb2 import Node
from flwr.proto.runtime_pb2 import AcquireTaskRequest

from andel.content import ContentStore
from andel.content_put import Writer
from andel.content_remote import RemoteObjects, open_content
from andel.errors import ContentError
from andel.training import wire
from andel.training.certificates import make_node_key
from andel.training.superlink import register_node, wait_for_nodes
from andel.training.superlink_session import trusting
from tests.support.content_services import DOMAIN, OPERATOR, STRANGER, content_service
from tests.support.light_nodes import (
    REAL_TIME,
    LightNode,
    acceptance_of,
    agreeing,
    asked,
    driven,
    offered_fab,
    questions,
    round_over,
)
from tests.support.patience import PATIENCE
from tests.support.proxies import published
from tests.support.worlds import FIRST_SEED, build_world

WORLD = agreeing(build_world(1))
OWNER = WORLD.owners[0]
PROTO = {"content-type": "application/protobuf"}


def start_run():
    """What starts a run of a bundle of code."""
    fab = offered_fab()
    return StartRunRequest(fab=Fab(hash_str=sha256(fab).hexdigest(), content=fab)).SerializeToString()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A site as it is written, which runs."""
    with published(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture(scope="module")
def joined(place, tmp_path_factory):
    """A registered light node that joined through nginx, and the Grid behind it."""
    node = LightNode(tmp_path_factory.mktemp("node"), OWNER, acceptance_of(WORLD, OWNER))
    number = register_node(place.link.door, node.public)
    with node.running(place.address, place.authority), driven(place.link) as grid:
        wait_for_nodes(grid, 1, PATIENCE, REAL_TIME)
        yield grid, node, number
    assert node.failures == []


def outside(place, path, body=b"", method="POST"):
    """What a stranger is answered by nginx."""
    with httpx.Client(verify=trusting(place.authority), trust_env=False, timeout=20) as client:
        return client.request(method, f"https://{place.address}{path}", content=body, headers=PROTO)


@pytest.mark.full
def test_a_registered_node_plays_a_round_through_it(place, joined):
    grid, node, _ = joined
    federated = round_over(grid, WORLD)
    commitments = federated.collect_commitments()
    federated.collect_openings(FIRST_SEED, [OWNER.address])
    federated.collect_updates(WORLD.parameters, FIRST_SEED, {item.contributor: 96 for item in commitments})
    result = federated.result()
    assert result.refused == () and [item.contributor for item in result.updates] == [OWNER.address]
    assert all(sent.arrived for sent in node.sent())
    assert asked(place.link, "/v1/fleet/register-node") == 0


def test_the_control_interface_is_open_to_whoever_reaches_superlink_itself(place, joined):
    with httpx.Client(verify=trusting(place.authority), trust_env=False, timeout=20) as client:
        own = f"https://{place.link.door.address}"
        started = client.post(f"{own}/v1/control/start-run", content=start_run(), headers=PROTO)
        listed = client.post(f"{own}/v1/control/list-nodes", content=b"", headers=PROTO)
    assert started.status_code == 200 and started.content  # so a refusal below is nginx's doing
    assert listed.status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/control/start-run", start_run),
        ("/v1/control/register-node", lambda: RegisterNodeRequest(public_key=make_node_key().public)),
        ("/v1/control/list-nodes", ListNodesRequest),
        ("/v1/control/list-runs", bytes),
        ("/v1/control/pull-artifacts", bytes),
        ("/v1/runtime/acquire-task", lambda: AcquireTaskRequest(supported_task_types=["flwr-serverapp"])),
        ("/v1/runtime/pull-task-input", bytes),
        ("/v1/fleet/register-node", lambda: RegisterNodeFleetRequest(public_key=make_node_key().public)),
        ("/v1/fleet/unregister-node", bytes),
        ("/v1/fleet/get-fab", bytes),
        ("/v1/fleet/get-run", bytes),
        ("/docs", bytes),
        ("/openapi.json", bytes),
        ("/", bytes),
    ],
)
def test_what_is_not_for_nodes_is_not_there(place, joined, path, body):
    made = body()
    answer = outside(place, path, made if isinstance(made, bytes) else made.SerializeToString())
    assert answer.status_code == 404 and "nginx" in answer.text
    assert outside(place, path, method="GET").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/v1/fleet/../control/start-run",
        "/v1/fleet/%2e%2e/control/start-run",
        "/v1/fleet/pull-messages/../../control/start-run",
        "/v1/fleet/pull-messages%2f..%2f..%2fcontrol%2fstart-run",
        "/v1/fleet/..%2fcontrol%2fstart-run",
        "//v1//control//start-run",
        "/V1/control/start-run",
        "/v1/control/start-run;/v1/fleet/pull-messages",
        "/v1/control/start-run%00/v1/fleet/pull-messages",
        "/v1/control/start-run?/v1/fleet/pull-messages",
        "/v1/control/start-run#/v1/fleet/pull-messages",
        "/content/../v1/control/start-run",
        "/content/b/../../v1/control/start-run",
        "/health/../v1/control/start-run",
        "https://localhost/v1/control/start-run",
        "http://127.0.0.1:SUPERLINK/v1/control/start-run",
        "/v1/fleet/pull-messages\\..\\..\\control\\start-run",
    ],
)
def test_no_spelling_of_a_path_reaches_the_control_interface(place, joined, path):
    body, before = start_run(), asked(place.link, "/v1/control/start-run")
    target = path.replace("SUPERLINK", str(place.site.superlink_port))
    head = f"POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/protobuf\r\n"
    sent = f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
    answer = place.exchange(sent)
    assert answer.split(b" ", 2)[1] in (b"400", b"401", b"404", b"405"), answer[:200]
    assert asked(place.link, "/v1/control/start-run") == before


def test_no_request_is_smuggled_behind_another(place, joined):
    before = asked(place.link, "/v1/control")
    inner = b"POST /v1/control/list-nodes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
    head = b"POST /v1/fleet/pull-messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/protobuf\r\n"
    for lengths in (
        b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % (5 + len(inner)),
        b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(inner),
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: 0\r\n",
    ):
        answer = place.exchange(head + lengths + b"\r\n0\r\n\r\n" + inner)
        assert b" 200 " not in answer and b" 101 " not in answer, answer[:300]
    assert asked(place.link, "/v1/control") == before


def test_without_a_registered_key_no_fleet_endpoint_tells_anything(place, joined):
    _, _, number = joined
    node = Node(node_id=number)
    for path, body in (
        ("activate-node", ActivateNodeRequest(public_key=make_node_key().public, heartbeat_interval=30.0)),
        ("pull-messages", PullMessagesRequest(node=node)),
        ("pull-object", PullObjectRequest(node=node, run_id=1, object_id="00" * 32)),
        ("push-messages", b""),
        ("push-object", b""),
        ("send-node-heartbeat", b""),
        ("deactivate-node", b""),
        ("confirm-message-received", b""),
    ):
        answer = outside(place, f"/v1/fleet/{path}", body if isinstance(body, bytes) else body.SerializeToString())
        assert answer.status_code == 401 and len(answer.content) < 200, path
        assert outside(place, f"/v1/fleet/{path}", method="GET").status_code == 403


def test_a_node_with_a_key_of_its_own_making_is_not_let_in(place, tmp_path):
    stranger = LightNode(tmp_path / "stranger", OWNER, acceptance_of(WORLD, OWNER))
    with stranger.running(place.address, place.authority):
        time.sleep(3.0)
    assert list(stranger.sent()) == []
    assert stranger.failures == []


@pytest.mark.full
def test_bodies_and_heads_over_the_bounds_are_refused_before_superlink_hears_of_them(place, joined):
    before = asked(place.link, "push-object")
    for path, announced in (
        ("/v1/fleet/pull-messages", 3 * 1024 * 1024),
        ("/v1/fleet/push-object", 67 * 1024 * 1024),
        ("/content/b" + "a" * 58, 65 * 1024 * 1024),
    ):
        method = "PUT" if path.startswith("/content") else "POST"
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {announced}\r\n\r\n"
        assert b" 413 " in place.exchange(head.encode())
    long = b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 40_000 + b"\r\n\r\n"
    assert b" 400 " in place.exchange(long)
    assert asked(place.link, "push-object") == before


@pytest.mark.full
def test_one_address_that_asks_without_end_is_told_to_wait(place, joined):
    grid, _, number = joined
    with httpx.Client(verify=trusting(place.authority), trust_env=False, timeout=20) as client:
        codes = [client.get(f"https://{place.address}/v1/fleet/pull-object").status_code for _ in range(1_500)]
    assert codes[0] == 403 and codes.count(503) > 300 and set(codes) == {403, 503}
    time.sleep(2.0)
    (reply,) = questions(grid, WORLD, wire.BATCHES, [number])
    assert reply.has_content()


def test_content_is_read_and_kept_through_it_and_by_those_who_may(place, tmp_path):
    url = f"http://127.0.0.1:{place.site.plain_port}"
    with content_service(tmp_path / "content", port=place.site.content_port) as service:
        kept = ContentStore(url, objects=RemoteObjects(url, Writer(OPERATOR, DOMAIN), now=service.clock))
        cid = kept.put(b"large" * 100_000)
        assert open_content(url).get(cid) == service.store.get(cid) == b"large" * 100_000
        assert outside(place, f"/content/{cid}", method="GET").content == service.store.get(cid)
        assert outside(place, "/health", method="GET").status_code == 200
        assert outside(place, "/content?after=", method="GET").json()["cids"] == []  # younger than a round lasts
        foreign = ContentStore(url, objects=RemoteObjects(url, Writer(STRANGER, DOMAIN), now=service.clock))
        with pytest.raises(ContentError, match="status 403"):
            foreign.put(b"another")
        for method in ("DELETE", "POST", "PATCH"):
            assert outside(place, f"/content/{cid}", method=method).status_code == 403
    assert place.exchange(b"POST /v1/control/start-run HTTP/1.0\r\n\r\n", place.site.plain_port).split()[1] == b"404"
    assert place.exchange(b"POST /v1/fleet/pull-messages HTTP/1.0\r\n\r\n", place.site.plain_port).split()[1] == b"404"
