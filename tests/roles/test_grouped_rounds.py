"""Grouped mode through the whole path: chain, signed packets, Flower, validators that replay, an audit from nothing."""

from dataclasses import replace

import pytest

from andel.errors import PlanError
from andel.roles.posting import Poster
from andel.training import wire
from andel.training.grid import LocalGrid, LocalNode
from andel.training.privacy import Privacy
from tests.support.federations import RecordingGrid
from tests.support.small_run import app_of, envelope_scenario

GROUPED = Privacy("grouped", 4, 3)


def grouped_scenario(seed=1):
    scenario = envelope_scenario(seed, owners=4, dishonest=False)
    return replace(scenario, task=replace(scenario.task, privacy=GROUPED))


def silent_at(small, address, kind):
    """The node of that account, which fails when it is asked a question of that kind."""
    member = next(m for m in small.world.members if m.contributor.address == address)
    honest = app_of(member.contributor)

    def app(message, context):
        if message.metadata.message_type == kind:
            raise RuntimeError("switched off")
        return honest(message, context)

    return LocalNode(app, {})  # type: ignore[arg-type]  # a ClientApp is called the same way


def test_validators_attest_sums_that_an_audit_gets_again_and_a_drop_out_costs_only_itself(launch_world):
    small = launch_world("grouped", grouped_scenario())
    small.play()
    first = small.report(1)
    assert {line.group for line in first.contributors} == {1, 2}
    assert all(not line.reason for line in first.contributors) and first.minted > 0
    gone = small.world.members[2].contributor.address
    small.play(LocalGrid(small.nodes({gone: silent_at(small, gone, wire.REVEAL)})))
    second = small.report(2)
    assert [line.contributor for line in second.contributors if line.reason] == [gone]
    small.assert_audited()


@pytest.mark.full
def test_who_would_post_a_single_update_is_told_why_it_cannot(launch_world):
    small = launch_world("grouped posting", grouped_scenario(2))
    refused: list[PlanError] = []

    class Posting(RecordingGrid):
        def push_messages(self, messages):
            asked = list(messages)
            if asked and asked[0].metadata.message_type == wire.KEYS and not refused:
                poster = Poster(small.world.members[0].contributor, small.world.model, small.store)
                with pytest.raises(PlanError, match="cannot be posted by itself") as error:
                    poster.step()
                refused.append(error.value)
            return super().push_messages(asked)

    small.play(Posting(small.nodes()))
    assert refused and small.report(1).minted > 0
