"""Helpers of several tests: fixtures of the repository, the command, histories made from a seed."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from pathlib import Path

import numpy
import pyarrow
import pyarrow.parquet
import pytest

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
JUDGE = os.environ.get("JUDGE", str(ROOT / "target" / "debug" / "judge"))


def command(*arguments: str, stdin: str | None = None, codes: tuple[int, ...] = (0,)) -> str:
    """Runs the `judge` command and returns its output."""
    done = subprocess.run([JUDGE, *arguments], input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode in codes, done.stderr
    return done.stdout


def allocated() -> int:
    """Bytes in memory without the pages of files, which are the kernel's to keep or drop."""
    with open("/proc/self/status") as status:
        return 1024 * int(next(line for line in status if line.startswith("RssAnon")).split()[1])


def golden_requests() -> list[dict]:
    """The 600 requests with Kayenta's recorded results."""
    lines = gzip.decompress((FIXTURES / "golden/kayenta/judge.ndjson.gz").read_bytes()).decode().splitlines()
    requests = []
    for line in lines:
        document = json.loads(line)
        wanted = ("canaryConfig", "scoreThresholds", "metricSetPairList")
        requests.append({key: document[key] for key in wanted})
    return requests


METRICS = [f"metric-{number:02}" for number in range(5)]


def history_config(metrics: list[str] = METRICS, judge: str = "NetflixACAJudge-v1.0") -> dict:
    weights = {"A": 60, "B": 40}
    return {
        "name": "history",
        "judge": {"name": judge},
        "metrics": [
            {"name": name, "groups": ["A" if index % 2 else "B"],
             "analysisConfigurations": {"canary": {"direction": "increase"}}}
            for index, name in enumerate(metrics)
        ],
        "classifier": {"groupWeights": weights, "scoreThresholds": {"pass": 95, "marginal": 75}},
    }  # fmt: skip


def history_table(releases: int, metrics: list[str] = METRICS, points: int = 12, seed: int = 1) -> pyarrow.Table:
    """A long history in which some releases are slower, some have gaps, some have instances, and some are broken."""
    random = numpy.random.default_rng(seed)
    rows: dict[str, list] = {"release": [], "timestamp": [], "metric": [], "role": [], "instance": [], "value": []}
    for number in range(releases):
        start = 1_767_225_600_000 + number * 3_600_000
        roles = ["baseline"] if number % 97 == 13 else ["baseline", "canary"]
        # A few releases have far more rows than the others.
        length = points * 20 if number % 211 == 5 else points
        for role in roles:
            instances = ["c", "a", "b"] if number % 5 == 2 else [""]
            for instance in instances:
                for metric in metrics:
                    shift = 1.5 if role == "canary" and number % 3 == 0 else 1.0
                    values = random.gamma(9.0, 1.0, length) * shift
                    for point, value in enumerate(values):
                        if random.random() < 0.03:
                            continue
                        rows["release"].append(f"release-{number:05}")
                        rows["timestamp"].append(start + point * 60_000)
                        rows["metric"].append(metric)
                        rows["role"].append("stable" if number % 389 == 7 else role)
                        rows["instance"].append(instance)
                        rows["value"].append(float(value))
    table = pyarrow.table(rows)
    times = table.column("timestamp").cast(pyarrow.timestamp("ms", tz="UTC"))
    return table.set_column(1, "timestamp", times)


def wide_table(table: pyarrow.Table) -> pyarrow.Table:
    """The same history with one row for each time and a column for each metric; missing points are null."""
    keys = ["release", "timestamp", "role", "instance"]
    # Only a release with invalid roles has two points at one time.
    frame = table.to_pandas().drop_duplicates([*keys, "metric"]).pivot(index=keys, columns="metric", values="value")
    wide = pyarrow.Table.from_pandas(frame.reset_index(), preserve_index=False).replace_schema_metadata(None)
    return wide.append_column("note", pyarrow.array(["of no metric"] * wide.num_rows))


def retro_by_command(folder: Path, config: dict, table: pyarrow.Table, *windows: str) -> pyarrow.Table:
    """The rows of `judge retro` over a history, which stays in the folder."""
    (folder / "config.json").write_text(json.dumps(config))
    pyarrow.parquet.write_table(table, folder / "history.parquet")
    command(
        "retro", "-c", str(folder / "config.json"), "--history", str(folder / "history.parquet"), *windows,
        "-o", str(folder / "out.parquet"), codes=(0, 2),
    )  # fmt: skip
    return pyarrow.parquet.read_table(folder / "out.parquet")


def bits(table: pyarrow.Table) -> list[dict]:
    """Sorts rows, whose numbers are then compared to the bit."""
    rows = table.to_pylist()
    for row in rows:
        for name, cell in row.items():
            if isinstance(cell, float):
                row[name] = cell.hex()
            elif hasattr(cell, "timestamp"):
                row[name] = round(cell.timestamp() * 1000)
    return sorted(rows, key=lambda row: (row["release"], row["interval"] or 0, row["metric"] or ""))


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The recorded canaries."""
    return FIXTURES / "recorded"
