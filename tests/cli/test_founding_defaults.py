"""A model.toml that says only what it must is launched with the terms of docs/economics.md: read, and rehearsed."""

import json
import time

import pytest

from andel.cli.model_file import read_terms
from andel.founding_defaults import COIN, challenge_floor
from andel.hashing import sha256
from andel.keys import AccountKey, derive_secret
from andel.ledger.launching import ModelConfig
from andel.simulation.economics.terms import Terms, require_sound
from andel.training.rules import DEFAULT_RULES
from andel.units import TOKEN
from tests.support.launched_files import FOUNDER, write_experiment

TERMS = require_sound(Terms())
SENDER = AccountKey(derive_secret(b"defaults", "sender")).address
PEOPLE = [AccountKey(derive_secret(b"defaults", "operator", i)).address for i in range(1 + TERMS.validators)]
REQUIRED = f"""[model]
name = "Air of the defaults"
symbol = "AIR"
predicts = "the next hour"
unit = "raw"

[alliance]
listers = ["{FOUNDER}"]

[[supply.founders]]
account = "{FOUNDER}"
bps = 1_000

[offering]
price = "{TERMS.price // COIN}"

[operators]
coordinator = "{PEOPLE[0]}"
k = {TERMS.k}
bond = "{TERMS.bond // COIN}"
""" + "".join(
    f'\n[[operators.validators]]\naccount = "{account}"\nsealing_key = "{sha256(account.encode()).hex()}"\n'
    for account in PEOPLE[1:]
)


@pytest.fixture(scope="module")
def model_file(finished_run, tmp_path_factory):
    """The file, a task and its objects beside it, and a network that is the shared node's."""
    toml = REQUIRED + f'\n[network]\nname = "local"\nrpc = "{finished_run.world.chain.url}"\n'
    task = finished_run.world.founded.definition.to_bytes()
    return write_experiment(tmp_path_factory.mktemp("defaults") / "made", task, finished_run.store_folder, toml)


@pytest.fixture(scope="module")
def config(model_file):
    return read_terms(model_file, int(time.time())).founding(0).config


def test_what_a_file_leaves_out_is_what_the_simulation_was_run_with(config):
    sold, rules = config.offering, config.governance
    (founder,) = config.allocations
    found = {
        **{name: getattr(config, name) for name in ("cap", "ceiling", "halving_period", "tail_rate", "k", "bond")},
        **{name: getattr(config, name) for name in ("operator_share_bps", "epoch_length", "redeemable_bps")},
        **{name: getattr(config, name) for name in ("coin_per_token", "challenge_window", "commit_period")},
        **{name: getattr(config, name) for name in ("hearing_period", "challenge_floor", "unbonding_period")},
        **{name: getattr(rules, name) for name in ("shortest", "voting_delay", "voting_period", "extension")},
        **{name: getattr(rules, name) for name in ("timelock_delay", "quorum_bps", "veto_bps")},
        **{name: getattr(sold, name) for name in ("offered", "price", "first_bps", "milestone_rounds")},
        "founders": founder.amount,
        "vesting_cliff": founder.cliff,
        "vesting_duration": founder.duration,
        "idle_period": config.idle_period,
        "validators": len(config.validators),
        "minimum_bps": sold.minimum * TOKEN * 10_000 // (sold.offered * sold.price),
        "window": sold.closes - sold.opens,
        "milestone_deadline": sold.milestone_deadline - sold.closes,
        "threshold_bps": rules.proposal_threshold * 10_000 // config.cap,
    }
    assert config.rate == TERMS.rate
    # what is the task's or the coordinator's own is no key of the file
    others = {"round_share_bps", "noise_sigmas", "audits", "plant_bps"}
    assert {name: getattr(TERMS, name) for name in found} == found
    assert set(Terms.__dataclass_fields__) == set(found) | others
    assert (DEFAULT_RULES.round_share_bps, DEFAULT_RULES.noise_sigmas) == (TERMS.round_share_bps, TERMS.noise_sigmas)


def test_the_ledger_has_no_default_of_its_own():
    fields = ModelConfig.__dataclass_fields__
    shared = set(fields) & set(Terms.__dataclass_fields__)
    own = {name: fields[name].default for name in shared if isinstance(fields[name].default, int)}
    own.pop("halving_period"), own.pop("tail_rate")  # no halving unless one is asked for
    assert own == {name: getattr(TERMS, name) for name in own} and len(own) == 11


def test_with_small_bonds_a_challenge_is_a_hundredth_of_one():
    assert (challenge_floor(4_000 * COIN), challenge_floor(10 * COIN), challenge_floor(7)) == (COIN, COIN // 10, 1)


def test_a_file_with_only_what_is_needed_is_taken_by_the_contracts(model_file, andel):
    ended = andel("launch", model_file, "--dry-run", "--sender", SENDER, "--json")
    assert ended.returncode == 0, ended.stderr
    bill = json.loads(ended.stdout)["bill"]
    assert bill["whole"], "every transaction, the launch among them, was tried in the rehearsal"
    launched = [each for each in bill["transactions"] if each["step"] == "launch"]
    assert len(launched) == 1 and launched[0]["source"] == "rehearsal"
