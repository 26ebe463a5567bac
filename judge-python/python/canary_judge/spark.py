"""Judges past releases and healthy history on Spark, for histories that are too large for one machine.

Spark groups the rows by release and hands each release to a Python worker as one Arrow table; the worker judges it with the
code of :func:`canary_judge.retro`. Spark shuffles, spills and retries. The executors need this package and pyarrow.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import pyarrow

from . import _calibrating, _native, _options, _retro
from ._config import Config, Thresholds, config_text, judging
from ._errors import CanaryJudgeError, InvalidData, Problem
from ._retro import Duration

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

#: The default names of a history's columns.
_COLUMNS = ("release", "timestamp", "metric", "role", "value", "instance")
#: The prepared replays of a process, by their settings, since a worker judges many releases with one config.
_PREPARED: dict[str, _native.Replay] = {}


def _prepared(settings: str) -> _native.Replay:
    replay = _PREPARED.get(settings)
    if replay is None:
        replay = _retro.replay(**json.loads(settings))
        _PREPARED.clear()
        _PREPARED[settings] = replay
    return replay


def _spark_type(kind: pyarrow.DataType) -> pyarrow.DataType:
    """The Spark type of a column of the output. Spark's times are microseconds, and its integers are signed."""
    if pyarrow.types.is_timestamp(kind):
        return pyarrow.timestamp("us", tz="UTC")
    return pyarrow.int64() if pyarrow.types.is_uint64(kind) else kind


@functools.cache
def _output() -> pyarrow.Schema:
    schema = pyarrow.table(_native.columns()).schema
    return pyarrow.schema([(field.name, _spark_type(field.type)) for field in schema])


def _judge_release(settings: str, release: str, table: pyarrow.Table) -> pyarrow.Table:
    """Judges the only release in ``table`` and returns its rows, or one row with its error."""
    output = _output()
    try:
        return pyarrow.table(_native.retro_here(_prepared(settings), table)).cast(output)
    except CanaryJudgeError as error:
        name = table.column(release)[0].as_py()
        cells = {"release": None if name is None else str(name), "error": str(error)}
        arrays = [pyarrow.array([cells.get(field.name)], field.type) for field in output]
        return pyarrow.Table.from_arrays(arrays, schema=output)


def retro(
    df: DataFrame,
    config: Config,
    *,
    lifetime: Duration | None = None,
    warm_up: Duration = "0s",
    interval: Duration | None = None,
    lookback: Duration | Literal["growing"] = "growing",
    baseline_offset: Duration = "0s",
    step: Duration | None = None,
    stage_rule: Literal["judge", "spinnaker"] = "judge",
    all_intervals: bool = False,
    judge: str | None = None,
    thresholds: Thresholds | None = None,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str | Iterable[str]] | None = None,
) -> DataFrame:
    """Judges every release of ``df`` again, with the rows of :func:`canary_judge.retro`, to the bit.

    Nothing is collected on the driver. A worker holds the rows of one release at a time.

    Args:
        df: a long or wide history, as in :func:`canary_judge.retro`; any table or view that Spark can read.

    Other arguments are those of :func:`canary_judge.retro`.

    Returns:
        One row per release, interval and metric, in no order; ``interval`` and counts are ``bigint``. A release that cannot be
        judged has one row, with ``error``.

    Raises:
        InvalidConfig, UnsupportedExpression, InvalidData, InvalidOption: as for :func:`canary_judge.retro`, before Spark
        starts. Cells that cannot be read make their release a row with an error.
    """
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

    _refuse_other_frames(df, "retro")
    lengths = {
        "lifetime": lifetime, "warm_up": warm_up, "interval": interval, "lookback": lookback,
        "baseline_offset": baseline_offset, "step": step,
    }  # fmt: skip
    text = config_text(config)
    renamed = _options.columns(columns)
    named = dict(zip(("baseline", "canary"), _options.roles(roles)))
    settings = json.dumps({
        "config": text, "stage_rule": stage_rule, "all_intervals": all_intervals, "judge": judge,
        "thresholds": thresholds, "columns": renamed, "roles": named,
        **{name: None if length is None else _retro._duration(name, length) for name, length in lengths.items()},
    })  # fmt: skip
    replay = _prepared(settings)
    names = {column: renamed.get(column, column) for column in _COLUMNS}
    metrics = [metric["name"] for metric in json.loads(text).get("metrics", [])]
    known = [column for column in df.columns if column in {*names.values(), *metrics}]
    wanted = _numbered(df, known)
    _native.check_history(replay, to_arrow_schema(wanted.schema).empty_table().rename_columns(known))
    release = names["release"]
    grouped = wanted.groupBy(wanted.columns[known.index(release)])
    return grouped.applyInArrow(_grouped(settings, release, known), from_arrow_schema(_output()))


def _refuse_other_frames(df: Any, function: str) -> None:
    """Refuses what is no Spark DataFrame, classic or of Spark Connect."""
    kinds = type(df).__mro__
    if not any(kind.__name__ == "DataFrame" and kind.__module__.startswith("pyspark.sql.") for kind in kinds):
        expected = f"a Spark DataFrame; canary_judge.{function} takes other frames, and spark.createDataFrame makes one of Spark"
        got = f"a {type(df).__module__.partition('.')[0]} {type(df).__name__}"
        raise InvalidData([Problem("df", expected, got)])


def _numbered(df: DataFrame, columns: list[str]) -> DataFrame:
    """Renames ``columns`` of ``df`` to numbers, since Spark reads a dot in a name as a field of a struct."""
    from pyspark.sql.functions import col

    quoted = ["`" + column.replace("`", "``") + "`" for column in columns]
    return df.select(*[col(column).alias(f"c{index}") for index, column in enumerate(quoted)])


def _grouped(settings: str, release: str, columns: list[str]) -> Callable[[pyarrow.Table], pyarrow.Table]:
    def judge_group(table: pyarrow.Table) -> pyarrow.Table:
        from canary_judge.spark import _judge_release

        return _judge_release(settings, release, table.rename_columns(columns))

    return judge_group


_CALIBRATED = pyarrow.schema([
    ("metric", pyarrow.string()), ("minutes", pyarrow.float64()), ("change", pyarrow.float64()),
    ("lower", pyarrow.float64()), ("upper", pyarrow.float64()), ("error", pyarrow.string()),
])  # fmt: skip


def calibrate(
    df: DataFrame,
    config: Config,
    *,
    by: str = "service",
    instance: str = "instance",
    minutes: Iterable[float] = (10.0, 20.0, 30.0, 60.0),
    change: float = 0.2,
    power: float = 0.8,
    pairs: int = 200,
    seed: int = 1,
    judge: str | None = None,
    thresholds: Thresholds | None = None,
) -> DataFrame:
    """Measures what a config can detect, for each group of ``df`` separately, as :func:`canary_judge.calibrate` does.

    Args:
        df: healthy history with the columns ``by``, ``instance`` and ``timestamp``, and one column per metric or the columns
            ``metric`` and ``value``.
        by: the column of the groups, such as a service; each is calibrated separately. A worker holds one group at a time.
        instance: the column that distinguishes instances.

    Other arguments are those of :func:`canary_judge.calibrate`.

    Returns:
        For each group, metric and window the smallest detected shift (a share of the metric's mean size) with its
        interval. A group that cannot be calibrated has one row, with ``error``.

    Raises:
        InvalidConfig, UnsupportedExpression, InvalidOption: as for :func:`canary_judge.calibrate`, before Spark starts.
        InvalidData: a column is missing.
    """
    from pyspark.sql.pandas.types import from_arrow_schema

    _refuse_other_frames(df, "calibrate")
    for column in (by, instance):
        if column not in df.columns:
            expected = f"a column {column!r}; if it has another name, say by=... or instance=..."
            raise InvalidData([Problem("df", expected, f"the columns {', '.join(df.columns)}")])
    text = config_text(config)
    judging(text, judge, thresholds).without_expressions()
    asked = _calibrating.asked(minutes, change, power, pairs, seed, 1)
    _native.check_options(asked)
    options = {**asked, "judge": judge, "thresholds": thresholds}
    output = pyarrow.schema([(by, pyarrow.string()), *[(field.name, field.type) for field in _CALIBRATED]])

    def calibrate_group(table: pyarrow.Table) -> pyarrow.Table:
        from canary_judge.spark import _calibrate_group

        return _calibrate_group(text, by, instance, options, table.rename_columns(columns))

    columns = list(df.columns)
    wanted = _numbered(df, columns)
    return wanted.groupBy(wanted.columns[columns.index(by)]).applyInArrow(calibrate_group, from_arrow_schema(output))


def _calibrate_group(
    config: str, by: str, instance: str, options: dict[str, Any], table: pyarrow.Table
) -> pyarrow.Table:
    import pyarrow.compute

    group = table.column(by)[0].as_py()
    instances = table.column(instance)
    parts = {}
    nameless = instances.null_count
    # In order of name: the shuffle may bring rows in any order, and figures depend on the order of instances.
    for name in sorted(str(name) for name in instances.unique().to_pylist() if name is not None):
        same = pyarrow.compute.call_function("equal", [instances.cast(pyarrow.string()), pyarrow.scalar(name)])
        own = table.filter(same)
        parts[name] = own.drop_columns([by, instance])
    try:
        if nameless:
            raise InvalidData([Problem(instance, "the name of an instance in each row", f"null in {nameless} of {table.num_rows} rows")])
        found = _calibrating.calibrate(config, parts, progress=False, **options)
        cells = found.to_frame("pyarrow")
        rows = cells.append_column("error", pyarrow.nulls(cells.num_rows, pyarrow.string()))
    except CanaryJudgeError as error:
        nothing = [pyarrow.nulls(1, field.type) for field in _CALIBRATED][:-1]
        rows = pyarrow.table([*nothing, pyarrow.array([str(error)])], schema=_CALIBRATED)
    named = pyarrow.array([None if group is None else str(group)] * rows.num_rows, pyarrow.string())
    return rows.add_column(0, by, named)
