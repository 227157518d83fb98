"""The code of a file of trees, run in an EVM, answers with the bits of the reference, in one contract or several."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.errors import InputError, ModelFileError
from andel.hashing import sha256
from andel.serving.assembler import MAX_CODE_BYTES
from andel.serving.compile_trees import compile_trees
from andel.serving.evaluate_trees import evaluate_trees
from andel.serving.gather import gather
from andel.serving.import_sklearn import import_sklearn
from andel.serving.slots import Slots, pack_slots
from andel.serving.trees_file import ObliviousTree, Tree, TreesFile

REGISTRY = b"\x77" * 20


def file_of(slots: Slots, trees: Iterable[ObliviousTree | Tree], bias: int = 0) -> TreesFile:
    return TreesFile(slots, tuple(trees), bias, "1", sha256(b"version"), sha256(b"task"))


def oblivious(seed: int, slots: Slots, count: int, depth: int, cuts: int) -> TreesFile:
    """Random trees over `cuts` cuts an input, whose leaves fill the 16 bits of the answer."""
    rng = np.random.default_rng(seed)
    top = min(cuts, slots.max_code)
    choice = [rng.choice(np.arange(1, slots.max_code + 1), top, replace=False).tolist() for _ in range(slots.inputs)]
    reach = ((1 << 15) - 1) // (count + 1)
    trees = []
    for _ in range(count):
        tests: set[tuple[int, int]] = set()
        while len(tests) < min(depth, slots.inputs * top):
            i = int(rng.integers(slots.inputs))
            tests.add((i, int(rng.choice(choice[i]))))
        leaves = rng.integers(-reach, reach + 1, 1 << len(tests))
        trees.append(ObliviousTree(tuple(sorted(tests, key=lambda test: hash((seed, test)))), tuple(leaves.tolist())))
    return file_of(slots, trees, -reach)


def grown(seed: int, slots: Slots, count: int, depth: int) -> TreesFile:
    """Random trees of uneven depth, some of a single leaf."""
    rng = np.random.default_rng(seed)

    def grow(nodes, leaves, left_over) -> int:
        if left_over == 0 or rng.random() < 0.15:
            leaves.append(int(rng.integers(-(1 << 20), 1 << 20)))
            return -len(leaves)
        k = len(nodes)
        nodes.append((0, 0, 0, 0))
        test = int(rng.integers(slots.inputs)), int(rng.integers(1, slots.max_code + 1))
        nodes[k] = (*test, grow(nodes, leaves, left_over - 1), grow(nodes, leaves, left_over - 1))
        return k

    trees = []
    for _ in range(count):
        nodes: list[tuple[int, int, int, int]] = []
        leaves: list[int] = []
        grow(nodes, leaves, depth)
        trees.append(Tree(tuple(nodes), tuple(leaves)))
    return file_of(slots, trees, int(rng.integers(-1000, 1000)))


def telling(model: TreesFile, seed: int, count: int):
    """Random codes, edge codes, and codes at and just below the cuts."""
    rng = np.random.default_rng(seed)
    shape = count, model.slots.inputs
    cuts: list[int] = [0, model.slots.max_code]
    for tree in model.trees:
        for entry in tree.tests if isinstance(tree, ObliviousTree) else tree.nodes:
            cuts += [entry[1], entry[1] - 1]
    random = rng.integers(0, model.slots.max_code + 1, shape)
    return np.concatenate([random, rng.choice([0, model.slots.max_code], shape), rng.choice(cuts, shape)])


def mismatches(machine, model: TreesFile, seed: int, count: int) -> int:
    rows = telling(model, seed, count)
    expected = evaluate_trees(model, rows).tolist()
    return sum(machine.ask_many(pack_slots(model.slots, row)) != e for row, e in zip(rows, expected, strict=True))


FAMILIES = {
    "100 oblivious trees of depth 4": lambda seed: oblivious(seed, Slots(16, 16, 8), 100, 4, 15),
    "oblivious trees over bytes": lambda seed: oblivious(seed, Slots(20, 8, 8), 30, 4, 40),
    "oblivious trees of depth 6": lambda seed: oblivious(seed, Slots(5, 16, 15), 20, 6, 30),
    "shallow oblivious trees": lambda seed: oblivious(seed, Slots(3, 4, 4), 7, 2, 5),
    "trees of depth 5": lambda seed: grown(seed, Slots(12, 8, 8), 40, 5),
    "trees over more codes than the stack holds": lambda seed: grown(seed, Slots(60, 16, 11), 20, 7),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_each_family_answers_alike_in_evm_and_reference(deploy_chunked, name):
    model = FAMILIES[name](1)
    compiled = compile_trees(model, REGISTRY)
    machine = deploy_chunked(compiled)
    assert mismatches(machine, model, 1, 100) == 0
    if compiled.gas is not None:
        assert machine.execution_gas(bytes(32 * model.slots.words)) == compiled.gas


@pytest.mark.full
@pytest.mark.parametrize("name", FAMILIES)
def test_each_family_answers_ten_thousand_questions_alike(deploy_chunked, name):
    for seed in range(10):
        model = FAMILIES[name](seed)
        assert mismatches(deploy_chunked(compile_trees(model, REGISTRY)), model, seed, 350) == 0


@given(st.integers(0, 2**32), st.sampled_from([(4, 4), (8, 8), (8, 3), (16, 15), (16, 6)]), st.integers(1, 40))
def test_any_file_answers_alike_in_evm_and_reference(deploy_chunked, seed, bits, inputs):
    for model in (oblivious(seed, Slots(inputs, *bits), 9, 1 + seed % 6, 18), grown(seed, Slots(inputs, *bits), 9, 4)):
        assert mismatches(deploy_chunked(compile_trees(model, REGISTRY)), model, seed, 3) == 0
        assert TreesFile.from_bytes(model.to_bytes()) == model


@pytest.mark.parametrize("name", ["oblivious", "trees"])
def test_many_trees_are_split_into_chunks_and_answer_alike(deploy_chunked, name):
    slots = Slots(16, 16, 12)
    model = oblivious(2, slots, 400, 4, 15) if name == "oblivious" else grown(2, slots, 300, 5)
    compiled = compile_trees(model, REGISTRY)
    assert compiled.chunks
    assert all(len(code) <= MAX_CODE_BYTES for code in (compiled.head, *compiled.chunks))
    assert mismatches(deploy_chunked(compiled), model, 2, 40) == 0
    with pytest.raises(ModelFileError, match="a contract holds 24576"):
        compile_trees(model)


@given(st.lists(st.integers(0, 255), min_size=1, max_size=4, unique=True))
def test_gathered_bits_stand_where_they_were_asked(positions):
    way = gather(tuple(positions), tuple(range(len(positions))))
    if way is None:
        return
    for pattern in range(1 << len(positions)):
        word = sum((pattern >> k & 1) << position for k, position in enumerate(positions))
        found = (word & way.mask) * way.factor % 2**256 >> way.shift
        assert (found if way.cleaned is None else found & way.cleaned) == pattern << 4


@pytest.mark.parametrize(
    ("nodes", "leaves", "told"),
    [
        (((0, 1, 0, -1),), (1,), "does not come later"),
        (((0, 1, -1, -1),), (1, 2), "exactly one node"),
        (((0, 0, -1, -2),), (1, 2), "cut: 0 is outside"),
        (((9, 1, -1, -2),), (1, 2), "input: 9 is outside"),
        (((0, 1, -1, -2),), (1, 2**31), "outside"),
        ((), (1, 2), "exactly one node"),
    ],
)
def test_what_is_no_tree_is_refused(nodes, leaves, told):
    with pytest.raises(ModelFileError, match=told):
        file_of(Slots(4, 8, 8), [Tree(nodes, leaves)])


def test_a_sum_of_leaves_that_could_leave_its_bits_is_refused():
    with pytest.raises(ModelFileError, match="outside 16 bits"):
        file_of(Slots(4, 8, 8), [ObliviousTree(((0, 1),), (0, 20_000))] * 2)


def test_trees_of_scikit_learn_answer_as_it_does_up_to_the_leaves_rounding(deploy_chunked):
    ensemble = pytest.importorskip("sklearn.ensemble")
    tree = pytest.importorskip("sklearn.tree")
    rng = np.random.default_rng(5)
    values = np.round(rng.normal(size=(400, 6)), 2)
    target = values[:, 0] * values[:, 1] + np.abs(values[:, 2])
    for estimator in (
        ensemble.GradientBoostingRegressor(n_estimators=30, max_depth=3, random_state=0),
        ensemble.GradientBoostingClassifier(n_estimators=20, max_depth=2, random_state=0),
        ensemble.RandomForestRegressor(n_estimators=9, random_state=0, max_depth=6),
        tree.DecisionTreeRegressor(max_leaf_nodes=12, random_state=0),
    ):
        classifies = hasattr(estimator, "decision_function")
        estimator.fit(values, target > 1 if classifies else target)
        wanted = estimator.decision_function(values) if classifies else estimator.predict(values)
        model, cuts = import_sklearn(estimator, 10_000, "0.0001", sha256(b"version"), sha256(b"task"))
        codes = cuts.codes(values)
        assert np.abs(evaluate_trees(model, codes)[:, 0] - wanted * 10_000).max() <= (len(model.trees) + 1) / 2 + 1e-6
        assert mismatches(deploy_chunked(compile_trees(model, REGISTRY)), model, 5, 20) == 0


def test_what_is_no_ensemble_of_trees_is_refused():
    with pytest.raises(InputError, match="no fitted ensemble"):
        import_sklearn(object(), 1, "1", sha256(b""), sha256(b""))
