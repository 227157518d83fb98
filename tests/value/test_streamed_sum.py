"""A sum read in a stream is the sum of Python's integers, and has the hash that the whole set has in memory."""

import io
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.content import ContentStore
from andel.encoding import encode_arrays
from andel.errors import ContentMissing, InputError
from andel.training.updates import MAX_UPDATE, UPDATE_TAG
from andel.value import streamed_sum as module
from andel.value.aggregate import aggregate
from andel.value.streamed_sum import joined, streamed_lengths, streamed_sum
from andel.value.sum_kernel import compiled_add
from tests.support.numba_kernel import require_numba
from tests.value import plain_value

SHAPES = [(2, 3), (3,), (1,)]
values = st.one_of(st.integers(-MAX_UPDATE, MAX_UPDATE), st.sampled_from([0, 1, -1, MAX_UPDATE, -MAX_UPDATE]))
sets = st.lists(st.tuples(st.lists(values, min_size=10, max_size=10), st.integers(1, 10**9)), min_size=1, max_size=9)
clips = st.sampled_from(["weighted-median", "none"])


@pytest.fixture
def small_blocks(monkeypatch):
    """A few values a block, two updates open at once, threads for anything."""
    monkeypatch.setattr(module, "_READ_VALUES", 6)
    monkeypatch.setattr(module, "_ADD_COLUMNS", 2)
    monkeypatch.setattr(module, "_TOGETHER", 2)


@pytest.fixture(params=["numpy", "numba"])
def arithmetic(request, monkeypatch):
    """Both ways to add, whatever is installed; the second skips where Numba is not."""
    if request.param == "numba":
        require_numba()
        compiled_add.cache_clear()
        assert compiled_add() is not None
    else:
        monkeypatch.setattr(module, "compiled_add", lambda: None)


def opener(row):
    """Opens an update's canonical bytes."""
    flat = np.array(row, np.int64)
    return partial(io.BytesIO, encode_arrays(UPDATE_TAG, [flat[:6].reshape(2, 3), flat[6:9], flat[9:]], 32))


def check(pairs, clip):
    """The streamed sum beside Python's integers and the sum in memory."""
    rows, weights = zip(*pairs, strict=True)
    found = streamed_sum([opener(row) for row in rows], weights, SHAPES, clip)
    limit = plain_value.limit_of(rows, weights, clip)
    kept = [plain_value.shortened(row, limit) for row in rows]
    assert found.total.tolist() == [
        sum(w * v for w, v in zip(weights, column, strict=True)) for column in zip(*kept, strict=True)
    ]
    assert found.hash == aggregate(np.array(rows, np.int64), weights, clip).hash
    if clip != "none":
        assert (found.norm_limit, list(found.lengths)) == (limit, [plain_value.norm(row) for row in rows])


@given(sets, clips)
def test_a_streamed_sum_is_that_of_plain_integers(pairs, clip):
    check(pairs, clip)


@pytest.mark.usefixtures("small_blocks", "arithmetic")
@pytest.mark.parametrize("clip", ["weighted-median", "none"])
@pytest.mark.parametrize("seed", range(10))
def test_blocks_groups_and_threads_change_nothing(seed, clip):
    random = np.random.default_rng(seed)
    rows = (random.integers(-MAX_UPDATE, MAX_UPDATE + 1, (7, 10)) >> random.integers(0, 26, (7, 1))).tolist()
    check(list(zip(rows, random.integers(1, 10 ** min(seed + 1, 9), 7).tolist(), strict=True)), clip)


@given(st.lists(sets, min_size=1, max_size=3))
def test_sums_of_regions_add_up_to_the_sum_of_all(regions):
    parts = [
        streamed_sum([opener(row) for row, _ in pairs], [weight for _, weight in pairs], SHAPES, "none")
        for pairs in regions
    ]
    everybody = [pair for pairs in regions for pair in pairs]
    whole = streamed_sum([opener(row) for row, _ in everybody], [weight for _, weight in everybody], SHAPES, "none")
    assert joined(parts).hash == joined(parts[::-1]).hash == whole.hash


def test_objects_of_a_content_store_are_read_in_a_stream(tmp_path):
    store = ContentStore(str(tmp_path))
    rows = [[3] * 10, [-5] * 10]
    cids = [store.put(opener(row)().read()) for row in rows]
    openers = [lambda cid=cid: store.open(cid)[1] for cid in cids]
    assert streamed_sum(openers, [2, 1], SHAPES, "none").total.tolist() == [1] * 10
    assert streamed_lengths(openers, SHAPES) == [9, 15]
    (tmp_path / cids[0]).unlink()
    with pytest.raises(ContentMissing):
        streamed_sum(openers, [2, 1], SHAPES)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        opener([1] * 10)().read()[:-1],
        opener([1] * 10)().read() + b"\0",
        encode_arrays(UPDATE_TAG, [np.ones(10, np.int64)], 32),
        encode_arrays(UPDATE_TAG, [np.full(shape, MAX_UPDATE + 1) for shape in SHAPES], 32),
        encode_arrays(UPDATE_TAG, [np.full(shape, -(2**31)) for shape in SHAPES], 32),
    ],
)
@pytest.mark.usefixtures("arithmetic")
def test_what_is_no_update_of_these_shapes_is_refused(data):
    with pytest.raises(InputError):
        streamed_sum([opener([1] * 10), partial(io.BytesIO, data)], [1, 1], SHAPES, "none")
    with pytest.raises(InputError):
        streamed_lengths([partial(io.BytesIO, data)], SHAPES)


def test_a_file_that_ends_while_it_is_read_is_refused():
    class Shrinking(io.BytesIO):
        def readinto(self, buffer):
            return 0

    with pytest.raises(InputError, match="ends early"):
        streamed_lengths([partial(Shrinking, opener([1] * 10)().read())], SHAPES)


@pytest.mark.parametrize(("count", "weights"), [(0, []), (1, []), (1, [0]), (2, [1, -1]), (1, [1 << 36])])
def test_weights_that_do_not_fit_are_refused(count, weights):
    with pytest.raises(InputError):
        streamed_sum([opener([1] * 10)] * count, weights, SHAPES)


def test_sums_that_were_clipped_to_different_lengths_are_not_joined():
    parts = [streamed_sum([opener([size] * 10)], [1], SHAPES) for size in (1, 2)]
    with pytest.raises(InputError, match="one limit"):
        joined(parts)
    with pytest.raises(InputError, match="one limit"):
        joined([])


@pytest.mark.usefixtures("small_blocks")
def test_no_more_updates_are_open_at_once_than_a_group_in_each_thread(monkeypatch):
    opened = []

    def counted(row):
        file = opener(row)()
        opened.append(file)
        assert sum(not each.closed for each in opened) <= 4
        return file

    streamed_sum([partial(counted, [number] * 10) for number in range(9)], [1] * 9, SHAPES)
    assert all(each.closed for each in opened)
