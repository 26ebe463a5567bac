"""Bad input of every kind is an exception that names the column, the row and the way out."""

from __future__ import annotations

import datetime
import decimal
import gc
import io
import json
import tracemalloc

import canary_judge
import numpy
import pandas
import polars
import pyarrow
import pytest
from canary_judge import InvalidConfig, InvalidData, InvalidOption, UnsupportedExpression
from conftest import allocated, golden_requests, history_config, history_table

CONFIG = {"metrics": [{"name": "latency", "groups": ["G"]}], "classifier": {"groupWeights": {"G": 100}}}
TIMES = [datetime.datetime(2026, 1, 1, 0, minute, tzinfo=datetime.timezone.utc) for minute in range(20)]
VALUES = [10.0 + minute % 7 for minute in range(20)]


def frame(library: str, times: list, values: list, **columns: list):
    data = {"timestamp": times, "latency": values, **columns}
    if library == "pandas":
        return pandas.DataFrame(data)
    if library == "polars":
        return polars.DataFrame(data, strict=False)
    return pyarrow.table({name: pyarrow.array(column) for name, column in data.items()})


LIBRARIES = ["pandas", "polars", "pyarrow"]


def refused(baseline, *parts: str, canary=None) -> InvalidData:
    good = frame("pyarrow", TIMES, VALUES) if canary is None else canary
    with pytest.raises(InvalidData) as raised:
        canary_judge.judge(CONFIG, baseline, good)
    assert raised.value.problems
    for part in parts:
        assert part in str(raised.value), str(raised.value)
    return raised.value


def with_cell(values: list, row: int, cell) -> list:
    return [*values[:row], cell, *values[row + 1 :]]


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_column_of_booleans(library):
    bad = frame(library, TIMES, [True] * 20)
    refused(bad, 'baseline["latency"]', "Boolean", "cast the column to float64")


@pytest.mark.parametrize("name", ["timestamp", None])
def test_an_index_with_the_name_of_a_column(name):
    bad = frame("pandas", TIMES, VALUES)
    refused(bad.set_index(pandas.DatetimeIndex(TIMES, name=name)), 'baseline["timestamp"]', "both", "reset_index(drop=True)")


@pytest.mark.parametrize("library", LIBRARIES)
def test_text_that_is_no_number(library):
    bad = frame(library, TIMES, with_cell([str(value) for value in VALUES], 7, "fast"))
    refused(bad, 'baseline["latency"], row 7', '"fast"', "expected a number")


@pytest.mark.parametrize("library", LIBRARIES)
def test_decimals(library):
    bad = frame(library, TIMES, [decimal.Decimal("1.5")] * 20)
    refused(bad, 'baseline["latency"]', "Decimal", "cast the column to float64")


@pytest.mark.parametrize("library", LIBRARIES)
def test_nested_columns(library):
    refused(frame(library, TIMES, [[1.0, 2.0]] * 20), 'baseline["latency"]', "List", "numbers")
    refused(frame(library, TIMES, [{"p50": 1.0}] * 20), 'baseline["latency"]', "Struct", "numbers")


def test_categories():
    bad = pandas.DataFrame({"timestamp": TIMES, "latency": pandas.Categorical(["a", "b"] * 10)})
    refused(bad, 'baseline["latency"]', "Dictionary", "numbers")
    refused({"latency": bad["latency"]}, 'baseline["latency"]', "category", "pandas.to_numeric")
    bad = polars.DataFrame({"latency": polars.Series(["a", "b"] * 10, dtype=polars.Categorical)})
    refused(bad, 'baseline["latency"]', "Dictionary", "numbers")


def test_columns_of_objects():
    bad = pandas.DataFrame({"timestamp": TIMES, "latency": with_cell(VALUES, 5, "fast")})
    bad["latency"] = bad["latency"].astype(object)
    refused(bad, 'baseline["latency"], row 5', "'fast', a str after a float", "pandas.to_numeric")
    refused({"latency": bad["latency"]}, 'baseline["latency"]', "object")
    refused({"latency": numpy.array([object()] * 3)}, 'baseline["latency"]', "object", "astype(float)")
    refused({"latency": [1.0, "2"]}, 'baseline["latency"], row 1', "'2'")


@pytest.mark.parametrize("library", LIBRARIES)
def test_nulls_are_gaps_among_values_and_refused_among_times(library):
    with_gap = canary_judge.judge(CONFIG, frame(library, TIMES, with_cell(VALUES, 3, None)), frame(library, TIMES, VALUES))
    assert with_gap["latency"].to_dict()["baseline"]["counts"]["gaps"] == 1
    bad = frame(library, with_cell(TIMES, 3, None), VALUES)
    refused(bad, 'baseline["timestamp"], row 3', "an empty cell", "a time")


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_time_twice(library):
    bad = frame(library, with_cell(TIMES, 9, TIMES[8]), VALUES)
    refused(bad, 'baseline["latency"]', "got 2026-01-01T00:08:00Z in row 8 and row 9", "aggregate")
    if library == "pandas":
        indexed = bad.set_index("timestamp")
        refused(indexed, "row 9")
        refused({"latency": indexed["latency"]}, "row 9")


@pytest.mark.parametrize("library", LIBRARIES)
def test_rows_in_any_order(library):
    other = frame(library, TIMES, [value * 1.1 for value in VALUES])
    ordered = canary_judge.judge(CONFIG, frame(library, TIMES, VALUES), other)
    turned = canary_judge.judge(CONFIG, frame(library, TIMES[::-1], VALUES[::-1]), other)
    assert turned == ordered


@pytest.mark.parametrize("library", LIBRARIES)
def test_times_without_a_zone(library):
    naive = frame(library, [moment.replace(tzinfo=None) for moment in TIMES], VALUES)
    assert canary_judge.judge(CONFIG, naive, naive).passed, "UTC on both sides"
    refused(naive, "zone on one side only", "tz_localize")
    text = frame(library, [moment.isoformat()[:19] for moment in TIMES], VALUES)
    refused(text, 'baseline["timestamp"], row 0', "2026-01-01T00:00:00", "RFC 3339 with a zone")


@pytest.mark.parametrize("library", LIBRARIES)
def test_empty_frames_are_sides_without_data(library):
    empty = frame(library, TIMES, VALUES)[:0] if library != "pyarrow" else frame(library, TIMES, VALUES).slice(0, 0)
    judged = canary_judge.judge(CONFIG, empty, frame("pyarrow", TIMES, VALUES))
    assert judged["latency"].classification == "NoData"
    with pytest.raises(InvalidData, match="no rows"):
        canary_judge.retro(history_config(), history_table(1).slice(0, 0), progress=False)


def test_frames_of_other_things():
    refused(5, "baseline", "a int", "a pandas, polars or Arrow frame, or a mapping from metric to values")
    refused({"latency": 5}, 'baseline["latency"]', "a int")
    refused({"latency": set(VALUES)}, 'baseline["latency"]', "a set")
    refused({"latency": [1, 10**400]}, 'baseline["latency"], row 1', "at most 1.79769e+308")
    refused({3: VALUES}, "names of metrics as keys")
    refused({"latency": numpy.ones((2, 2))}, "2 dimensions")
    refused({"other": VALUES}, "baseline", "a series of a metric of the config", '"other"')
    refused(frame("pandas", [1.5e18] * 20, VALUES), 'baseline["timestamp"], row 0', "finer units")
    refused(pandas.DataFrame([[1, 2]], columns=["latency", "latency"]), "two columns of that name")


def test_one_thing_in_place_of_a_list():
    side = {"latency": VALUES}
    frames = [frame(library, TIMES, VALUES) for library in LIBRARIES]
    for one in (side, 5, *frames):
        with pytest.raises(InvalidData, match="history: expected a list, each element a pandas"):
            canary_judge.judge(CONFIG, side, side, history=one)
    for one in (5, *frames):
        with pytest.raises(InvalidData, match="instances: expected a list"):
            canary_judge.calibrate(CONFIG, one)
    with pytest.raises(InvalidOption, match="minutes: expected a list of lengths"):
        canary_judge.calibrate(CONFIG, frames, minutes=10)
    for request in ("{}", b"{}", {}, None):
        with pytest.raises(InvalidData, match="requests: expected a list of requests"):
            canary_judge.batch(request)
    (error,) = canary_judge.batch(["\ud800"], progress=False)
    assert isinstance(error, InvalidData) and "requests[0]" in str(error)


def test_columns_of_polars_without_any_value_are_gaps():
    nothing = polars.Series([None] * 20)
    table = frame("polars", TIMES, VALUES).with_columns(note=nothing)
    assert canary_judge.judge(CONFIG, table, table).verdict == "Pass"
    for gaps in (table.with_columns(latency=nothing), {"latency": nothing}):
        assert canary_judge.judge(CONFIG, gaps, table)["latency"].classification == "NoData"
    releases = polars.from_arrow(history_table(1))
    rows = canary_judge.retro(history_config(), releases, progress=False)
    releases = releases.with_columns(note=polars.lit(None))
    assert canary_judge.retro(history_config(), releases, progress=False).equals(rows)


def history(**columns):
    table = history_table(3)
    for name, column in columns.items():
        table = table.set_column(table.column_names.index(name), name, column(table.column(name).to_pylist()))
    return table


@pytest.mark.parametrize("library", LIBRARIES)
def test_bad_histories(library):
    def refused_history(table, *parts: str, **options) -> None:
        given = {"pandas": table.to_pandas, "polars": lambda: polars.from_arrow(table), "pyarrow": lambda: table}
        with pytest.raises(InvalidData) as raised:
            canary_judge.retro(history_config(), given[library](), progress=False, **options)
        for part in parts:
            assert part in str(raised.value), str(raised.value)

    refused_history(history().drop_columns(["release"]), '"release"', 'columns={"release": ...}')
    refused_history(history().drop_columns(["metric"]), "the columns", '"metric" and "value"')
    booleans = history(value=lambda cells: pyarrow.array([True] * len(cells)))
    refused_history(booleans, 'history["value"]', "Boolean", "cast")
    nameless = history(release=lambda cells: pyarrow.array(["x", "x", None, *cells[3:]]))
    refused_history(nameless, 'history["release"], row 2', "the name of a release")
    floats = history(role=lambda cells: pyarrow.array([1.5] * len(cells)))
    refused_history(floats, 'history["role"]', "Float64", "cast the column to text")


def test_a_bad_cell_breaks_its_release_alone():
    table = history_table(4)
    roles = table.column("role").to_pylist()
    roles[0] = "old"
    table = table.set_column(table.column_names.index("role"), "role", pyarrow.array(roles))
    judged = canary_judge.retro(history_config(), table, progress=False).to_pylist()
    errors = {row["release"]: row["error"] for row in judged if row["error"]}
    assert list(errors) == ["release-00000"]
    assert 'row 0: expected a role (baseline, control, canary, experiment), got "old"' in errors["release-00000"]
    assert "roles=" in errors["release-00000"]


def test_bad_configs_and_options(tmp_path):
    with pytest.raises(InvalidConfig) as raised:
        canary_judge.judge({"metrics": 5, "classifier": {}}, {"latency": VALUES}, {"latency": VALUES})
    problem = raised.value.problems[0]
    assert (problem.path, problem.expected, problem.got) == ("metrics", "a list", "5")
    with pytest.raises(InvalidConfig, match="No such file"):
        canary_judge.judge(tmp_path / "none.json", {}, {})
    expression = {"retro": {"expression": "cpu / rps"}}
    config = {**CONFIG, "metrics": [{**CONFIG["metrics"][0], "analysisConfigurations": expression}]}
    with pytest.raises(UnsupportedExpression, match="metrics.0..analysisConfigurations.retro.expression"):
        canary_judge.judge(config, {"latency": VALUES}, {"latency": VALUES})
    for refusing in (
        lambda: canary_judge.retro(config, history_table(1)),
        lambda: canary_judge.calibrate(config, [frame("pandas", TIMES, VALUES)] * 2),
        lambda: canary_judge.propose(config, [frame("pandas", TIMES, VALUES)] * 2),
    ):
        with pytest.raises(UnsupportedExpression, match="compute the column in the frame"):
            refusing()
    for options, part in [
        ({"judge": "Own-v1"}, "EvidenceJudge-v1"),
        ({"thresholds": (50, 75)}, "pass at least marginal"),
        ({"thresholds": {"pass": 50}}, "marginal"),
        ({"looks": (3, 2)}, "from 1 to the 2 that are planned"),
        ({"looks": 2}, "number, planned"),
        ({"looks": (2, 6, "growing")}, "sliding"),
        ({"looks": (2, 6.5)}, "number, planned"),
    ]:
        with pytest.raises(InvalidOption, match=part):
            canary_judge.judge(CONFIG, {"latency": VALUES}, {"latency": VALUES}, **options)
    for options, part in [
        ({"interval": "soon"}, "interval"),
        ({"interval": "2h", "lifetime": "1h"}, "interval"),
        ({"columns": {"build": "x"}}, "release, timestamp"),
        ({"roles": {"old": "x"}}, "baseline and canary"),
        ({"stage_rule": "none"}, "spinnaker"),
        ({"step": 60}, "timedelta"),
    ]:
        with pytest.raises(InvalidOption, match=part):
            canary_judge.retro(history_config(), history_table(1), progress=False, **options)
    with pytest.raises(InvalidOption, match="pairs"):
        canary_judge.calibrate(CONFIG, [frame("pandas", TIMES, VALUES)] * 2, pairs=1)
    with pytest.raises(InvalidData, match="no times"):
        canary_judge.calibrate(CONFIG, [{"latency": VALUES}])
    with pytest.raises(InvalidOption, match="level"):
        canary_judge.two_sample(VALUES, VALUES, level=2)
    with pytest.raises(InvalidData, match="baseline"):
        canary_judge.two_sample([], VALUES)


def test_nothing_leaks_over_10000_calls():
    """If each call leaked one series, the total would be about 5 MB."""
    times = [TIMES[0] + datetime.timedelta(minutes=minute) for minute in range(400)]
    values = [10.0 + minute % 7 for minute in range(400)]
    good = {library: frame(library, times, values) for library in LIBRARIES}
    bad = frame("pyarrow", times, with_cell([str(value) for value in values], 7, "fast"))
    release, request, array = history_table(1), json.dumps(golden_requests()[0]), numpy.array(values)

    def refuse() -> None:
        with pytest.raises(InvalidData):
            canary_judge.judge(CONFIG, bad, good["pyarrow"])

    kinds = [
        lambda: canary_judge.judge(CONFIG, good["pyarrow"], {"latency": values}).to_dict(),
        lambda: canary_judge.judge(CONFIG, good["pandas"], good["polars"]),
        lambda: canary_judge.retro(history_config(), release, threads=1, progress=False),
        lambda: canary_judge.batch([request, "{}"], threads=1, progress=False),
        lambda: canary_judge.two_sample(array, good["polars"]["latency"]),
        refuse,
    ]

    def calls(count: int) -> None:
        for number in range(count):
            kinds[number % len(kinds)]()
        gc.collect()

    tracemalloc.start()
    calls(1000)
    before, traced = allocated(), tracemalloc.get_traced_memory()[0]
    calls(10_000)
    assert tracemalloc.get_traced_memory()[0] - traced < 1 << 20
    tracemalloc.stop()
    assert allocated() - before < 4 << 20


class Capsule:
    """An object with the Arrow interface that returns the same capsules at each call, which it must not."""

    def __init__(self, data) -> None:
        if hasattr(data, "__arrow_c_array__"):
            capsules = data.__arrow_c_array__()
            self.__arrow_c_array__ = lambda requested_schema=None: capsules
        else:
            capsule = data.__arrow_c_stream__()
            self.__arrow_c_stream__ = lambda requested_schema=None: capsule


def cut_stream() -> pyarrow.RecordBatchReader:
    """The file of a stream whose end is missing."""
    table = pyarrow.table({"latency": numpy.arange(10_000.0)})
    written = io.BytesIO()
    with pyarrow.ipc.new_stream(written, table.schema) as writer:
        writer.write_table(table, max_chunksize=1000)
    return pyarrow.ipc.open_stream(pyarrow.BufferReader(written.getvalue()[:20_000]))


def failing_stream() -> pyarrow.RecordBatchReader:
    """A stream whose source fails after the first rows."""

    def batches():
        yield pyarrow.record_batch({"latency": VALUES})
        raise RuntimeError("the source is away")

    return pyarrow.RecordBatchReader.from_batches(pyarrow.schema([("latency", pyarrow.float64())]), batches())


def read_before(data):
    capsule = Capsule(data)
    (pyarrow.array if hasattr(data, "__arrow_c_array__") else pyarrow.table)(capsule)
    return capsule


BROKEN = {
    "cut": (cut_stream, "read 8000 bytes for message body, got "),
    "failing": (failing_stream, "the source is away"),
    "read before": (lambda: read_before(pyarrow.table({"latency": VALUES})), "already released"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_arrow_stream(kind):
    """Each function names the argument, what the reader said, and the way out."""
    make, said = BROKEN[kind]
    good = frame("pyarrow", TIMES, VALUES)
    calls = {
        "baseline: ": lambda: canary_judge.judge(CONFIG, make(), good),
        "canary: ": lambda: canary_judge.judge(CONFIG, good, make()),
        "history[0]: ": lambda: canary_judge.judge(CONFIG, good, good, history=[make()]),
        "history: ": lambda: canary_judge.retro(CONFIG, make(), progress=False),
        "instances[0]: ": lambda: canary_judge.calibrate(CONFIG, [make()], progress=False),
        'baseline["latency"]: ': lambda: canary_judge.judge(CONFIG, {"latency": make()}, good),
    }
    for path, call in calls.items():
        with pytest.raises(InvalidData) as raised:
            call()
        text = str(raised.value)
        assert text.startswith(path) and said in text, text
        assert "write a damaged file again, and give a stream only once" in text, text


def test_an_array_that_was_read_before():
    """The native module would read memory that was freed."""
    refused({"latency": read_before(pyarrow.array(VALUES))}, 'baseline["latency"]', "data that was read before", "new capsules")
    canary_judge.two_sample(Capsule(pyarrow.array(VALUES)), VALUES)


@pytest.mark.parametrize("series", [pandas.Series(VALUES), polars.Series(VALUES)])
def test_a_series_in_place_of_a_frame(series):
    refused(series, "baseline: expected a pandas, polars or Arrow frame", "to_frame()", "got a Series")


@pytest.mark.parametrize("data", [pandas.DataFrame({"a": VALUES}), polars.DataFrame({"a": VALUES}), polars.LazyFrame({"a": VALUES})])
def test_a_frame_in_place_of_a_series(data):
    refused({"latency": data}, 'baseline["latency"]: expected a list, an array or a series', "one column of the frame")


def test_whole_numbers_of_any_size():
    huge = pandas.DataFrame({"latency": pandas.Series([10**30, *VALUES], dtype=object)})
    refused(huge, 'baseline["latency"]', "expected numbers")
    wide = polars.DataFrame({"latency": polars.Series([int(value) for value in VALUES], dtype=polars.Int128)})
    whole = {"latency": [float(int(value)) for value in VALUES]}
    assert canary_judge.judge(CONFIG, wide, wide) == canary_judge.judge(CONFIG, whole, whole)


def test_series_of_a_mapping_have_one_kind_of_times():
    zoned = pandas.Series(VALUES, index=pandas.DatetimeIndex(TIMES))
    naive = zoned.tz_localize(None)
    config = {**CONFIG, "metrics": [{"name": name, "groups": ["G"]} for name in ("latency", "errors")]}
    both = {"latency": zoned, "errors": zoned}
    for mixed in ({"latency": zoned, "errors": naive}, {"latency": naive, "errors": zoned}):
        with pytest.raises(InvalidData, match=r'baseline\["errors"\]: expected times with a zone everywhere, or nowhere'):
            canary_judge.judge(config, mixed, mixed)
    with pytest.raises(InvalidData, match="zone on one side only"):
        canary_judge.judge(config, {"latency": naive, "errors": naive}, both)
    with pytest.raises(InvalidData, match="zone on one side only"):
        canary_judge.judge(CONFIG, {"latency": naive}, frame("pandas", TIMES, VALUES))
    with pytest.raises(InvalidData, match=r"instances\[1\]: expected times with a zone everywhere, or nowhere"):
        canary_judge.calibrate(CONFIG, [{"latency": zoned}, {"latency": naive}], minutes=[1], progress=False)


def test_a_request_that_is_none_is_named():
    (refused_request,) = canary_judge.batch([None], progress=False)
    assert isinstance(refused_request, InvalidData)
    assert str(refused_request) == "requests[0]: expected a request as a mapping or as JSON text, got a NoneType"


def test_times_of_which_only_some_have_a_zone():
    mixed = pandas.DataFrame({"timestamp": [TIMES[0], TIMES[1].replace(tzinfo=None)], "latency": VALUES[:2]})
    refused(mixed, 'baseline["timestamp"], row 1', "tz_localize", "2026-01-01 00:01:00, unlike the rows before it")


@pytest.mark.parametrize(
    "options, said",
    [
        ({"interval": "0s"}, "interval: expected a millisecond to ten years (3660 days), in whole milliseconds, got 0ns"),
        ({"warm_up": "1ns"}, "warm_up: expected 0 to ten years (3660 days), in whole milliseconds, got 1ns"),
        ({"interval": "2m", "lifetime": "1m"}, "interval: expected at most the lifetime, 1m; leave it out for one judgement at the end, got 2m"),
        ({"step": "1m", "lookback": "30s"}, "lookback: expected at least the step, 1m, got 30s"),
        ({"lookback": "soon"}, 'lookback: expected a time, such as "90s", "10m", "1h 30m" or a timedelta, got "soon"'),
        ({"threads": 0}, "threads: expected 1 to 1024 threads, or None for one per core, got 0"),
        ({"threads": 10**30}, f"threads: expected 1 to 1024 threads, or None for one per core, got {10**30}"),
        ({"judge": 5}, "judge: expected the name of a judge, such as EvidenceJudge-v1, got 5"),
        ({"thresholds": (10**400, 5)}, "thresholds: expected (pass, marginal)"),
        ({"columns": "build"}, 'columns: expected a mapping such as {"release": "build"}, got \'build\''),
        ({"roles": {"canary": 5}}, "roles: expected a mapping such as"),
        ({"all_intervals": "no"}, "all_intervals: expected True or False, got 'no'"),
    ],
)
def test_an_option_of_a_wrong_type_or_size(options, said):
    """The error says once what was expected."""
    with pytest.raises(InvalidOption) as raised:
        canary_judge.retro(history_config(), history_table(1), progress=False, **options)
    assert str(raised.value).startswith(said) and str(raised.value).count("expected") == 1


def test_a_level_that_is_no_number():
    for level in ("high", None, 10**400):
        with pytest.raises(InvalidOption, match="level: expected a number above 0 and below 1"):
            canary_judge.two_sample(VALUES, VALUES, level=level)
