"""A user's own tables: what is usable is kept exactly, what is not is refused by line and reason."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.errors import TableError
from andel.simulation import cells, tables
from andel.simulation.cells import parse_number, parse_time
from andel.simulation.series import LISTED_PER_REASON, MISSING, Dataset, Problem
from andel.simulation.tables import LARGEST_TARGET, read_tables

BEIJING = Path(__file__).resolve().parents[3] / "shared" / "data" / "beijing"
CALENDAR = ["year", "month", "day", "hour"]
DAY = 1_356_998_400  # 2013-01-01T00:00Z


def read(path: Path, text: str | bytes, features=("a",), target="y", device="site", time=("t",)) -> Dataset:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_tables([path], device, time, features, target)


def table(*rows: str, header: str = "site,t,a,y") -> str:
    return "\n".join([header, *rows]) + "\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "own.csv"


# What is kept


def test_one_series_per_device_in_rising_time(path):
    dataset = read(path, table("b,7200,1.5,10", "a,3600,2,20", "b,3600,3.25,30"))
    assert [(series.site, series.timestamps.tolist()) for series in dataset.series] == [
        ("a", [3_600]),
        ("b", [3_600, 7_200]),
    ]
    assert dataset.channel("a").exponent == -2
    assert dataset.channel("y").exponent == 0
    assert dataset.series[1].values["a"].tolist() == [325, 150]
    assert dataset.series[1].values["y"].tolist() == [30, 10]
    assert dataset.series[0].latitude is None
    assert dataset.rows == 3
    assert not dataset.problems


def test_the_target_may_be_a_feature_too(path):
    dataset = read(path, table("a,3600,1,2"), features=("y", "a"))
    assert [channel.name for channel in dataset.channels] == ["y", "a"]


def test_times_are_read_as_iso_with_and_without_offset_or_as_unix_seconds(path):
    rows = ["x,2013-01-01T00:00:00Z,1,1", "x,2013-01-01 02:00:00,1,1", "x,2013-01-01T02:00+01:00,1,1"]
    rows += [f"x,{DAY + 10_800},1,1", f"x,{DAY + 14_400}.0,1,1", "x,2013-01-02,1,1"]
    dataset = read(path, table(*rows))
    assert ((dataset.series[0].timestamps - DAY) // 3_600).tolist() == [0, 1, 2, 3, 4, 24]


def test_four_time_columns_are_year_month_day_hour(path):
    header = "site,year,month,day,hour,a,y"
    rows = ["x,2013,1,1,0,1,1", "x,2013,01,01,05,1,1", "x,2013.0,1,2,0,1,1"]
    bad = ["x,2013,2,30,0,1,1", "x,2013,1,1,24,1,1", "x,2013,1,1,1.5,1,1", "x,,1,1,1,1,1", "x,-1,1,1,1,1,1"]
    dataset = read(path, table(*rows, *bad, header=header), time=CALENDAR)
    assert ((dataset.series[0].timestamps - DAY) // 3_600).tolist() == [0, 5, 24]
    assert dataset.problem_counts == {Problem.BAD_TIME: 5}
    assert str(dataset.problems[0]) == "own.csv:5: not a time ('2013-2-30-0')"


def test_byte_order_mark_crlf_quotes_and_spaces_are_read(path):
    text = '\ufeff"site","t", a ,"y"\r\n"Upper, East",3600,"1.5", 2 \r\n\r\n"Upper, East",7200,"1.5","3"\r\n'
    dataset = read(path, text)
    assert dataset.series[0].site == "Upper, East"
    assert dataset.series[0].values["y"].tolist() == [2, 3]
    assert not dataset.problem_counts


def test_mixed_decimals_take_the_most_of_their_column_exactly(path):
    rows = ["x,3600,0.1,1", "x,7200,-2.345,1", "x,10800,1e2,1", "x,14400,.5,1", "x,18000,7.,1"]
    dataset = read(path, table(*rows))
    assert dataset.channel("a").exponent == -3
    assert dataset.series[0].values["a"].tolist() == [100, -2_345, 100_000, 500, 7_000]


def test_more_than_six_decimals_are_rounded(path):
    dataset = read(path, table("x,3600,10.357019999999999,1", "x,7200,1.0000015,1"))
    assert dataset.channel("a").exponent == -6
    assert dataset.series[0].values["a"].tolist() == [10_357_020, 1_000_002]


def test_many_files_gzip_or_not_make_one_dataset(tmp_path):
    first, second = tmp_path / "one.csv.gz", tmp_path / "two.dat"
    first.write_bytes(gzip.compress(table("x,3600,1,1").encode()))
    second.write_text(table("y,2,x,7200", "3,4,z,3600", header="a,y,site,t"), encoding="utf-8")
    dataset = read_tables([first, second], "site", ["t"], ["a"], "y")
    assert [series.site for series in dataset.series] == ["x", "z"]
    assert dataset.series[0].values["a"].tolist() == [1, MISSING]
    assert (dataset.problems[0].file, dataset.problems[0].line) == ("two.dat", 2)
    assert "one.csv.gz, two.dat" in dataset.source


# What is refused, row by row


def test_missing_and_unreadable_cells_are_refused_one_by_one(path):
    absent = ["", "NA", "nan", "null", "?"]
    junk = ["inf", "-Infinity", "warm", "1,5", "1_000", "0x10", "--5", "٣", "1e999"]
    rows = [f'x,{3_600 * (i + 1)},"{cell}",1' for i, cell in enumerate([*absent, *junk, "4"])]
    dataset = read(path, table(*rows))
    assert dataset.problem_counts == {Problem.MISSING_VALUE: 5, Problem.NOT_A_NUMBER: 9}
    assert dataset.series[0].values["a"].tolist() == [MISSING] * 14 + [4]
    assert any(problem.text == "warm" and problem.line == 9 and problem.column == "a" for problem in dataset.problems)


def test_huge_numbers_are_refused_as_too_large(path):
    dataset = read(path, table("x,3600,1e10,1", "x,7200,-99999999999,1", "x,10800,999999999,1"))
    assert dataset.problem_counts == {Problem.TOO_LARGE: 2}
    assert dataset.series[0].values["a"].tolist() == [MISSING, MISSING, 999_999_999]


def test_the_target_keeps_within_32_bits_by_giving_up_decimals(path):
    rows = [f"x,{3_600 * i},1,101325.12345{i}" for i in range(1, 10)]
    dataset = read(path, table(*rows))
    assert dataset.channel("y").exponent == -4
    assert dataset.series[0].values["y"].tolist()[0] == 1_013_251_235
    assert (np.abs(dataset.series[0].values["y"]) <= LARGEST_TARGET).all()


def test_one_wild_target_costs_only_itself(path):
    rows = [f"x,{3_600 * i},1,{i}.25" for i in range(1, 2_000)]
    dataset = read(path, table(*rows, "x,9000000,1,999999999"))
    assert dataset.channel("y").exponent == -2
    assert dataset.problem_counts == {Problem.TOO_LARGE: 1}
    assert dataset.problems[0].line == 2_001


def test_bad_dates_missing_devices_and_short_rows_are_refused(path):
    rows = ["x,2013-02-30T00:00:00,1,1", ",2013-01-01,1,1", "NA,2013-01-01,1,1", "x,2013-01-01", "x,2013-01-01,1,1,1"]
    rows += ["x,yesterday,1,1", "x,20130101,1,1", "x,1969-12-31,1,1", "x,2200-01-01,1,1", "x,2013-01-01,,", "x,,1,1"]
    dataset = read(path, table(*rows, "x,2013-01-01,1,1"))
    assert dataset.problem_counts == {
        Problem.BAD_TIME: 6,
        Problem.NO_DEVICE: 2,
        Problem.WRONG_CELLS: 2,
        Problem.NO_VALUES: 1,
    }
    assert dataset.rows == 12
    assert [len(series) for series in dataset.series] == [1]


def test_of_repeated_device_and_time_the_first_counts_also_across_files(tmp_path):
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text(table("x,7200,1,1", "x,3600,2,2", "x,7200,3,3"), encoding="utf-8")
    two.write_text(table("x,3600,4,4", "z,3600,5,5"), encoding="utf-8")
    dataset = read_tables([one, two], "site", ["t"], ["a"], "y")
    assert dataset.series[0].values["a"].tolist() == [2, 1]
    repeats = {(problem.file, problem.line) for problem in dataset.problems}
    assert repeats == {("one.csv", 4), ("two.csv", 2)}
    assert dataset.problem_counts == {Problem.REPEATED_TIME: 2}


def test_an_unclosed_quote_costs_one_row(path):
    dataset = read(path, table("x,3600,1,1", 'x,"7200,1,1', "x,10800,1,1", 'x,1"4400,1,1', '"x"y,18000,1,1'))
    assert dataset.series[0].timestamps.tolist() == [3_600, 10_800]
    assert dataset.problem_counts == {Problem.WRONG_CELLS: 2, Problem.BAD_TIME: 1}
    assert {problem.line for problem in dataset.problems} == {3, 5, 6}


def test_bytes_that_are_no_text_cost_only_their_cells(path):
    dataset = read(path, b"site,t,a,y\nx,3600,\xff\xfe,1\nx,7200,\x00,1\nx,10800,5,1\n")
    assert dataset.series[0].values["a"].tolist() == [MISSING, MISSING, 5]
    assert dataset.problem_counts == {Problem.NOT_A_NUMBER: 2}


def test_many_bad_rows_are_counted_but_not_all_listed(path):
    rows = [f"x,{3_600 * i},bad,1" for i in range(1, 500)]
    dataset = read(path, table(*rows, "x,9000000,1,1"))
    assert dataset.problem_counts == {Problem.NOT_A_NUMBER: 499}
    assert len(dataset.problems) == LISTED_PER_REASON


# Files that are no table


def test_a_missing_column_is_named_with_those_that_exist(path):
    with pytest.raises(TableError) as caught:
        read(path, table("x,3600,1,1"), features=("humidity",))
    assert "'humidity'" in caught.value.message
    assert "site, t, a, y" in caught.value.message


def test_another_separator_is_told(path):
    with pytest.raises(TableError) as caught:
        read(path, "site;t;a;y\nx;3600;1;1\n")
    assert "';'" in caught.value.hint


def test_a_column_named_twice_is_an_error(path):
    with pytest.raises(TableError, match="2 columns called 'a'"):
        read(path, "site,t,a,a,y\nx,3600,1,1,1\n")


@pytest.mark.parametrize("text", ["", "\n", "\ufeff", ",,,\n"])
def test_an_empty_file_is_an_error(path, text):
    with pytest.raises(TableError, match="is empty"):
        read(path, text)


def test_a_table_without_rows_is_an_error(path):
    with pytest.raises(TableError, match="none of 0 rows"):
        read(path, table())


def test_a_table_whose_rows_are_all_bad_says_why(path):
    with pytest.raises(TableError) as caught:
        read(path, table("x,never,1,1", "x,never,1,1"))
    assert "none of 2 rows" in caught.value.message
    assert "own.csv:2: not a time" in caught.value.hint


def test_a_text_column_as_feature_is_an_error_with_an_example(path):
    with pytest.raises(TableError) as caught:
        read(path, table("x,3600,NNW,1", "x,7200,N,1"))
    assert "'a' holds no usable number" in caught.value.message
    assert "NNW" in caught.value.hint


def test_a_truncated_gzip_file_is_an_error(path):
    packed = gzip.compress(table(*(f"x,{3_600 * i},{i},1" for i in range(1, 3_000))).encode())
    with pytest.raises(TableError, match="damaged gzip"):
        read(path, packed[: len(packed) // 2])


def test_a_gzip_file_with_a_flipped_bit_is_an_error(path):
    packed = bytearray(gzip.compress(table(*(f"x,{3_600 * i},{i},1" for i in range(1, 3_000))).encode()))
    packed[-6] ^= 1
    with pytest.raises(TableError, match="damaged gzip"):
        read(path, bytes(packed))


def test_files_that_are_not_there_or_folders_are_errors(tmp_path):
    for path in (tmp_path, tmp_path / "nothing.csv"):
        with pytest.raises(TableError, match="cannot be read"):
            read_tables([path], "site", ["t"], ["a"], "y")


def test_what_is_too_large_is_refused_early(path, monkeypatch):
    with pytest.raises(TableError, match="line of more than"):
        read(path, "site,t,a,y\n" + "x" * (cells.MAX_LINE + 1))
    with pytest.raises(TableError, match="columns; at most"):
        read(path, ",".join(str(i) for i in range(2_000)))
    with pytest.raises(TableError, match="different values"):
        read(path, table(*(f"d{i},3600,1,1" for i in range(tables.MAX_DEVICES + 1))))
    monkeypatch.setattr(cells, "MAX_BYTES", 100)
    with pytest.raises(TableError, match="MiB of text"):
        read(path, gzip.compress(table(*["x,3600,1,1"] * 100).encode()))
    monkeypatch.undo()
    monkeypatch.setattr(tables, "MAX_ROWS", 10)
    with pytest.raises(TableError, match="more than 10 rows"):
        read(path, table(*["x,3600,1,1"] * 11))


def test_requests_that_make_no_sense_are_errors(path):
    with pytest.raises(TableError, match="0 tables"):
        read_tables([], "site", ["t"], ["a"], "y")
    with pytest.raises(TableError, match="2 time columns"):
        read(path, table("x,3600,1,1"), time=("t", "a"))
    with pytest.raises(TableError, match="both as measurement"):
        read(path, table("x,3600,1,1"), features=("site",))
    with pytest.raises(TableError, match="does not fit"):
        read(path, table("x,3600,1,1"), features=("a" * 33,))


# Properties


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6))
def test_numbers_within_bounds_are_read_exactly(number: Decimal):
    value, decimals = parse_number(str(number) if "E" not in str(number) else f"{number:f}")
    assert value == int(number * 10**6)
    assert decimals == 6


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_a_marker_and_a_time_or_none(text: str):
    value, decimals = parse_number(text)
    assert value <= cells.OVERSIZED or abs(value) <= 10**15
    assert 0 <= decimals <= 6
    time = parse_time(text)
    assert time is None or 0 <= time < 2**32


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2105, 12, 31)))
def test_iso_times_without_offset_are_utc(moment: datetime):
    assert parse_time(moment.isoformat()) == int(moment.replace(tzinfo=UTC).timestamp() // 1)


@given(st.binary(max_size=400))
def test_any_bytes_give_a_dataset_or_a_table_error(tmp_path_factory, data: bytes):
    path = tmp_path_factory.getbasetemp() / "bytes.csv"
    try:
        dataset = read(path, b"site,t,a,y\nx,3600,1,1\n" + data)
    except TableError:
        return
    assert sum(len(series) for series in dataset.series) >= 1


# The published Beijing files


@pytest.mark.full
def test_the_beijing_files_are_read_whole():
    if not BEIJING.is_dir():
        pytest.skip(f"no Beijing files at {BEIJING}")
    paths = sorted(BEIJING.glob("*.csv.gz"))
    features = ["PM2.5", "TEMP", "PRES", "DEWP", "WSPM"]
    dataset = read_tables(paths, "station", CALENDAR, features, "PM2.5")
    assert [series.site for series in dataset.series] == ["Aotizhongxin", "Dingling", "Huairou", "Wanshouxigong"]
    assert [len(series) for series in dataset.series] == [35_064] * 4
    assert all((np.diff(series.timestamps) == 3_600).all() for series in dataset.series)
    assert dataset.problem_counts == {Problem.MISSING_VALUE: 3_902}
    first = {name: int(column[0]) for name, column in dataset.series[0].values.items()}
    scales = {channel.name: 10**-channel.exponent for channel in dataset.channels}
    assert {name: value / scales[name] for name, value in first.items()} == {
        "PM2.5": 4,
        "TEMP": -0.7,
        "PRES": 1023,
        "DEWP": -18.8,
        "WSPM": 4.4,
    }
