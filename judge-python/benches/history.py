"""Times of `retro` in Python and on Spark beside the command and an empty function.

Makes releases of 20 metrics with 60 points a side as Parquet, then runs each way three times, in turn, each in its own
process, and prints all times and the ratio of the fastest. The `judge` of $JUDGE (build it with --release) is a whole process, from its start to its rows in
a Parquet file. So are `polars` and `arrow`, which read the file and call `canary_judge.retro`; `polars call` and `arrow call` are the
call alone, over the frame in memory. Spark local[2] with `canary_judge.spark.retro`, and with a function that returns one empty
row a release, are timed without the start of Spark, and the peak of a Python worker is printed. It reports; nothing depends on its
numbers.

    python benches/history.py [releases] [ways, as command,polars,arrow]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

METRICS, POINTS, ROUNDS = 20, 60, 3
CONFIG = {
    "judge": {"name": "NetflixACAJudge-v1.0"},
    "metrics": [{"name": f"metric-{index:02}", "groups": ["All"]} for index in range(METRICS)],
    "classifier": {"groupWeights": {"All": 100}},
}


def make(path: Path, releases: int) -> None:
    import numpy
    import pyarrow
    import pyarrow.parquet

    random = numpy.random.default_rng(7)
    rows = 2 * METRICS * POINTS
    metric = numpy.tile(numpy.repeat(numpy.arange(METRICS), POINTS), 2).astype("int32")
    role = numpy.repeat(numpy.arange(2), rows // 2).astype("int32")
    metrics = [one["name"] for one in CONFIG["metrics"]]
    writer = None
    for first in range(0, releases, 500):
        count = min(500, releases - first)
        names = [f"release-{number:05}" for number in range(first, first + count)]
        starts = 1_767_225_600_000 + 3_600_000 * numpy.arange(first, first + count)
        minutes = numpy.tile(numpy.arange(POINTS) * 60_000, 2 * METRICS)
        times = (starts[:, None] + minutes[None, :]).ravel()
        columns = {
            "release": pyarrow.DictionaryArray.from_arrays(numpy.repeat(numpy.arange(count), rows).astype("int32"), names),
            "timestamp": pyarrow.array(times, pyarrow.timestamp("ms", tz="UTC")),
            "metric": pyarrow.DictionaryArray.from_arrays(numpy.tile(metric, count), metrics),
            "role": pyarrow.DictionaryArray.from_arrays(numpy.tile(role, count), ["baseline", "canary"]),
            "value": random.gamma(9.0, 1.0, rows * count),
        }
        table = pyarrow.table(columns)
        table = table.cast(pyarrow.schema([(n, pyarrow.string() if n in ("release", "metric", "role") else table.schema.field(n).type) for n in columns]))
        writer = writer or pyarrow.parquet.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    writer.close()


def spark_session():
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    for key, value in {
        "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.memory": "4g",
        "spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "8",
    }.items():  # fmt: skip
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


def frame(way: str, history: Path, out: Path) -> float:
    """From the file to the rows in a file, as the command does it; gives the seconds of the call alone."""
    import canary_judge

    if way == "polars":
        import polars

        rows = polars.read_parquet(history)
    else:
        import pyarrow.parquet

        rows = pyarrow.parquet.read_table(history)
    begun = time.perf_counter()
    judged = canary_judge.retro(CONFIG, rows, progress=False)
    seconds = time.perf_counter() - begun
    if way == "polars":
        judged.write_parquet(out, compression="zstd")
    else:
        pyarrow.parquet.write_table(judged, out, compression="zstd")
    return seconds


def status(process: str) -> dict[str, str]:
    """What the kernel says of a process; nothing if it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        return dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    except OSError:
        return {}


def processor_seconds(process: str) -> float:
    """What a process has had of the processors; nothing if it has ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0.0


class Family:
    """This process and those below it: what they had of the processors, and the peak of each Python worker."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.peaks: dict[str, int] = {}

    def look(self) -> None:
        found = {process: status(process) for process in os.listdir("/proc") if process.isdigit()}
        own, grown = {str(os.getpid())}, True
        while grown:
            below = {process for process, state in found.items() if state.get("PPid") in own}
            grown = not below <= own
            own |= below
        # Python itself starts Java; what Java starts is the daemon of the workers, and they.
        python = {process for process in own if found.get(process, {}).get("Name", "").startswith("python")}
        for process in own:
            self.seconds[process] = max(processor_seconds(process), self.seconds.get(process, 0.0))
            peak = found.get(process, {}).get("VmHWM")
            if process in python and found[process].get("PPid") in python and peak:
                self.peaks[process] = max(int(peak.split()[0]), self.peaks.get(process, 0))

    def watch(self, ended: threading.Event) -> None:
        while not ended.wait(0.1):
            self.look()


def on_spark(way: str, history: Path, out: Path) -> float:
    """Seconds from the file to the rows in a file, without the start of Python and of Spark."""
    import canary_judge.spark
    import pyarrow

    spark = spark_session()
    df = spark.read.parquet(str(history))
    spark.range(10).groupBy("id").applyInArrow(lambda table: table, "id long").count()
    family, ended = Family(), threading.Event()
    family.look()
    before = sum(family.seconds.values())
    watch = threading.Thread(target=family.watch, args=(ended,))
    watch.start()
    begun = time.perf_counter()
    if way == "spark":
        judged = canary_judge.spark.retro(df, CONFIG)
    else:
        def empty(table):
            return pyarrow.table({"release": pyarrow.array([None], pyarrow.string())})

        judged = df.groupBy("release").applyInArrow(empty, "release string")
    judged.write.mode("overwrite").parquet(str(out))
    seconds = time.perf_counter() - begun
    ended.set()
    watch.join()
    family.look()
    used = sum(family.seconds.values()) - before
    peak = max(family.peaks.values(), default=0) // 1024
    spark.stop()
    print(f"{seconds:.1f} s, {used:.1f} s of the processors, peak of a Python worker {peak} MiB")
    return seconds


def timed(way: str, folder: Path) -> dict[str, float]:
    """Seconds of one way in a process of its own, and of the call alone."""
    history, out = folder / "history.parquet", folder / f"{way}.parquet"
    if way == "command":
        command = [os.environ["JUDGE"], "retro", "-c", str(folder / "config.json"), "--history", str(history), "-o", str(out)]
    else:
        command = [sys.executable, __file__, "--one", way, str(history), str(out)]
    begun = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - begun
    if way == "command":
        return {way: seconds}
    *told, last = done.stdout.splitlines()
    inner = float(last)
    for line in told:
        print(f"{way}: {line}", flush=True)
    return {way: inner} if way in ("spark", "empty") else {way: seconds, f"{way} call": inner}


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        way, history, out = sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
        if way in ("spark", "empty"):
            print(on_spark(way, history, out))
        else:
            print(frame(way, history, out))
        return
    releases = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "config.json").write_text(json.dumps(CONFIG))
        make(folder / "history.parquet", releases)
        ways = ["polars", "arrow", "empty", "spark"]
        if "JUDGE" in os.environ:
            ways.insert(0, "command")
        if len(sys.argv) > 2:
            ways = sys.argv[2].split(",")
        times: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for way in ways:
                for what, seconds in timed(way, folder).items():
                    times.setdefault(what, []).append(seconds)
        best = {way: min(found) for way, found in times.items()}
        print(f"{releases} releases, {releases * 2 * METRICS * POINTS} rows, {ROUNDS} times in turn, ratio of the fastest")
        for way, seconds in best.items():
            peer = "empty" if way in ("spark", "empty") else "command"
            beside = f"   {seconds / best[peer]:.2f} of {peer}" if peer in best else ""
            print(f"{way:11} {', '.join(f'{one:.2f}' for one in times[way])} s{beside}")


if __name__ == "__main__":
    main()
