"""A contributor woken by a SuperNode: from one file beside the data it answers as it would in one process."""

import json
from dataclasses import asdict

import pytest

from andel.content import digest_of_cid
from andel.errors import PlanError, SettingsError
from andel.roles.node_app import NODE_FILE, NodeFile, contributor_of, open_contributor, read_node_file
from andel.simulation.world import terms_hash
from andel.training.certificates import write_secret
from andel.training.flower import Context, RecordDict
from andel.training.plan import parse_plan
from andel.training.task import parse_task


def told(finished_run, tmp_path, **changes):
    """A node file for the first honest member of the run."""
    member = finished_run.small.honest()[0]
    write_secret(tmp_path / "owner.key", member.contributor.key.secret_bytes().hex().encode())
    world = finished_run.world
    values = NodeFile(
        world.chain.url,
        world.model.round_manager.address,
        str(tmp_path / "owner.key"),
        member.contributor.evidence_url,
        terms_hash().hex(),
    )
    path = tmp_path / "node.json"
    path.write_bytes(json.dumps({**asdict(values), **changes}).encode())
    return path, member.contributor


def test_it_answers_as_the_same_owner_in_one_process(finished_run, tmp_path):
    path, own = told(finished_run, tmp_path)
    context = Context(1, 2, {NODE_FILE: str(path)}, RecordDict(), {})
    contributor = contributor_of(context)
    assert contributor_of(context) is contributor, "opened once a process"
    manager = finished_run.world.model.round_manager
    plan = parse_plan(finished_run.small.store.get_digest(manager.round_of(1).plan_hash))
    task = parse_task(finished_run.small.store.get(plan.task))
    assert digest_of_cid(plan.task) and contributor.address == own.address
    contributor.accept(plan, task)
    assert contributor.batches(plan) == own.batches(plan)
    assert contributor.weight(plan) == own.weight(plan)
    seed = manager.round_of(1).first_seed
    contributor.check_seed(plan, seed)
    assert contributor.openings(plan, task, seed) == own.openings(plan, task, seed)
    with pytest.raises(PlanError, match="seed"):
        contributor.check_seed(plan, b"\1" * 32)
    assert contributor._manager is not None
    contributor._manager.chain.close()
    open_contributor.cache_clear()


def test_a_node_without_a_file_is_told_so():
    with pytest.raises(SettingsError, match="no node-file"):
        contributor_of(Context(1, 2, {}, RecordDict(), {}))


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"rpc": "x"}', b"\xff", b'{"rpc":1,"model":2,"key_file":3,"evidence":4,"terms":5}']
)
def test_a_file_that_is_none_is_refused(tmp_path, content):
    path = tmp_path / "node.json"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match="node file"):
        read_node_file(path)


@pytest.mark.parametrize("changes", [{"terms": "00"}, {"key_file": "/nowhere/owner.key"}])
def test_a_file_without_key_or_terms_is_refused(finished_run, tmp_path, changes):
    path, _ = told(finished_run, tmp_path, **changes)
    with pytest.raises(SettingsError, match="key file or no terms"):
        open_contributor(path)


def test_the_key_is_never_shown(finished_run, tmp_path):
    path, own = told(finished_run, tmp_path)
    (tmp_path / "owner.key").write_bytes(b"secret" * 10)
    with pytest.raises(SettingsError) as error:
        open_contributor(path)
    assert "secret" not in error.value.message + error.value.hint
