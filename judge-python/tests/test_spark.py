"""Spark gives the rows of the command, however its rows are partitioned."""

from __future__ import annotations

import json
import os
import resource
import signal
from pathlib import Path

import canary_judge
import canary_judge.spark
import pyarrow
import pyarrow.parquet
import pytest
from conftest import bits, golden_requests, history_config, history_table, retro_by_command, wide_table
from test_same_doubles import judged_by_command, without_places

pyspark = pytest.importorskip("pyspark")
OPTIONS = {"interval": "6m", "warm_up": "1m"}
# The same for the command.
WINDOWS = ["--interval", "6m", "--warm-up", "1m"]


@pytest.fixture(scope="module")
def spark():
    from pyspark.sql import SparkSession

    session = (
        # Local masters try a task again only with a second number.
        SparkSession.builder.master("local[2,4]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.python.worker.reuse", "true")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


def rows(frame) -> list[dict]:
    return without_places(bits(frame.toArrow()))


@pytest.fixture(scope="module")
def history(tmp_path_factory) -> tuple[Path, list[dict]]:
    """2,000 releases over many files, each release split over several, and the rows of `judge retro`."""
    folder = tmp_path_factory.mktemp("history")
    table = history_table(2000)
    (folder / "parts").mkdir()
    for part in range(5):
        rows_of_part = pyarrow.array(range(part, table.num_rows, 5))
        pyarrow.parquet.write_table(table.take(rows_of_part), folder / "parts" / f"{part}.parquet", row_group_size=10_000)
    return folder, without_places(bits(retro_by_command(folder, history_config(), table, *WINDOWS)))


@pytest.mark.parametrize("partitions", [1, 7, 200])
def test_the_rows_of_the_command_whatever_the_partitions(spark, history, partitions):
    folder, expected = history
    spark.conf.set("spark.sql.shuffle.partitions", partitions)
    df = spark.read.parquet(str(folder / "parts"))
    assert rows(canary_judge.spark.retro(df, history_config(), **OPTIONS)) == expected


def test_skewed_partitions_and_a_view_of_a_catalog(spark, history):
    folder, expected = history
    spark.conf.set("spark.sql.shuffle.partitions", 4)
    df = spark.read.parquet(str(folder / "history.parquet")).repartitionByRange(3, "release")
    df.createOrReplaceTempView("history")
    assert rows(canary_judge.spark.retro(spark.table("history"), history_config(), **OPTIONS)) == expected


class KillOnce:
    """A function for each group that kills its own process the first time, in the middle of the work."""

    def __init__(self, marker: str, name: str) -> None:
        self.marker, self.name = marker, name

    def __call__(self, release: str) -> None:
        if release == self.name and not os.path.exists(self.marker):
            Path(self.marker).touch()
            os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_killed_in_the_middle_changes_nothing(spark, history, tmp_path, monkeypatch):
    folder, expected = history
    spark.conf.set("spark.sql.shuffle.partitions", 7)
    kill = KillOnce(str(tmp_path / "killed"), "release-01000")
    grouped = canary_judge.spark._grouped

    def dying(settings: str, release: str, columns: list[str]):
        judge = grouped(settings, release, columns)
        place = columns.index(release)

        def judge_group(table):
            kill(table.column(place)[0].as_py())
            return judge(table)

        return judge_group

    import conftest
    import test_same_doubles
    from pyspark import cloudpickle as spark_cloudpickle

    for module in (__import__(__name__), conftest, test_same_doubles):
        spark_cloudpickle.register_pickle_by_value(module)
    monkeypatch.setattr(canary_judge.spark, "_grouped", dying)
    judged = canary_judge.spark.retro(spark.read.parquet(str(folder / "parts")), history_config(), **OPTIONS)
    assert rows(judged) == expected
    assert (tmp_path / "killed").exists(), "the process was killed"


@pytest.mark.parametrize("judge", [None, "EvidenceJudge-v1"])
def test_golden_requests_by_one_function_on_spark(spark, judge):
    """All 600 requests judged in Python workers, as the command judges them here."""
    requests = golden_requests()
    frame = pyarrow.table({"number": list(range(600)), "request": [json.dumps(request) for request in requests]})

    def judge_all(tables):
        import canary_judge as package
        import pyarrow as arrow

        for table in tables:
            judged = package.batch(table.column("request").to_pylist(), judge=judge, threads=1, progress=False)
            refused = [isinstance(one, package.CanaryJudgeError) for one in judged]
            results = ["refused" if bad else json.dumps(one.to_kayenta()) for bad, one in zip(refused, judged)]
            yield arrow.record_batch([table.column("number"), arrow.array(results)], names=["number", "result"])

    df = spark.createDataFrame(frame).repartition(7)
    results = df.mapInArrow(judge_all, "number long, result string").toArrow().sort_by("number")
    arguments = ["--judge", judge] if judge else []
    expected = judged_by_command(requests, *arguments)
    assert sum("error" not in one for one in expected) >= (200 if judge else 600)
    for result, one in zip(results.column("result").to_pylist(), expected, strict=True):
        assert result == "refused" if "error" in one else json.loads(result) == one


@pytest.mark.parametrize("layout", ["long", "wide"])
def test_the_evidence_judge_gives_the_rows_of_the_command(spark, tmp_path, layout):
    """Of the judge that has more numerics: long and wide, over partitions that split releases."""
    table = history_table(210)
    config = history_config(judge="EvidenceJudge-v1")
    if layout == "wide":
        table = wide_table(table).drop_columns("note")
    expected = without_places(bits(retro_by_command(tmp_path, config, table, *WINDOWS)))
    assert any(row["error"] for row in expected) and not all(row["error"] for row in expected)
    spark.conf.set("spark.sql.shuffle.partitions", 5)
    df = spark.createDataFrame(table).repartition(11)
    assert rows(canary_judge.spark.retro(df, config, **OPTIONS)) == expected


def test_a_wide_frame_of_many_metrics(spark, tmp_path):
    """A column for each of 120 metrics, more than the config has, and one with a dot in its name."""
    metrics = [*[f"metric-{number:03}" for number in range(119)], "latency.p95"]
    wide = wide_table(history_table(40, metrics, points=9))
    config = history_config(metrics[10:])
    expected = without_places(bits(retro_by_command(tmp_path, config, wide, *WINDOWS)))
    assert {row["metric"] for row in expected} - {None} == set(metrics[10:])
    df = spark.read.parquet(str(tmp_path / "history.parquet")).repartition(3)
    assert rows(canary_judge.spark.retro(df, config, **OPTIONS)) == expected


def test_a_broken_release_is_a_row(spark):
    table = history_table(20)
    table = table.set_column(0, "release", pyarrow.array([None if name == "release-00003" else name for name in table.column("release").to_pylist()]))
    judged = canary_judge.spark.retro(spark.createDataFrame(table), history_config(), **OPTIONS).toArrow().to_pylist()
    errors = [row for row in judged if row["error"]]
    assert {row["release"] for row in errors} == {None, "release-00007", "release-00013"}
    assert any("the name of a release" in row["error"] for row in errors)


def test_bad_columns_are_refused_before_spark_starts(spark):
    df = spark.createDataFrame(history_table(2))
    with pytest.raises(canary_judge.InvalidData, match='columns={"release": ...}'):
        canary_judge.spark.retro(df.drop("release"), history_config())
    with pytest.raises(canary_judge.InvalidData, match="cast the column to float64.*Decimal"):
        canary_judge.spark.retro(df.withColumn("value", df.value.cast("decimal(10,2)")), history_config())
    with pytest.raises(canary_judge.InvalidOption, match="interval"):
        canary_judge.spark.retro(df, history_config(), interval="soon")
    with pytest.raises(canary_judge.InvalidConfig):
        canary_judge.spark.retro(df, {"metrics": 5})
    with pytest.raises(canary_judge.InvalidData, match="by=..."):
        canary_judge.spark.calibrate(df, history_config())


def test_other_names_of_columns(spark):
    table = history_table(30)
    expected = bits(canary_judge.retro(history_config(), table, progress=False, **OPTIONS))
    renamed = spark.createDataFrame(table).withColumnRenamed("release", "build.id")
    judged = canary_judge.spark.retro(renamed, history_config(), columns={"release": "build.id"}, **OPTIONS)
    assert rows(judged) == without_places(expected)


def test_calibration_by_service(spark, recorded):
    import pandas

    config = recorded / "canary-config.json"
    instances = {role: pandas.read_csv(recorded / f"steady/{role}.csv") for role in ("baseline", "canary")}
    both = pandas.concat([frame.assign(instance=name) for name, frame in instances.items()])
    df = pandas.concat([both.assign(service="a"), both.assign(service="b"), both.head(3).assign(service="c")])
    options = {"minutes": [1, 2], "pairs": 20}
    found = canary_judge.spark.calibrate(spark.createDataFrame(pyarrow.Table.from_pandas(df, preserve_index=False)), config, **options).toArrow()
    alone = canary_judge.calibrate(config, instances, progress=False, **options).to_frame("pyarrow").to_pylist()
    for service in ("a", "b"):
        own = [row for row in found.to_pylist() if row["service"] == service]
        assert [{key: row[key] for key in alone[0]} for row in own] == alone
    assert [bool(row["error"]) for row in found.to_pylist() if row["service"] == "c"] == [True]


def test_a_worker_holds_one_release_at_a_time(spark):
    """Memory of the worker that judged 100 times as many rows is no more than 1.5 times as much."""
    def peak(releases: int) -> int:
        df = spark.createDataFrame(history_table(releases, points=60)).coalesce(1)
        spark.conf.set("spark.sql.shuffle.partitions", 1)

        def measured(table):
            from canary_judge.spark import _judge_release

            judged = _judge_release(settings, "release", table)
            kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            return pyarrow.table({"rows": [judged.num_rows], "kilobytes": [kilobytes]})

        settings = json.dumps({"config": json.dumps(history_config())})
        found = df.groupBy("release").applyInArrow(measured, "rows long, kilobytes long").toArrow()
        assert found.num_rows == releases
        return max(found.column("kilobytes").to_pylist())

    few, many = peak(10), peak(1000)
    print(f"peak of a Python worker: {few // 1024} MiB for 10 releases, {many // 1024} MiB for 1,000")
    assert many < 1.5 * few
