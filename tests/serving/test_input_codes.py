"""Codes of measured values: ranges and cuts come back from their file as they were, tables are read within bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.errors import InputError, TableError
from andel.serving.import_sklearn import Cuts
from andel.serving.input_codes import Ranges, codes_of_values, ranges_of_table, read_inputs, read_table, write_inputs
from andel.serving.slots import Slots

NUMBERS = st.floats(-1e12, 1e12, allow_nan=False)


@given(st.lists(st.tuples(NUMBERS, st.floats(1e-3, 1e6)), min_size=1, max_size=5))
def test_ranges_come_back_from_their_file(pairs):
    low = np.array([low for low, _ in pairs])
    high = np.array([low + width for low, width in pairs])
    if (high <= low).any():
        return
    read, names = read_inputs(write_inputs(Ranges(low, high)))
    assert isinstance(read, Ranges)
    assert (read.low.tolist(), read.high.tolist()) == (low.tolist(), high.tolist())
    assert names[0] == "input 0"


@given(st.lists(st.lists(NUMBERS, unique=True, max_size=6), min_size=1, max_size=4))
def test_cuts_come_back_from_their_file(columns):
    cuts = Cuts(tuple(np.array(sorted(column)) for column in columns))
    read, _ = read_inputs(write_inputs(cuts))
    assert isinstance(read, Cuts)
    assert [column.tolist() for column in read.values] == [column.tolist() for column in cuts.values]


def test_a_value_gets_the_nearest_code_and_what_lies_outside_the_end():
    ranges, slots = Ranges(np.array([0.0, -1.0]), np.array([15.0, 1.0])), Slots(2, 4, 4)
    rows = np.array([[0.4, -1.0], [0.6, 1.0], [99.0, -99.0]])
    assert codes_of_values(ranges, rows, slots).tolist() == [[0, 0], [1, 15], [15, 0]]
    with pytest.raises(InputError):
        ranges.codes(np.array([[np.nan, 0.0]]), slots)
    with pytest.raises(InputError):
        ranges.codes(np.zeros((1, 3)), slots)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"format":"andel-inputs/1","names":["a"],"low":[0],"high":[0]}',
        b'{"format":"andel-inputs/1","names":["a"],"low":[0],"high":["x"]}',
        b'{"format":"andel-inputs/1","names":["a"],"low":[0],"high":[1e400]}',
        b'{"format":"andel-inputs/1","names":["a"],"low":[0],"high":["inf"]}',
        b'{"format":"andel-inputs/1","names":["a"],"low":[true],"high":[2]}',
        b'{"format":"andel-inputs/1","names":[],"low":[0],"high":[1]}',
        b'{"format":"andel-inputs/1","names":[1],"low":[0],"high":[1]}',
        b'{"format":"andel-inputs/1","names":1,"low":[0],"high":[1]}',
        b'{"format":"andel-inputs/2","names":["a"],"low":[0],"high":[1]}',
        b'{"format":"andel-inputs/1","names":["a"],"cuts":[[2,1]]}',
        b'{"format":"andel-inputs/1","names":["a"],"cuts":1}',
        b"[" * 100_000,
    ],
)
def test_other_files_of_inputs_are_refused(data):
    with pytest.raises(InputError):
        read_inputs(data)


def test_a_table_gives_its_rows_names_and_ranges():
    rows, names = read_table(b"\xef\xbb\xbfa,b\n1,2\n\n3,2\n")
    assert names == ("a", "b") and rows.tolist() == [[1, 2], [3, 2]]
    ranges = ranges_of_table(rows)
    assert (ranges.low.tolist(), ranges.high.tolist()) == ([1, 2], [3, 3])
    assert read_table(b"1,2\n3,4\n")[1] == ()


@pytest.mark.parametrize("data", [b"", b"a,b\n", b"1,2\n3\n", b"1,2\n3,x\n", b"1,nan\n", b"\xff\xfe", b"1,2\n3,inf\n"])
def test_other_tables_are_refused(data):
    with pytest.raises(TableError):
        read_table(data)
