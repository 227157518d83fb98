"""model.toml: read exactly, or refused with the line, the reason and the remedy."""

import importlib.util
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from andel.errors import FoundingFileError
from andel.keys import parse_address
from andel.roles.founding_file.keys import Table, Tables, keys_of
from andel.roles.founding_file.kinds import from_units, in_words, to_units
from andel.roles.founding_file.local_accounts import ANVIL, LOCAL_ROLES, known_to_everybody, local_key
from andel.roles.founding_file.places import Places
from andel.roles.founding_file.reading import MAX_LINES, read_founding_file
from andel.roles.founding_file.schema import published
from andel.roles.founding_file.sections import FoundingFile
from andel.sealing import sealing_public_key
from andel.units import TOKEN
from tests.support.founding_files import BAD, FOUNDER, GOOD

ROOT = Path(__file__).resolve().parents[2]
NOW = 1_800_000_000


def edited(*edits):
    """The good file with each part replaced."""
    text = GOOD
    for old, new in edits:
        changed = old.sub(new, text, count=1) if isinstance(old, re.Pattern) else text.replace(old, new, 1)
        assert changed != text, f"the good file has no {old!r}"
        text = changed
    return text


def line_of(text, blamed):
    """The number of the line that begins so; `#2` for the second."""
    start, _, count = blamed.partition("#")
    found = [number for number, line in enumerate(text.splitlines(), 1) if line.startswith(start)]
    return found[int(count or 1) - 1]


def read(text, now=NOW):
    return read_founding_file(text.encode(), now)


def test_a_good_file_is_read_exactly():
    file = read(GOOD)
    assert (file.n, file.operators.k, file.plan.challenge_window) == (3, 2, 43_200)
    assert (file.mined, file.offered, file.ceiling) == (600_000 * TOKEN, 150_000 * TOKEN, 600_000 * TOKEN)
    assert file.rate == 600_000 * TOKEN // (2 * 730 * 86_400)
    assert file.offering is not None and file.offering.units(file.offering.price) == 5 * 10**16
    assert file.offering.opens.given(NOW) == 1_800_446_400
    assert file.token_worth == 25 * 10**16  # five times the price
    assert file.access.prices[0].units() == 250_000
    assert file.governance is not None and file.governance.voting_delay == 2 * 86_400
    assert file.proposal_threshold == 5_000 * TOKEN
    assert [founder.bps for founder in file.supply.founders] == [700, 300]
    assert file.operators.validators[1].sealing_key == bytes.fromhex("5b" * 32)


def test_the_file_of_the_page_is_good():
    page = (ROOT / "docs" / "model-toml.md").read_text(encoding="utf-8")
    found = re.search(r"```toml\n(.*?)```", page, re.DOTALL)
    assert found is not None
    file = read(found[1])
    assert (file.offering, file.n, file.network.name) == (None, 1, "local")


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_told_with_line_reason_and_remedy(case):
    edit, blamed, reason, remedy, *more = BAD[case]
    text = edited(edit, *more)
    with pytest.raises(FoundingFileError) as caught:
        read(text)
    line = line_of(text, blamed)
    told = [flaw for flaw in caught.value.flaws if flaw.line == line and reason in flaw.reason]
    assert told, caught.value.flaws
    assert remedy in told[0].remedy
    assert f"line {caught.value.flaws[0].line}: " in caught.value.message


def test_every_flaw_is_told_at_once_in_the_order_of_lines():
    text = edited(('symbol = "OSLO"', 'symbol = "oslo"'), ("k = 2", "k = 99"), ('"100"', "100"))
    with pytest.raises(FoundingFileError) as caught:
        read(text)
    assert [flaw.key for flaw in caught.value.flaws] == ["model.symbol", "operators.k", "operators.bond"]
    assert caught.value.message.endswith("(2 more in lines 53, 54)")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xfe", "no UTF-8"),
        (b"x = 1\n" * MAX_LINES, "lines"),
        (b"#" * 70_000, "over 65536 bytes"),
        (b"x = " + b"[" * 5_000, "nested too deeply|no TOML"),
        (b"", "model is missing"),
        (b"model = 3\noperators = []", "model is a table"),
    ],
)
def test_what_is_no_such_file_is_refused(data, reason):
    with pytest.raises(FoundingFileError, match=reason):
        read_founding_file(data, NOW)


VALUES = st.one_of(
    st.integers().map(str),
    st.floats().map(repr),
    st.sampled_from(
        ['"x"', '""', "[]", "{}", "[[]]", "true", "1e999999999999999999999", "2027-01-01", "07:30:00", "nan"]
    ),
    st.sampled_from(
        ["9" * 5_000, "0x" + "f" * 100, "[" * 900 + "]" * 900, "{a = 1}", '["0x11", 3]', '"0 days"', '"0"']
    ),
)


@given(st.integers(0, GOOD.count("\n") - 1), VALUES)
def test_no_value_in_any_place_does_more_than_be_refused(number, value):
    lines = GOOD.splitlines()
    key, assigned, _ = lines[number].partition(" = ")
    lines[number] = f"{key} = {value}" if assigned else f"{lines[number]}\nextra = {value}"
    try:
        read("\n".join(lines))
    except FoundingFileError as error:
        assert all(1 <= flaw.line <= len(lines) + 1 and flaw.reason and flaw.remedy for flaw in error.flaws)


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(data):
    with pytest.raises(FoundingFileError):
        read_founding_file(data, NOW)


def test_a_model_of_one_owner_has_no_vote():
    text = edited(
        ("# the air of a town", f'owner = "{FOUNDER}"'), (re.compile(r"\[governance\]\n.*?\n\n", re.DOTALL), "")
    )
    file = read(text)
    assert (file.owner, file.governance, file.proposal_threshold) == (parse_address(FOUNDER), None, 0)
    with pytest.raises(FoundingFileError, match="on IoTeX no model is one account's"):
        read(text.replace("iotex-testnet", "iotex"))


@pytest.mark.parametrize("now", [NOW, NOW + 1_000_000_000])
def test_a_time_after_the_launch_is_never_late(now):
    file = read(edited(("2027-01-20T12:00:00Z", '"36 hours"')), now)
    assert file.offering is not None and file.offering.opens.given(now) == now + 129_600


@given(st.integers(0, 10**40), st.integers(0, 18))
def test_amounts_survive_text_exactly(units, decimals):
    assert to_units(from_units(units, decimals), decimals) == units


@given(st.integers(0, 10**8))
def test_lengths_of_time_are_said_as_they_are_read(seconds):
    count, unit = in_words(seconds).split()
    sizes = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
    assert int(count) * sizes[unit.removesuffix("s")] == seconds


def test_lines_are_found_through_all_that_toml_allows():
    text = '''title = "a"   # a comment with [brackets] = 1

[a."b c"]
text = """
[not.a.table]
x = 1
"""
list = [ # many
  1, 2,
  3,
]
"quoted.key" = {x = 1, y = [1]}
dotted.key = 2
[[rows]]
v = 1
[rows.inner]
w = 2
[[rows]]
v = 3
deep = [
  {n = 1},
  {n = 2},
]
'''
    places = Places(text.replace("\n", "\r\n"))
    wanted = {
        ("title",): 1,
        ("a", "b c"): 3,
        ("a", "b c", "text"): 4,
        ("a", "b c", "list"): 8,
        ("a", "b c", "list", 1): 9,
        ("a", "b c", "list", 2): 10,
        ("a", "b c", "quoted.key", "x"): 12,
        ("a", "b c", "dotted", "key"): 13,
        ("rows", 0, "v"): 15,
        ("rows", 0, "inner", "w"): 17,
        ("rows", 1): 18,
        ("rows", 1, "v"): 19,
        ("rows", 1, "deep", 0, "n"): 21,
        ("rows", 1, "deep", 1, "n"): 22,
        ("rows", 1, "unknown"): 18,
        ("nowhere",): 1,
    }
    assert {path: places.line(path) for path in wanted} == wanted


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("write_model_schema", ROOT / "scripts" / "write_model_schema.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_schema_and_page_are_what_the_sections_declare(script):
    assert script.stale() == []
    Draft202012Validator.check_schema(json.loads(published()))


def test_a_stale_page_is_reported(script, tmp_path, capsys, monkeypatch):
    for name in (*script.SCHEMAS, script.PAGE):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    page = tmp_path / script.PAGE
    page.write_text(page.read_text(encoding="utf-8").replace("| `cap` |", "| `top` |"), encoding="utf-8")
    assert script.stale(tmp_path) == [script.PAGE]
    monkeypatch.setattr(script, "stale", lambda: [script.PAGE])
    assert script.main(["--check"]) == 1


def every_key(of=FoundingFile, path=""):
    for key in keys_of(of).values():
        if isinstance(key.kind, Table | Tables):
            yield from every_key(key.kind.of, f"{path}{key.name}.")
        else:
            yield f"{path}{key.name}", key


def test_every_default_fits_its_own_kind_and_has_a_reason():
    found = dict(every_key())
    assert len(found) > 70
    for name, key in found.items():
        assert key.says.endswith("."), name
        if key.default is not None:
            Draft202012Validator(key.kind.schema()).validate(key.default)
            key.kind.read(key.default)
            assert key.why, f"{name} has no reason for its default"
        elif not key.required:
            assert key.otherwise, f"{name} does not say what holds without it"


def test_accounts_of_local_chains_can_be_used_by_anybody():
    assert all(parse_address(each.lower()) == each for each in ANVIL)
    assert len(known_to_everybody()) == len(ANVIL) + len(LOCAL_ROLES)
    assert len(sealing_public_key(local_key("validator-1"))) == 32
