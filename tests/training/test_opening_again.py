"""What seed 1 drew is asked for again when it does not arrive, a bounded number of times inside the phase."""

import json

import pytest

from andel.encoding import canonical_json
from andel.training import wire
from andel.training.flower import ConfigRecord, Message, RecordDict
from tests.support.federations import Clock, RecordingGrid, changed_node, federate, honest_node, with_values
from tests.support.worlds import FIRST_SEED, build_world

WORLD = build_world(3)
VICTIM = WORLD.owners[1]
WHOLE = VICTIM.openings(WORLD.plan, WORLD.task, FIRST_SEED)


class LossyGrid(RecordingGrid):
    """Loses the first `losses` questions for openings to a node, or delivers their answers only by the clock."""

    def __init__(self, nodes, losses=0, clock=None, late=0.0):
        super().__init__(nodes)
        self.losses, self.clock, self.late = losses, clock, late
        self._due: dict[str, float] = {}

    def push_messages(self, messages):
        identities = []
        for message in messages:
            if message.metadata.message_type == wire.OPENINGS and message.metadata.dst_node_id == 1001:
                if self.losses:
                    self.losses -= 1
                    self.carried.append((wire.OPENINGS, 1001, None))
                    identities.append(f"lost-{self.losses}")
                    continue
                (identity,) = super().push_messages([message])
                self._due[identity] = (self.clock.now if self.clock else 0.0) + self.late
                identities.append(identity)
                continue
            identities += super().push_messages([message])
        return identities

    def pull_messages(self, message_ids):
        now = self.clock.now if self.clock else 0.0
        return super().pull_messages([i for i in message_ids if self._due.get(i, 0.0) <= now])


def collect(grid, clock):
    """(the openings of a round over the grid, the questions that node 1001 got)."""
    federated = federate(WORLD, grid, clock=clock)
    addresses = [item.contributor for item in federated.collect_commitments()]
    found = federated.collect_openings(FIRST_SEED, addresses)
    return found, [1 for kind, node, _ in grid.carried if (kind, node) == (wire.OPENINGS, 1001)], federated


def nodes(victim=None):
    return [honest_node(WORLD, 0), victim or honest_node(WORLD, 1), honest_node(WORLD, 2)]


@pytest.mark.parametrize("losses", [1, 2, 3])
def test_a_lost_question_costs_nothing(losses):
    clock = Clock()
    found, asked, _ = collect(LossyGrid(nodes(), losses, clock), clock)
    assert found[VICTIM.address] == WHOLE and len(asked) == losses + 1
    assert clock.now <= 10.0


def test_what_never_arrives_is_withheld_when_the_phase_is_over():
    clock = Clock()
    found, asked, _ = collect(LossyGrid(nodes(), 99, clock), clock)
    assert set(found) == {WORLD.owners[0].address, WORLD.owners[2].address}
    assert (len(asked), clock.now) == (4, 10.0)


def test_a_late_answer_to_an_earlier_question_still_counts():
    clock = Clock()
    found, asked, _ = collect(LossyGrid(nodes(), 0, clock, late=4.0), clock)
    assert found[VICTIM.address] == WHOLE and len(asked) == 2
    assert clock.now < 6.0


def test_nobody_is_asked_again_who_answered_whole():
    grid = LossyGrid(nodes())
    collect(grid, Clock())
    assert [node for kind, node, _ in grid.carried if kind == wire.OPENINGS] == [1000, 1001, 1002]


def portions(size, seen):
    """A node that shows at most so many leaves an answer, of those that it is asked for."""

    def change(message, reply):
        value = json.loads(reply.content["answer"]["openings"])
        seen.append(len(value["openings"]))
        value["openings"] = value["openings"][:size]
        return with_values(openings=canonical_json(value))(message, reply)

    return change


def test_an_answer_in_parts_is_joined_and_only_what_is_missing_is_asked_for_again():
    seen: list[int] = []
    total = len(json.loads(WHOLE)["openings"])
    victim = changed_node(WORLD, 1, wire.OPENINGS, portions(total // 3, seen))
    found, asked, federated = collect(LossyGrid(nodes(victim)), Clock())
    assert found[VICTIM.address] == WHOLE
    assert seen == [total, total - total // 3, total - 2 * (total // 3), total - 3 * (total // 3)][: len(seen)]
    assert len(asked) in (3, 4) and federated.result().refused == ()


def test_who_keeps_one_leaf_back_is_asked_four_times_and_no_more():
    def keep_back(message, reply):
        value = json.loads(reply.content["answer"]["openings"])
        value["openings"] = [item for item in value["openings"] if (item["batch"], item["leaf"]) != (0, 23)]
        return with_values(openings=canonical_json(value))(message, reply)

    found, asked, _ = collect(LossyGrid(nodes(changed_node(WORLD, 1, wire.OPENINGS, keep_back))), Clock())
    assert len(asked) == 4
    assert len(json.loads(found[VICTIM.address])["openings"]) == len(json.loads(WHOLE)["openings"]) - 1


def test_a_leaf_that_was_shown_is_not_shown_anew():
    """Who showed a bad leaf cannot replace it by a better one when it is asked for the rest."""
    answers = []

    def change(message, reply):
        value = json.loads(reply.content["answer"]["openings"])
        answers.append(1)
        if len(answers) == 1:
            value["openings"] = value["openings"][:3]
            value["openings"][0]["packet"] = "AAAA"
        else:
            value = json.loads(WHOLE)
        return with_values(openings=canonical_json(value))(message, reply)

    found, _, _ = collect(LossyGrid(nodes(changed_node(WORLD, 1, wire.OPENINGS, change))), Clock())
    assert json.loads(found[VICTIM.address])["openings"][0]["packet"] == "AAAA"


def test_malformed_answers_are_refused_once_in_the_record_and_asked_for_again():
    victim = changed_node(WORLD, 1, wire.OPENINGS, with_values(openings=b"{}"))
    found, asked, federated = collect(LossyGrid(nodes(victim)), Clock())
    assert VICTIM.address not in found and len(asked) == 4
    assert [(item.sender, item.phase) for item in federated.result().refused] == [("node 1001", wire.OPENINGS)]


@pytest.mark.parametrize("held", [b"x", b"[[1]]", "text"])
def test_a_question_with_another_form_of_held_places_fails_on_the_node(held):
    grid = RecordingGrid(nodes())
    content = wire.instruction(WORLD.plan, WORLD.task.to_bytes(), FIRST_SEED)
    content["order"] = ConfigRecord({**dict(content["order"]), "held": held})  # type: ignore[arg-type]
    (reply,) = grid.send_and_receive([Message(RecordDict(dict(content)), 1001, wire.OPENINGS, group_id="x")])
    assert reply.has_error()
