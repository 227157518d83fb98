"""A linear task and tasks of several layers run a whole round, by Flower and `settle`, as plain integers say."""

import hashlib
from fractions import Fraction

import pytest

from andel.hashing import sha256
from andel.keys import address_bytes
from andel.training.updates import decode_update, decode_version, flatten
from andel.value.reference import draw_rows
from tests.support.federations import RecordingGrid, federate, honest_node, run_all
from tests.support.reports import report_bytes
from tests.support.worlds import SECOND_SEED, Round, build_world, play
from tests.training import plain_network
from tests.value.plain_value import PlainGame


@pytest.fixture(scope="module", params=[(), (6, 5), (4, 3, 4)], ids=["linear", "two layers", "three layers"])
def collected(request):
    """A round of three owners as the grid collected it."""
    world = build_world(3, seed="depths", layers=request.param)
    grid = RecordingGrid([honest_node(world, number) for number in range(3)])
    result = run_all(world, federate(world, grid)).result()
    assert result.refused == ()
    return Round(world, list(result.commitments), dict(result.openings), list(result.updates))


def test_the_round_improves_the_model_and_pays_everybody(collected):
    report = collected.settle()
    assert report.gain > report.noise > 0 and report.step > 0
    assert all(value.share > 0 and value.reason == "" for value in report.contributors)
    assert report_bytes(report) == report_bytes(play(collected.world).settle()), "as the owners would by hand"


def test_updates_scores_step_and_version_are_those_of_plain_integers(collected):
    world, report = collected.world, collected.settle()
    task, inputs, layers = world.task, len(world.task.features), world.task.layers
    before = plain_network.first_network(inputs, layers, bytes.fromhex(task.initial_seed))
    updates = []
    for signed in sorted(collected.updates, key=lambda item: address_bytes(item.contributor)):
        codes, change = world.owner(signed.contributor).rows(world.plan, task)
        trained = plain_network.update(
            before,
            codes.tolist(),
            change.tolist(),
            target_scale=task.target_scale,
            seed=sha256(b"tests: first seed"),
            contributor=signed.contributor,
            steps=task.steps,
            batch_rows=task.batch_rows,
            rate_shift=task.rate_shift,
            limit=task.residual_limit,
        )
        data = plain_network.encoded(b"andel-update/1", trained, inputs, layers, size=4)
        assert hashlib.sha256(data).digest() == signed.update_hash
        assert decode_update(signed.update, task).tolist() == trained
        updates.append(trained)
    game = PlainGame(plain_network.flat(before), updates, [96] * 3, (inputs, layers))
    _, scoring = draw_rows(world.reference.score, task, SECOND_SEED)
    found = game.scores(scoring.codes.tolist(), scoring.targets.tolist(), task.score_limit)
    assert [value.score for value in report.contributors] == found
    after = game.at(Fraction(report.step, 4))
    version = plain_network.encoded(b"andel-version/1", after, inputs, layers, size=8)
    assert report.version_hash == hashlib.sha256(version).digest()
    assert flatten(decode_version(report.version, task)).tolist() == after
