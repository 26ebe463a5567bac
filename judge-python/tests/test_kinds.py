"""Columns of every kind, given in every way: what is not numbers or times is refused with its column and a way out."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable
from typing import Any

import canary_judge
import numpy
import pandas
import polars
import pyarrow
import pytest
from canary_judge import InvalidData
from conftest import history_config, history_table

CONFIG = {"metrics": [{"name": "latency", "groups": ["G"]}], "classifier": {"groupWeights": {"G": 100}}}
VALUES = [10.0 + minute % 7 for minute in range(20)]
TIMES = [datetime.datetime(2026, 1, 1, 0, minute, tzinfo=datetime.timezone.utc) for minute in range(20)]

#: Cells that are no numbers.
KINDS: dict[str, list] = {
    "booleans": [True, False] * 10,
    "words": ["fast"] * 20,
    "decimals": [decimal.Decimal("1.5")] * 20,
    "lists": [[1.0, 2.0]] * 20,
    "structs": [{"p50": 1.0}] * 20,
    "times": TIMES,
    "times without a zone": [time.replace(tzinfo=None) for time in TIMES],
    "dates": [datetime.date(2026, 1, 1)] * 20,
    "durations": [datetime.timedelta(seconds=1)] * 20,
    "bytes": [b"1"] * 20,
    "objects": [object()] * 20,
    "mixed": [1.0, "fast"] * 10,
    "complex": [1 + 2j] * 20,
}
#: What a library cannot hold in a column.
IMPOSSIBLE = {
    ("polars", "complex"), ("pyarrow", "objects"), ("pyarrow", "mixed"), ("pyarrow", "complex"), ("polars", "mixed"),
}  # fmt: skip

#: Ways to give one metric.
WAYS: dict[str, Callable[[list], Any]] = {
    "pandas frame": lambda cells: pandas.DataFrame({"latency": cells}),
    "pandas series": lambda cells: {"latency": pandas.Series(cells)},
    "polars frame": lambda cells: polars.DataFrame({"latency": cells}),
    "polars lazy frame": lambda cells: polars.LazyFrame({"latency": cells}),
    "polars series": lambda cells: {"latency": polars.Series(cells)},
    "pyarrow table": lambda cells: pyarrow.table({"latency": cells}),
    "pyarrow batch": lambda cells: pyarrow.record_batch({"latency": cells}),
    "pyarrow array": lambda cells: {"latency": pyarrow.array(cells)},
    "pyarrow chunks": lambda cells: {"latency": pyarrow.chunked_array([cells[:7], cells[7:]])},
    "numpy array": lambda cells: {"latency": numpy.array(cells)},
    "list": lambda cells: {"latency": cells},
}


def possible(way: str, kind: str) -> bool:
    return (way.split()[0], kind) not in IMPOSSIBLE


def refused(work: Callable[[], object], *parts: str) -> None:
    with pytest.raises(InvalidData) as raised:
        work()
    assert raised.value.problems and all(one.path and one.expected and one.got for one in raised.value.problems)
    for part in parts:
        assert part in str(raised.value), str(raised.value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
def test_what_is_not_numbers_is_refused(way, kind):
    if not possible(way, kind):
        pytest.skip("the library has no such column")
    given = WAYS[way](KINDS[kind])
    for side in ("baseline", "canary"):
        sides = {"baseline": {"latency": VALUES}, "canary": {"latency": VALUES}, side: given}
        told = "dimension" if (way, kind) == ("numpy array", "lists") else "number"
        refused(lambda: canary_judge.judge(CONFIG, **sides), f'{side}["latency"]', told)
    both = {"latency": VALUES}
    refused(lambda: canary_judge.judge(CONFIG, both, both, history=[both, given]), 'history[1]["latency"]', told)


@pytest.mark.parametrize("way", WAYS)
def test_numbers_of_every_width_are_numbers(way):
    expected = canary_judge.judge(CONFIG, {"latency": VALUES}, {"latency": VALUES})
    whole = [int(value) for value in VALUES]
    assert canary_judge.judge(CONFIG, WAYS[way](VALUES), WAYS[way](whole)) == expected
    if way not in ("list", "polars lazy frame"):
        for width in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"):
            given = WAYS[way](numpy.array(whole, dtype=width))
            assert canary_judge.judge(CONFIG, given, {"latency": VALUES}) == expected, width


def test_gaps_of_every_kind():
    with_gap = [*VALUES[:3], None, *VALUES[4:]]
    masked = numpy.ma.MaskedArray(VALUES, [row == 3 for row in range(20)])
    ways = [
        {"latency": with_gap},
        {"latency": [*VALUES[:3], float("nan"), *VALUES[4:]]},
        {"latency": masked},
        {"latency": masked.astype("int32")},
        {"latency": pandas.Series(with_gap)},
        {"latency": pandas.Series(with_gap, dtype="Float64")},
        {"latency": pandas.Series([int(one) if one else None for one in with_gap], dtype="Int64")},
        {"latency": pandas.Series(with_gap, dtype=pandas.ArrowDtype(pyarrow.float64()))},
        {"latency": polars.Series(with_gap)},
        pandas.DataFrame({"latency": with_gap}),
        pandas.DataFrame({"latency": with_gap}, dtype="Float64"),
        pandas.DataFrame({"latency": ["" if one is None else str(one) for one in with_gap]}),
        polars.DataFrame({"latency": with_gap}),
        pyarrow.table({"latency": with_gap}),
    ]
    expected = canary_judge.judge(CONFIG, ways[0], {"latency": VALUES})
    assert expected["latency"].to_dict()["baseline"]["counts"]["gaps"] == 1
    for given in ways:
        assert canary_judge.judge(CONFIG, given, {"latency": VALUES}) == expected, given


def test_categories_and_sparse_columns():
    category = pandas.Categorical(["a", "b"] * 10)
    dictionary = pyarrow.array(["a", "b"] * 10).dictionary_encode()
    for given in (
        pandas.DataFrame({"latency": category}),
        {"latency": pandas.Series(category)},
        pandas.DataFrame({"latency": pandas.Categorical(VALUES)}),
        {"latency": pandas.Series(pandas.Categorical(VALUES))},
        polars.DataFrame({"latency": polars.Series(["a", "b"] * 10, dtype=polars.Categorical)}),
        {"latency": polars.Series(["a", "b"] * 10, dtype=polars.Enum(["a", "b"]))},
        pyarrow.table({"latency": dictionary}),
        {"latency": dictionary},
    ):
        refused(lambda: canary_judge.judge(CONFIG, given, {"latency": VALUES}), 'baseline["latency"]', "numbers")
    sparse = pandas.Series(pandas.arrays.SparseArray(VALUES))
    assert canary_judge.judge(CONFIG, {"latency": sparse}, {"latency": VALUES}).passed
    refused(lambda: canary_judge.judge(CONFIG, sparse.to_frame("latency"), {"latency": VALUES}), 'baseline["latency"]')


def test_periods_and_intervals():
    """Arrow stores them as numbers of their own unit, which are not times since 1970."""
    index = pandas.period_range("2026-01-01", periods=20, freq="min")
    frame = pandas.DataFrame({"latency": VALUES}, index=index)
    column = frame.rename_axis("timestamp").reset_index()
    starts = frame.to_timestamp()
    for given in (frame, column, {"latency": frame["latency"]}):
        refused(lambda: canary_judge.judge(CONFIG, given, given), "period", "to_timestamp()")
    refused(lambda: canary_judge.judge(CONFIG, pyarrow.Table.from_pandas(column), starts), "extension type pandas.period")
    history = history_table(1).to_pandas()
    history["timestamp"] = history["timestamp"].dt.tz_localize(None).dt.to_period("min")
    refused(lambda: canary_judge.retro(history_config(), history, progress=False), 'history["timestamp"]', "to_timestamp()")
    assert canary_judge.judge(CONFIG, starts, starts).passed
    bins = pandas.DataFrame({"latency": pandas.interval_range(0, 20, periods=20)})
    refused(lambda: canary_judge.judge(CONFIG, bins, {"latency": VALUES}), 'baseline["latency"]')


#: Cells that are no times.
NO_TIMES = ("booleans", "words", "decimals", "lists", "structs", "dates", "durations", "bytes", "objects")


@pytest.mark.parametrize("kind", NO_TIMES)
@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_what_is_not_times_is_refused(library, kind):
    if not possible(library, kind):
        pytest.skip("the library has no such column")
    make = {"pandas": pandas.DataFrame, "polars": polars.DataFrame, "pyarrow": pyarrow.table}[library]
    given = make({"timestamp": KINDS[kind], "latency": VALUES})
    refused(lambda: canary_judge.judge(CONFIG, given, given), 'baseline["timestamp"]')
    refused(lambda: canary_judge.calibrate(CONFIG, [given, given]), 'instances[0]["timestamp"]')


def in_library(table: pyarrow.Table, library: str, column: str, cells: list) -> Any:
    """`table` as a frame of a library, with `cells` again and again as one column."""
    repeated = (cells * (table.num_rows // len(cells) + 1))[: table.num_rows]
    if library == "pandas":
        return table.to_pandas().assign(**{column: pandas.Series(repeated)})
    if library == "polars":
        return polars.from_arrow(table).with_columns(polars.Series(column, repeated))
    return table.set_column(table.column_names.index(column), column, pyarrow.array(repeated))


@pytest.mark.parametrize("kind", [*NO_TIMES, "times", "times without a zone", "mixed", "complex"])
@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_histories_with_columns_of_every_kind(library, kind):
    """A column of a wrong type is refused; a wrong cell makes its release a row that says where."""
    if not possible(library, kind):
        pytest.skip("the library has no such column")
    for column in ("value", "timestamp", "release", "role", "metric"):
        if (column == "timestamp" and kind.startswith("times")) or (column, kind) in (("release", "words"), ("release", "dates"), ("release", "booleans")):
            continue
        given = in_library(history_table(2), library, column, KINDS[kind])
        try:
            judged = canary_judge.retro(history_config(), given, progress=False)
        except InvalidData as error:
            assert f'history["{column}"]' in str(error), str(error)
            continue
        rows = pyarrow.table(judged).to_pylist() if library != "pandas" else judged.to_dict("records")
        assert kind in ("words", "booleans", "dates"), "of a type that cells may have"
        told = {"value": "expected a number", "timestamp": "RFC 3339", "role": "expected a role", "metric": "no row has a metric"}[column]
        assert all(told in row["error"] for row in rows), rows[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_calibration_refuses_what_is_not_numbers(library, kind):
    if not possible(library, kind):
        pytest.skip("the library has no such column")
    make = {"pandas": pandas.DataFrame, "polars": polars.DataFrame, "pyarrow": pyarrow.table}[library]
    given = make({"timestamp": TIMES, "latency": KINDS[kind]})
    refused(lambda: canary_judge.calibrate(CONFIG, {"one": given}), 'one["latency"]', "number")
    refused(lambda: canary_judge.propose(CONFIG, [given]), 'instances[0]["latency"]', "number")
    refused(lambda: canary_judge.two_sample(given["latency"], VALUES), "baseline", "number")


def test_points_that_are_infinite_are_judged_or_refused_alike():
    infinite = [*VALUES[:3], float("inf"), *VALUES[4:]]
    refused(lambda: canary_judge.two_sample(infinite, VALUES), "baseline", "finite")
    judged = {str(canary_judge.judge(CONFIG, WAYS[way](infinite), {"latency": VALUES})) for way in WAYS}
    assert len(judged) == 1
