"""docs/rooms/data.md: its examples are the bytes this room makes, and its table is computed."""

import re
from dataclasses import replace
from fractions import Fraction
from math import floor

import pytest

from andel.data.batch import LAST_DAY, batch_leaves, batches_object, make_batch, parse_batches, running_slots
from andel.data.cross_checks import PHYSICAL_RANGES
from andel.data.device_book import parse_device_book
from andel.data.draws import draw
from andel.data.opening_check import OpeningRules, verify_openings
from andel.data.openings import make_openings
from andel.device.envelope import encode_envelope
from andel.device.packets import read_packet
from andel.device.reading import Measurement
from andel.hashing import sha256
from andel.keys import AccountKey, DeviceKey, address_bytes

KEY = DeviceKey(b"\x01" * 32)
OWNER = AccountKey(b"\x02" * 32).address
TIME = 1_700_000_000
SHARES = ("0.1", "0.5", "1", "2", "5", "10", "20")
DRAWS = (30, 60, 90, 180, 300)
FALSE_SLOTS = (
    ("one hour a day, every day", "1/24"),
    ("one day a month", "1/30"),
    ("one day a quarter", "1/90"),
    ("one hour a week", "1/168"),
    ("one hour a month", "1/720"),
)


def example_batch():
    values = [Measurement("temperature", -277, -2, "degC"), Measurement("humidity", 4_862, -2, "%")]
    raws = [encode_envelope(KEY, 7 + hour, TIME + 3_600 * hour, values) for hour in (0, 1)]
    return make_batch([read_packet(raw, KEY.public_key) for raw in raws], KEY.public_key)


def leaves_text(batch):
    leaves = batch_leaves(batch.timestamps, running_slots(batch.timestamps), batch.packets)
    lines = [f"leaf {index}  {leaf.hex()}" for index, leaf in enumerate(leaves)]
    return "\n".join([*lines, f"root    {batch.root.hex()}"])


def found_percent(share, draws):
    return floor(1_000 * (1 - (1 - share) ** draws)) / 10


def detection_table():
    head = ["share", *(f"k = {draws}" for draws in DRAWS)]
    rows = [head, ["---"] * len(head)]
    for text in SHARES:
        share = Fraction(text) / 100
        rows.append([f"{text} %", *(f"{found_percent(share, draws):.1f}" for draws in DRAWS)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows).replace("| --- |", "|---|").replace(" --- |", "---|")


@pytest.fixture(scope="module")
def page(repo_root):
    return (repo_root / "docs" / "rooms" / "data.md").read_text(encoding="utf-8")


def json_blocks(page):
    return [found.replace("\n", "").encode() for found in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]


def test_the_leaves_and_root_on_the_page_are_current(page):
    assert f"```text\n{leaves_text(example_batch())}\n```" in page


def test_the_list_on_the_page_is_current(page):
    shown = json_blocks(page)[0]
    assert shown == batches_object(OWNER, [example_batch().header])
    assert f"Its SHA-256 is `{sha256(shown).hex()}`" in page
    assert f"0 to {LAST_DAY:,} |" in page


def test_the_openings_on_the_page_prove_the_list_on_the_page(page):
    listed, shown = json_blocks(page)
    contributor, headers = parse_batches(listed)
    assert shown == make_openings(bytes(32), contributor, [example_batch()], 1)
    report = verify_openings(shown, bytes(32), contributor, headers, 1, OpeningRules((TIME, TIME + 86_400)))
    assert report.weight == 2


def test_the_table_of_what_sampling_finds_is_computed(page):
    assert detection_table() in page
    assert "| 5 % | 78.5 | 95.3 | 99.0 |" in page
    for text, share in FALSE_SLOTS:
        assert f"| {text} | {share} | {found_percent(Fraction(share), 90):.1f} |" in page


@pytest.mark.parametrize(("share", "draws"), [("1", 30), ("1", 90), ("2", 60), ("5", 30), ("10", 30)])
def test_the_table_is_what_draws_do(share, draws):
    """One thousand slots over 200 batches, and leaves beside them of quite another number."""
    headers = [replace(example_batch().header, day=day, count=5 + day % 90, hours=31) for day in range(200)]
    total = sum(header.count for header in headers)
    ends = [sum(header.count for header in headers[:index]) for index in range(len(headers))]
    bad = int(share) * 10
    slots = leaves = 0
    for number in range(600):
        drawn = draw(number.to_bytes(4, "big"), OWNER, headers, draws)
        slots += any(batch * 5 + slot - 1 < bad for batch, slot in drawn.slots)
        named = located(number.to_bytes(4, "big"), draws, total)
        assert set(named) <= {ends[batch] + leaf for batch, leaf in drawn.leaves}
        leaves += any(leaf < total * int(share) // 100 for leaf in named)
    expected = found_percent(Fraction(share) / 100, draws) / 100
    assert abs(slots / 600 - expected) < 0.07 and abs(leaves / 600 - expected) < 0.07


def located(seed, draws, total):
    """The numbers of the drawn leaves, as the page says it."""
    prefix = b"andel openings 2\x00" + sha256(seed) + address_bytes(OWNER)
    values = (int.from_bytes(sha256(prefix, n.to_bytes(8, "big")), "big") for n in range(draws))
    return [value * total // 2**256 for value in values]


def test_the_physical_ranges_on_the_page_are_those_of_the_code(page):
    for (channel, unit), (low, high) in PHYSICAL_RANGES.items():
        (shown,) = re.findall(rf"`{channel}`, {unit} \| (\S+) \| (\S+) \|", page)
        lowest, highest = (text.replace("−", "-").replace(",", "").replace("10^8", str(10**8)) for text in shown)
        assert (int(lowest) * 100, int(highest) * 100) == (low, high), channel


def test_the_devices_file_of_the_page_can_be_used(repo_root):
    page = (repo_root / "docs/rooms/data.md").read_text()
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    book = parse_device_book(example.encode())
    assert book.resolve("352656100000017") == KEY.address
