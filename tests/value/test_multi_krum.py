"""Multi-Krum by weight: Flower's own at equal weights, exact at any, and names gain nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.training.updates import MAX_UPDATE
from andel.value import exact_dots as module
from andel.value.multi_krum import krum_scores, multi_krum
from tests.support.flower_strategies import Krum, MultiKrum, aggregated_by_flower
from tests.value import plain_value

values = st.one_of(st.integers(-MAX_UPDATE, MAX_UPDATE), st.sampled_from([0, 1, MAX_UPDATE, -MAX_UPDATE]))
sets = st.lists(st.tuples(st.lists(values, min_size=3, max_size=3), st.integers(1, 9)), min_size=1, max_size=8)
SLOTS = 24


def cloud(seed, count, apart=0, parameters=12):
    """Updates around one direction, the last `apart` of them the other way."""
    random = np.random.default_rng(seed)
    updates = random.integers(-(2**10), 2**10, (count, parameters)) + 2**12
    updates[count - apart :] *= -3
    return updates


def survivors(updates, weights, bps):
    """Numbers of those kept."""
    return [i for i, drop in enumerate(multi_krum(updates, weights, bps)) if not drop]


@given(sets, st.integers(0, 4_000))
@settings(max_examples=60)
def test_who_is_dropped_is_that_of_plain_integers(given_, bps):
    updates, weights = zip(*given_, strict=True)
    found = multi_krum(np.array(updates, np.int64), weights, bps)
    assert found == (plain_value.krum_dropped(updates, weights, bps) if bps else [False] * len(updates))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "EXACT", 0)
        assert multi_krum(np.array(updates, np.int64), weights, bps) == found


@pytest.mark.parametrize(("count", "drop"), [(7, 1), (8, 2), (12, 3), (15, 4)])
def test_with_equal_weights_the_survivors_are_flowers(count, drop):
    for seed in range(5):
        updates = cloud(seed, count, apart=drop)
        kept = survivors(updates, [SLOTS] * count, -(-drop * 10_000 // count))
        flower = MultiKrum(num_malicious_nodes=drop, num_nodes_to_select=count - drop)
        assert len(kept) == count - drop
        assert np.allclose(updates[kept].mean(axis=0), aggregated_by_flower(flower, updates), rtol=1e-12)


@pytest.mark.parametrize(("count", "drop"), [(7, 1), (12, 3)])
def test_with_equal_weights_the_least_score_is_krums_own_choice(count, drop):
    for seed in range(5):
        updates = cloud(seed, count)
        scores = krum_scores(updates, [SLOTS] * count, SLOTS * drop)
        chosen = aggregated_by_flower(Krum(num_malicious_nodes=drop), updates)
        assert chosen.tolist() == updates[scores.index(min(scores))].tolist()


def test_the_furthest_are_dropped_and_no_more_than_their_part_of_the_weight():
    updates = cloud(1, 10, apart=2)
    assert survivors(updates, [SLOTS] * 10, 2_000) == list(range(8))
    assert len(survivors(updates, [SLOTS] * 10, 1_999)) == 9
    assert len(survivors(updates, [SLOTS] * 10, 999)) == 10
    assert survivors(updates, [SLOTS] * 10, 0) == list(range(10))


def test_one_that_weighs_more_than_the_part_is_not_dropped_and_nobody_is_in_its_place():
    updates = cloud(2, 10, apart=1)
    assert survivors(updates, [SLOTS] * 9 + [3 * SLOTS], 2_000) == list(range(10))


def test_ten_names_are_no_better_off_than_one():
    """A reversed update under ten names: with heads counted, drop = 1 would leave nine of them in."""
    honest = cloud(3, 9)
    attack = -3 * honest[:1]
    whole = survivors(np.vstack([honest, attack]), [10] * 9 + [10], 1_000)
    split = survivors(np.vstack([honest, np.repeat(attack, 10, 0)]), [10] * 9 + [1] * 10, 1_000)
    assert whole == split == list(range(9))


@given(sets, st.randoms(use_true_random=False))
def test_scores_do_not_depend_on_the_order(given_, random):
    shuffled = list(given_)
    random.shuffle(shuffled)

    def found(items):
        updates, weights = zip(*items, strict=True)
        return sorted(zip(items, krum_scores(np.array(updates, np.int64), weights, 1), strict=True))

    assert found(given_) == found(shuffled)
