"""The local grid behaves as Flower's, and the records of messages are read without trust."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.errors import InputError
from andel.training import wire
from andel.training.flower import Array, ArrayRecord, ConfigRecord, Message, RecordDict
from andel.training.grid import LocalGrid, LocalNode
from tests.support.worlds import small_plan, small_task

TASK = small_task()
PLAN = small_plan(TASK)


def message(content, node=1000):
    """A question to a node."""
    return Message(content, node, "query")


def answering(values):
    """A node that answers with the number it is configured with, and whatever `values` makes of the question."""

    def app(question, context):
        return Message(RecordDict({"answer": values(question, context)}), reply_to=question)

    return app


def grid_of(*apps):
    """A grid of these apps."""
    return LocalGrid([LocalNode(app, {"number": i}) for i, app in enumerate(apps)])


def number(question, context):
    """The node's own number."""
    return ConfigRecord({"number": context.node_config["number"]})


def test_nodes_have_ids_in_order_and_their_own_configuration():
    grid = grid_of(answering(number), answering(number))
    assert grid.get_node_ids() == [1000, 1001]
    replies = grid.send_and_receive([message(RecordDict(), 1001), message(RecordDict(), 1000)])
    assert [(r.metadata.src_node_id, r.content["answer"]["number"]) for r in replies] == [(1001, 1), (1000, 0)]


def test_a_reply_is_given_out_once():
    grid = grid_of(answering(number))
    (identity,) = grid.push_messages([message(RecordDict())])
    (reply,) = grid.pull_messages([identity, "never sent"])
    assert reply.metadata.reply_to_message_id == identity
    assert grid.pull_messages([identity]) == []


def test_neither_side_sees_the_others_later_changes():
    kept = {}

    def keep(question, context):
        kept["question"] = question.content
        question.content["order"]["x"] = 2
        kept["answer"] = ConfigRecord({"x": 3})
        return kept["answer"]

    grid = grid_of(answering(keep))
    content = RecordDict({"order": ConfigRecord({"x": 1})})
    (reply,) = grid.send_and_receive([message(content)])
    assert content["order"]["x"] == 1
    kept["answer"]["x"] = 4
    assert reply.content["answer"]["x"] == 3


def test_lists_and_arrays_are_not_shared_either():
    kept = {}

    def change(question, context):
        kept["array"] = question.content["arrays"]["0"]
        kept["array"].data = b"other"
        question.content["order"]["list"].append(2)
        kept["list"] = [3]
        return ConfigRecord({"list": kept["list"]})

    arrays = wire.array_record([np.arange(2)])
    content = RecordDict({"order": ConfigRecord({"list": [1]}), "arrays": arrays})
    (reply,) = grid_of(answering(change)).send_and_receive([message(content)])
    kept["list"].append(4)
    assert content["order"]["list"] == [1] and reply.content["answer"]["list"] == [3]
    assert arrays["0"].numpy().tolist() == [0, 1]


def test_a_nodes_state_lasts_between_messages():
    def count(question, context):
        state = context.state.setdefault("count", ConfigRecord({"n": 0}))
        state["n"] += 1
        return ConfigRecord({"n": state["n"]})

    grid = grid_of(answering(count))
    assert [grid.send_and_receive([message(RecordDict())])[0].content["answer"]["n"] for _ in range(3)] == [1, 2, 3]


def test_a_node_that_raises_answers_with_an_error():
    def fail(question, context):
        raise KeyError("lost")

    (reply,) = grid_of(answering(fail)).send_and_receive([message(RecordDict())])
    assert reply.has_error() and reply.error.reason == "KeyError: 'lost'" and reply.error.code == 2


def test_an_instruction_is_read_as_it_was_written():
    written = message(wire.instruction(PLAN, TASK.to_bytes(), b"seed"))
    assert wire.read_instruction(written) == (PLAN, TASK, b"seed")


@pytest.mark.parametrize(
    "order",
    [
        None,
        ConfigRecord({}),
        ConfigRecord({"plan": PLAN.to_bytes(), "task": TASK.to_bytes()}),
        ConfigRecord({"plan": "text", "task": TASK.to_bytes(), "seed": b""}),
        ConfigRecord({"plan": b"{}", "task": TASK.to_bytes(), "seed": b""}),
        ConfigRecord({"plan": PLAN.to_bytes(), "task": b"", "seed": b""}),
        ArrayRecord([np.zeros(3)]),
    ],
)
def test_an_instruction_that_lacks_its_parts_is_refused(order):
    with pytest.raises(InputError):
        wire.read_instruction(message(RecordDict({} if order is None else {"order": order})))


def saved(array, **options):
    """The bytes NumPy writes."""
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def array_item(data, dtype="int64", shape=(2,), stype="numpy.ndarray"):
    """An array as a hostile sender may announce it."""
    return Array(dtype=dtype, shape=shape, stype=stype, data=data)


def test_arrays_come_back_as_they_were_sent():
    arrays = [np.arange(6).reshape(2, 3), np.array([-(2**40)])]
    found = wire.arrays_of(message(RecordDict({wire.ARRAYS: wire.array_record(arrays)})), [(2, 3), (1,)])
    assert all(np.array_equal(a, b) and a.dtype == np.int64 for a, b in zip(found, arrays, strict=True))


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6).reshape(2, 3),
        np.arange(6).reshape(2, 3).T,
        np.arange(12).reshape(3, 4)[::2, 1:],
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.array([[-(2**62)]]),
        np.array(7),
        np.zeros((0, 3), np.int64),
        np.arange(3, dtype=np.int32),
        np.arange(3).astype(">i8"),
    ],
)
def test_arrays_are_written_as_numpy_writes_them(array):
    (found,) = wire.array_record([array]).values()
    expected = Array(np.array(array, order="C"))
    assert (found.dtype, found.shape, found.stype) == (expected.dtype, expected.shape, expected.stype)
    assert np.array_equal(found.numpy(), array) and found.data == expected.data


@pytest.mark.parametrize("kind", ["<i8", ">i8", "<i4", "i1"])
def test_arrays_of_any_kind_of_integers_are_read(kind):
    sent = RecordDict({wire.ARRAYS: ArrayRecord([np.array([[1, -2]]).astype(kind)])})
    (found,) = wire.arrays_of(message(sent), [(1, 2)])
    assert found.tolist() == [[1, -2]] and found.dtype == np.int64
    found += 1  # the reader's own, and no view of what was sent


@pytest.mark.parametrize(
    "item",
    [
        array_item(saved(np.zeros(3, np.int64))),
        array_item(saved(np.zeros(3, np.int64)), shape=(3,)),
        array_item(saved(np.zeros(2))),
        array_item(saved(np.zeros(2, np.uint64))),
        array_item(saved(np.zeros(2, bool))),
        array_item(saved(np.array([{}, {}]), allow_pickle=True)),
        array_item(saved(np.zeros(2, np.int64))[:-1]),
        array_item(b""),
        array_item(b"\x93NUMPY"),
        array_item(b"PK\x03\x04"),
        array_item(saved(np.zeros(2, np.int64)), stype="torch.Tensor"),
    ],
)
def test_arrays_of_another_form_are_refused(item):
    with pytest.raises(InputError):
        wire.arrays_of(message(RecordDict({wire.ARRAYS: ArrayRecord({"0": item})})), [(2,)])


def test_more_fewer_or_misnamed_arrays_are_refused():
    good = array_item(saved(np.zeros(2, np.int64)))
    for record in (ArrayRecord({}), ArrayRecord({"0": good, "1": good}), ArrayRecord({"x": good}), ConfigRecord({})):
        with pytest.raises(InputError):
            wire.arrays_of(message(RecordDict({wire.ARRAYS: record})), [(2,)])
    with pytest.raises(InputError):
        wire.arrays_of(message(RecordDict()), [(2,)])


@given(st.binary(max_size=200))
def test_foreign_array_bytes_are_refused(data):
    with pytest.raises(InputError):
        wire.arrays_of(message(RecordDict({wire.ARRAYS: ArrayRecord({"0": array_item(data)})})), [(2,)])
    header = saved(np.zeros(2, np.int64))[:20]
    with pytest.raises(InputError):
        wire.arrays_of(message(RecordDict({wire.ARRAYS: ArrayRecord({"0": array_item(header + data)})})), [(2,)])
