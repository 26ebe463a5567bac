"""Spark gives the rows of the command, however its rows are partitioned."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
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
def spark(tmp_path_factory):
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
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
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


def test_spark_connect_gives_the_same_rows(history, tmp_path):
    """A client without a JVM of its own, as of Databricks. One process cannot hold both kinds of sessions."""
    folder, expected = history
    program = textwrap.dedent(f"""
        import sys
        sys.path.insert(0, {os.path.dirname(__file__)!r})
        import canary_judge.spark, pyarrow.parquet
        from conftest import history_config
        from pyspark.sql import SparkSession
        spark = SparkSession.builder.remote("local[2]").config("spark.sql.session.timeZone", "UTC").getOrCreate()
        df = spark.read.parquet({str(folder / "parts")!r})
        assert type(df).__module__.startswith("pyspark.sql.connect"), type(df)
        judged = canary_judge.spark.retro(df, history_config(), **{OPTIONS!r})
        pyarrow.parquet.write_table(judged.toArrow(), {str(tmp_path / "rows.parquet")!r})
        spark.stop()
    """)
    # With SPARK_TESTING the server takes any free port.
    environment = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_TESTING": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert without_places(bits(pyarrow.parquet.read_table(tmp_path / "rows.parquet"))) == expected


def test_a_frame_of_spark_is_told_where_to_go(spark):
    df = spark.createDataFrame([("release-1", 1.0)], "release string, value double")
    with pytest.raises(canary_judge.InvalidData, match=r"got a Spark DataFrame") as refused:
        canary_judge.retro(history_config(), df, interval="1m")
    assert "canary_judge.spark judges histories of Spark" in str(refused.value)


def test_skewed_partitions_and_a_table_of_a_catalog(spark, history):
    """A table that is partitioned by time, so that a release is in several partitions; most rows are in one of them."""
    from pyspark.sql.functions import expr

    folder, expected = history
    spark.conf.set("spark.sql.shuffle.partitions", 4)
    df = spark.read.parquet(str(folder / "history.parquet")).repartitionByRange(3, "release")
    late = df.withColumn("late", expr("minute(timestamp) > 10"))
    late.write.partitionBy("late").mode("overwrite").saveAsTable("history")
    assert rows(canary_judge.spark.retro(spark.table("history"), history_config(), **OPTIONS)) == expected


def test_nothing_runs_before_its_rows_are_asked_for_and_none_come_to_the_driver(spark, history, tmp_path):
    folder, expected = history
    context = spark.sparkContext
    df = spark.read.parquet(str(folder / "history.parquet"))
    context.setJobGroup("retro", "what canary_judge starts by itself")
    judged = canary_judge.spark.retro(df, history_config(), **OPTIONS)
    assert len(context.statusTracker().getJobIdsForGroup("retro")) == 0
    judged.write.parquet(str(tmp_path / "rows"))
    assert len(context.statusTracker().getJobIdsForGroup("retro")) > 0, "jobs are seen"
    context.setLocalProperty("spark.jobGroup.id", None)
    assert rows(spark.read.parquet(str(tmp_path / "rows"))) == expected


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


#: Columns of Spark's types that cannot hold what they should.
BAD_COLUMNS = {
    "value": ["true", "cast(value as decimal(10,2))", "array(value)", "struct(value)", "map('p50', value)", "binary(metric)",
              "timestamp", "date(timestamp)", "timestamp - timestamp"],
    "timestamp": ["true", "cast(value as decimal(10,2))", "array(timestamp)", "struct(timestamp)", "binary(metric)",
                  "date(timestamp)", "timestamp - timestamp"],
    "release": ["value", "array(release)", "struct(release)", "binary(release)"],
    "role": ["value", "array(role)", "struct(role)", "timestamp"],
    "metric": ["value", "array(metric)", "struct(metric)", "timestamp"],
}  # fmt: skip


@pytest.mark.parametrize("column", BAD_COLUMNS)
def test_columns_of_a_wrong_type_are_refused_before_spark_starts(spark, column):
    from pyspark.sql.functions import expr

    df = spark.createDataFrame(history_table(2))
    for expression in BAD_COLUMNS[column]:
        with pytest.raises(canary_judge.InvalidData) as raised:
            canary_judge.spark.retro(df.withColumn(column, expr(expression)), history_config())
        assert f'history["{column}"]' in str(raised.value), (expression, str(raised.value))
        assert "cast" in str(raised.value) or "RFC 3339" in str(raised.value), (expression, str(raised.value))


def test_bad_input_is_refused_before_spark_starts(spark):
    df = spark.createDataFrame(history_table(2))
    with pytest.raises(canary_judge.InvalidData, match='columns={"release": ...}'):
        canary_judge.spark.retro(df.drop("release"), history_config())
    with pytest.raises(canary_judge.InvalidOption, match="interval"):
        canary_judge.spark.retro(df, history_config(), interval="soon")
    with pytest.raises(canary_judge.InvalidConfig):
        canary_judge.spark.retro(df, {"metrics": 5})
    with pytest.raises(canary_judge.InvalidData, match="by=..."):
        canary_judge.spark.calibrate(df, history_config())
    for other in (history_table(2).to_pandas(), history_table(2)):
        with pytest.raises(canary_judge.InvalidData, match="df: expected a Spark DataFrame; canary_judge.retro takes other frames"):
            canary_judge.spark.retro(other, history_config())
    for option, value in [("power", 7), ("pairs", 1), ("change", "20%"), ("seed", -1), ("minutes", "30"), ("minutes", 30), ("minutes", [0])]:
        with pytest.raises(canary_judge.InvalidOption, match=f"{option}: expected"):
            canary_judge.spark.calibrate(df, history_config(), by="release", instance="role", **{option: value})
    config = history_config()
    config["metrics"][0]["analysisConfigurations"]["retro"] = {"expression": "cpu / rps"}
    with pytest.raises(canary_judge.UnsupportedExpression):
        canary_judge.spark.retro(df, config)
    with pytest.raises(canary_judge.UnsupportedExpression):
        canary_judge.spark.calibrate(df, config, by="release")


def test_cells_that_cannot_be_read_are_rows_and_the_others_are_judged(spark):
    """The rows of `retro` here: nulls, a time twice, a time without a zone, text that is no number, an empty frame."""
    from pyspark.sql.functions import expr, lit

    table = history_table(4)
    df = spark.createDataFrame(table)
    expected = without_places(bits(canary_judge.retro(history_config(), table, progress=False, **OPTIONS)))

    def judged(frame):
        return rows(canary_judge.spark.retro(frame, history_config(), **OPTIONS))

    assert judged(df.withColumn("timestamp", expr("to_timestamp_ntz(timestamp)"))) == expected, "UTC"
    assert judged(df.withColumn("timestamp", expr("unix_millis(timestamp)"))) == expected
    assert judged(df.withColumn("value", expr("cast(value as string)"))) == expected
    assert judged(df.limit(0)) == []
    broken = {
        "nothing": expr("if(release = 'release-00001', null, timestamp)"),
        "role": expr("if(release = 'release-00001', 'old', role)"),
        "value": expr("if(release = 'release-00001', 'fast', cast(value as string))"),
    }
    for column, cells in (("timestamp", broken["nothing"]), ("role", broken["role"]), ("value", broken["value"])):
        found = judged(df.withColumn(column, cells))
        assert [row["release"] for row in found if row["error"]] == ["release-00001"], column
        assert [row for row in found if not row["error"]] == [row for row in expected if row["release"] != "release-00001"]
    gaps = table.set_column(5, "value", pyarrow.array([None if row % 7 == 0 else one for row, one in enumerate(table.column("value").to_pylist())], pyarrow.float64()))
    with_gaps = without_places(bits(canary_judge.retro(history_config(), gaps, progress=False, **OPTIONS)))
    assert with_gaps != expected
    assert judged(spark.createDataFrame(gaps)) == with_gaps
    twice = df.union(df.where("release = 'release-00000'").limit(1).withColumn("value", lit(99.0)))
    here = without_places(bits(canary_judge.retro(history_config(), twice.toArrow(), progress=False, **OPTIONS)))
    assert judged(twice) == here


def test_other_names_of_columns(spark):
    table = history_table(30)
    expected = bits(canary_judge.retro(history_config(), table, progress=False, **OPTIONS))
    renamed = spark.createDataFrame(table).withColumnRenamed("release", "build.id")
    judged = canary_judge.spark.retro(renamed, history_config(), columns={"release": "build.id"}, **OPTIONS)
    assert rows(judged) == without_places(expected)
    roles = {"baseline": "stable", "canary": ["new", "newer"]}
    turned = renamed.replace({"baseline": "stable", "canary": "new"}, subset="role")
    judged = canary_judge.spark.retro(turned, history_config(), columns={"release": "build.id"}, roles=roles, **OPTIONS)
    unbroken = {row["release"] for row in expected if not row["error"]}
    assert [row for row in rows(judged) if row["release"] in unbroken] == [row for row in expected if row["release"] in unbroken]


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
    nameless = both.assign(service="a", instance=both["instance"].where(both["instance"] != "canary"))
    frame = spark.createDataFrame(pyarrow.Table.from_pandas(nameless, preserve_index=False))
    (row,) = canary_judge.spark.calibrate(frame, config, **options).toArrow().to_pylist()
    expected = f"instance: expected the name of an instance in each row, got null in {len(both) // 2} of {len(both)} rows"
    assert row["error"] == expected


def test_a_worker_holds_one_release_at_a_time(spark):
    """A worker that judges 3 MB a release has its peak at any of them where it had it at the first few."""
    points, releases = 48_000, 60

    def measured(table):
        from canary_judge.spark import _judge_release

        judged = _judge_release(settings, "release", table)
        memory = dict(line.split(":") for line in open("/proc/self/status"))
        # Without the pages of files, which are the kernel's to keep or drop.
        peak = int(memory["VmHWM"].split()[0]) - int(memory["RssFile"].split()[0])
        # The next reading is of what came after this.
        with open("/proc/self/clear_refs", "w") as peaks:
            peaks.write("5")
        return pyarrow.table({"rows": [judged.num_rows], "bytes": [table.nbytes], "kilobytes": [peak]})

    settings = json.dumps({"config": json.dumps(history_config(["metric-00"]))})
    spark.conf.set("spark.sql.shuffle.partitions", 1)
    df = spark.range(releases * points).selectExpr(
        f"concat('release-', lpad(id div {points}, 5, '0')) as release",
        f"timestamp_millis(1767225600000 + (id % {points}) div 2 * 60000) as timestamp",
        "'metric-00' as metric",
        "if(id % 2 = 0, 'baseline', 'canary') as role",
        "rand(7) as value",
    )
    found = df.groupBy("release").applyInArrow(measured, "rows long, bytes long, kilobytes long").toArrow()
    assert found.column("rows").to_pylist() == [1] * releases, "each was judged"
    whole = sum(found.column("bytes").to_pylist()) // 1024
    # Without the first: it has the peak of what this process did before.
    peaks = found.column("kilobytes").to_pylist()[1:]
    few, all_of_them = max(peaks[:5]), max(peaks)
    print(f"{whole // 1024} MiB of rows; peak of a Python worker {few // 1024} MiB at first, {all_of_them // 1024} MiB")
    assert whole > 120 * 1024
    assert all_of_them - few < whole / 4
