"""The file of addresses that goes beside a model: what was written is found, and nothing else is believed."""

import pytest

from andel.encoding import canonical_json
from andel.errors import InputError
from andel.keys import checksummed
from andel.ledger.deployment import DEPLOYMENT_FORMAT, Deployment
from tests.ledger.actors import Play

LATER = ("AccessPass", "Successors", "FeeSplitters", "InferenceMarket")
SOMEWHERE = checksummed(b"\x11" * 20)


def test_a_model_is_found_again_through_its_file(chain, actors, shared, tmp_path):
    model = Play.launch(chain, actors, shared).model
    path = tmp_path / "deployment.json"
    Deployment.of_model(model).to_file(path)
    found = Deployment.from_file(path).model(chain)
    assert repr(found) == repr(model)
    assert repr(Deployment.from_file(path).shared(chain)) == repr(shared)


def test_a_file_of_before_passes_successors_and_market_were_shared_is_read(chain, actors, shared, tmp_path):
    model = Play.launch(chain, actors, shared).model
    whole = Deployment.of_model(model)
    assert set(LATER) <= set(whole.addresses)
    old = {name: at for name, at in whole.addresses.items() if name not in LATER}
    Deployment(whole.chain_id, old).to_file(tmp_path / "old.json")
    found = Deployment.from_file(tmp_path / "old.json")
    model = found.model(chain)
    assert (model.access_pass, model.successors, model.fee_splitters, model.market) == (None,) * 4
    assert found.shared(chain).access_pass is None and Deployment.of_shared(found.shared(chain)).addresses


def test_shared_contracts_alone_are_a_deployment(chain, shared, tmp_path):
    Deployment.of_shared(shared).to_file(tmp_path / "shared.json")
    deployment = Deployment.from_file(tmp_path / "shared.json")
    assert repr(deployment.shared(chain)) == repr(shared)
    with pytest.raises(InputError, match="names no RoundManager"):
        deployment.model(chain)


def test_a_file_of_another_chain_is_refused(chain):
    with pytest.raises(InputError, match="on chain 4690, the node serves chain 31337"):
        Deployment(4690, {"DeviceRegistry": SOMEWHERE}).shared(chain)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([], id="list"),
        pytest.param({"format": "other"}, id="format"),
        pytest.param({"format": DEPLOYMENT_FORMAT, "chain_id": 1}, id="no-addresses"),
        pytest.param({"format": DEPLOYMENT_FORMAT, "chain_id": True, "addresses": {}}, id="chain-id"),
        pytest.param({"format": DEPLOYMENT_FORMAT, "chain_id": 1, "addresses": {"Owner": SOMEWHERE}}, id="name"),
        pytest.param({"format": DEPLOYMENT_FORMAT, "chain_id": 1, "addresses": {"ModelToken": "0x11"}}, id="address"),
        pytest.param({"format": DEPLOYMENT_FORMAT, "chain_id": 1, "addresses": {}, "key": "0x"}, id="more"),
    ],
)
def test_any_other_file_is_refused(value, tmp_path):
    path = tmp_path / "deployment.json"
    path.write_bytes(canonical_json(value))
    with pytest.raises(InputError):
        Deployment.from_file(path)


def test_a_missing_or_endless_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        Deployment.from_file(tmp_path / "nothing.json")
    (tmp_path / "long.json").write_bytes(b" " * 100_000)
    with pytest.raises(InputError, match="over the limit"):
        Deployment.from_file(tmp_path / "long.json")
