"""What is proven of a network's form is what its values can reach, and what cannot be proven is refused."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.errors import InputError, PlanError
from andel.training.integer_bounds import (
    BLOCK_ROWS,
    MAX_HIDDEN,
    MAX_RESIDUAL,
    block_rows,
    int64_rows,
    worst_slopes,
    worst_sums,
)
from andel.training.integer_mlp import loss_gradient
from andel.training.task import parse_task
from tests.support.networks import cases, plain, random_network, random_rows, saturated
from tests.support.worlds import small_task
from tests.training import plain_network

forms = st.tuples(st.integers(1, 24), st.lists(st.integers(1, 511), max_size=8).map(tuple))


def reached(network, codes, residual):
    """(largest forward sum of each layer, largest slope of each layer) with every product taken as positive."""
    values, _ = plain_network.forward(network, codes)
    sums = [
        max(
            sum(abs(value * (row[unit] // 2**8)) for value, row in zip(taken, weights, strict=True))
            + abs(bias[unit] // 2**3 if place == 0 else bias[unit] * 2**4)
            for unit in range(len(bias))
        )
        for place, (taken, (weights, bias)) in enumerate(zip(values, network, strict=True))
    ]
    slopes = plain_network.slopes_of(network, values, residual)
    return sums, [max(map(abs, layer)) for layer in slopes]


@given(cases, st.sampled_from([1 << 20, -(1 << 20)]))
def test_no_sum_goes_beyond_what_is_proven(case, residual):
    parameters = random_network(case["seed"], case["inputs"], case["layers"], case["magnitude"])
    codes, _ = random_rows(case["seed"], 1, case["inputs"])
    sums, slopes = reached(plain(parameters), codes[0].tolist(), residual)
    proven = worst_sums(case["inputs"], case["layers"])
    assert all(value <= proven[f"layer {n}, forward"] for n, value in enumerate(sums, start=1))
    assert all(a <= b for a, b in zip(slopes, worst_slopes(case["inputs"], case["layers"]), strict=True))


@pytest.mark.parametrize("layers", [(), (7,), (7, 9), (3, 5, 7)])
def test_what_is_proven_is_reached_and_not_one_more(layers):
    sums, _ = reached(plain(saturated(24, layers)), [0] * 24, 1 << 20)
    positive, _ = reached(plain(saturated(24, layers)), [255] * 24, 1 << 20)
    proven = worst_sums(24, layers)
    assert sums[0] == proven["layer 1, forward"], "every code at its farthest, every weight at its bound"
    assert positive[1:] == [proven[f"layer {n}, forward"] for n in range(2, len(layers) + 2)]


@given(forms)
def test_every_form_up_to_511_units_a_layer_is_exact(form):
    inputs, layers = form
    assert max(worst_sums(inputs, layers).values()) < 1 << 53
    assert int64_rows(inputs, layers) >= BLOCK_ROWS


@given(forms)
def test_a_block_has_no_more_rows_than_are_proven(form):
    _, layers = form
    assert 1 <= block_rows(layers) <= BLOCK_ROWS
    assert (BLOCK_ROWS + 1) * MAX_HIDDEN * MAX_RESIDUAL == 1 << 53, "one more row could leave float64's integers"


@given(forms, st.integers(0, 7), st.integers(512, 1 << 40))
def test_one_layer_that_is_wider_is_refused_by_name(form, place, units):
    inputs, layers = form
    wide = (*layers[:place], units, *layers[place + 1 :])
    with pytest.raises(InputError, match=r"the sums of layer \d, \w+ can reach 2\*\*\d+") as found:
        int64_rows(inputs, wide)
    assert "at most 511 units" in found.value.hint


def test_a_task_that_cannot_be_exact_is_refused_when_it_is_read():
    for layers in ((512,), (24, 512), (600,)):
        with pytest.raises(PlanError, match=r"layers.*leaves float64's exact integers"):
            parse_task(small_task(layers=layers).to_bytes())
    assert parse_task(small_task(layers=(511,)).to_bytes()).layers == (511,)


@pytest.mark.parametrize("layers", [(), (6,), (6, 5)])
def test_as_many_rows_as_int64_is_said_to_hold_do_fit_it(layers):
    """The largest sums of that many rows, scaled as a mean is, stay within int64; ten times as many do not."""
    rows, slopes = int64_rows(24, layers), worst_slopes(24, layers)
    largest = 0
    for number, (slope, _) in enumerate(zip(slopes, pairwise([24, *layers, 1]), strict=True)):
        value, up = (128, 3) if number == 0 else (1 << 22, 0)
        largest = max(largest, rows * value * slope << (up + 1), rows * slope << 9)
    assert (1 << 58) < largest < 1 << 63
    codes, targets = np.zeros((3, 24), np.uint8), np.zeros(3, np.int64)
    assert loss_gradient(saturated(24, layers), codes, targets, 1 << 20)[0].dtype == np.int64
