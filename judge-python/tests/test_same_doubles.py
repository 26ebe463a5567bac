"""Python gives the doubles of the command and of the library, to the bit."""

from __future__ import annotations

import json
import random

import canary_judge
import numpy
import pandas
import polars
import pyarrow
import pyarrow.compute
import pytest
from conftest import bits, command, golden_requests, history_config, history_table, retro_by_command, wide_table


def sides(request: dict) -> tuple[dict, dict]:
    """The series of a request by metric, as arrays."""
    def array(values: list) -> numpy.ndarray:
        return numpy.array([float(value) for value in values], dtype="float64")

    pairs = request["metricSetPairList"]
    return tuple({pair["name"]: array(pair["values"][role]) for pair in pairs} for role in ("control", "experiment"))


def without_times(request: dict) -> dict:
    """The request with one pair for each metric of its config and without times, which arrays do not have."""
    pairs = {pair["name"]: {"name": pair["name"], "values": pair["values"]} for pair in request["metricSetPairList"]}
    named = list(dict.fromkeys(metric["name"] for metric in request["canaryConfig"]["metrics"]))
    return {**request, "metricSetPairList": [pairs[name] for name in named if name in pairs]}


def judged_by_command(requests: list[dict], *arguments: str) -> list[dict]:
    lines = "\n".join(json.dumps(request) for request in requests)
    return [json.loads(line) for line in command("batch", *arguments, stdin=lines, codes=(0, 2)).splitlines()]


def test_600_golden_requests_in_a_batch():
    requests = golden_requests()
    assert len(requests) == 600
    judged = canary_judge.batch(requests, progress=False)
    expected = judged_by_command(requests)
    assert [one.to_kayenta() for one in judged] == expected


def test_more_than_200_requests_of_the_evidence_judge():
    requests = golden_requests()
    judged = canary_judge.batch(requests, judge="EvidenceJudge-v1", progress=False)
    expected = judged_by_command(requests, "--judge", "EvidenceJudge-v1")
    refused = [one for one in expected if "error" in one]
    assert len(expected) - len(refused) >= 200
    for one, other in zip(judged, expected, strict=True):
        if "error" in other:
            assert isinstance(one, canary_judge.InvalidData)
            assert one.problems[0].path == other["error"]["field"]
        else:
            assert one.to_kayenta() == other


@pytest.mark.parametrize("name", ["NetflixACAJudge-v1.0", "EvidenceJudge-v1"])
def test_judge_with_arrays_is_the_request_judged(name):
    requests = [without_times(request) for request in golden_requests()[:200]]
    direct = canary_judge.batch(requests, judge=name, progress=False)
    compared = 0
    for request, expected in zip(requests, direct, strict=True):
        baseline, canary = sides(request)
        thresholds = request["scoreThresholds"]
        try:
            judged = canary_judge.judge(
                request["canaryConfig"], baseline, canary, judge=name, thresholds=thresholds
            )
        except canary_judge.CanaryJudgeError:
            assert isinstance(expected, canary_judge.CanaryJudgeError)
            continue
        if len(request["metricSetPairList"]) == len(request["canaryConfig"]["metrics"]):
            assert judged.to_json() == expected.to_json()
            compared += 1
    assert compared > 50


def test_all_details_of_a_run(recorded):
    for name in ("slower", "failing", "leaky", "same-version", "cold-start"):
        config = recorded / "canary-config.json"
        files = [recorded / name / f"{role}.csv" for role in ("baseline", "canary")]
        printed = command(
            "run", "--config", str(config), "--baseline", str(files[0]), "--canary", str(files[1]),
            "--format", "json", codes=(0, 3, 4),
        )  # fmt: skip
        for read in (pandas.read_csv, polars.read_csv):
            judged = canary_judge.judge(config, *[read(file) for file in files])
            assert judged.to_dict() == json.loads(printed)


def test_history_says_what_is_normal(recorded):
    config = recorded / "canary-config.json"
    others = [recorded / name / "baseline.csv" for name in ("cold-start", "failing", "leaky", "same-version")]
    files = [recorded / "slower" / f"{role}.csv" for role in ("baseline", "canary")]
    printed = command(
        "run", "--config", str(config), "--baseline", str(files[0]), "--canary", str(files[1]), "--judge",
        "EvidenceJudge-v1", "--history", *map(str, others), "--format", "json", codes=(0, 3, 4),
    )  # fmt: skip
    judged = canary_judge.judge(
        config,
        *[pandas.read_csv(file) for file in files],
        judge="EvidenceJudge-v1",
        history=[pandas.read_csv(file) for file in others],
    )
    assert judged.to_dict() == json.loads(printed)


@pytest.mark.parametrize("judge", ["NetflixACAJudge-v1.0", "EvidenceJudge-v1"])
def test_retro_is_the_command_row_by_row(tmp_path, judge):
    releases = 2000 if judge.startswith("Netflix") else 300
    table = history_table(releases)
    config = history_config(judge=judge)
    expected = retro_by_command(tmp_path, config, table, "--interval", "6m", "--warm-up", "1m")
    assert expected.column("release").unique().to_pylist() == table.column("release").unique().to_pylist()
    rows = without_places(bits(expected))
    assert any(row["error"] for row in rows)
    options = {"interval": "6m", "warm_up": "1m", "progress": False}
    judged = canary_judge.retro(config, table, **options)
    assert judged.column("release").to_pylist() == expected.column("release").to_pylist(), "in order"
    assert without_places(bits(judged)) == rows
    frame = polars.from_arrow(table)
    assert without_places(bits(canary_judge.retro(config, frame, **options).to_arrow())) == rows
    chunks = polars.concat([frame[:1000], frame[1000:1001], frame[1001:]], rechunk=False)
    assert chunks.n_chunks() == 3
    assert without_places(bits(canary_judge.retro(config, chunks, **options).to_arrow())) == rows
    shuffled = list(range(table.num_rows))
    random.Random(3).shuffle(shuffled)
    judged = canary_judge.retro(config, table.take(shuffled), **options)
    assert without_places(bits(judged)) == rows


def without_places(rows: list[dict]) -> list[dict]:
    """Errors name rows of files; those of frames have no file, and other rows."""
    for row in rows:
        if row["error"] and "expected a role" in row["error"]:
            row["error"] = "expected a role"
    return rows


@pytest.mark.parametrize("judge", ["NetflixACAJudge-v1.0", "EvidenceJudge-v1"])
def test_wide_frames_are_the_command_row_by_row(tmp_path, judge):
    """A row for each time and a column for each of 120 metrics, more than the config has, with gaps as null and NaN."""
    metrics = [f"metric-{number:03}" for number in range(120)]
    long = history_table(40, metrics, points=9)
    wide = wide_table(long)
    assert wide.num_columns == 125
    config = history_config(metrics[10:], judge)
    rows = without_places(bits(retro_by_command(tmp_path, config, wide, "--interval", "4m")))
    assert len({row["metric"] for row in rows} - {None}) == 110
    assert any(row["error"] for row in rows) and not all(row["error"] for row in rows)
    options = {"interval": "4m", "progress": False}
    with pytest.warns(canary_judge.CanaryJudgeWarning, match="metric-000"):
        judged = canary_judge.retro(config, wide, **options)
    assert without_places(bits(judged)) == rows
    schema = judged.schema
    wide = wide.drop_columns(["note", *metrics[:10]])
    polars_frame = polars.from_arrow(wide)
    assert polars_frame.null_count().sum_horizontal()[0] > 0
    assert without_places(bits(canary_judge.retro(config, polars_frame, **options).to_arrow())) == rows
    pandas_frame = wide.to_pandas()
    judged = canary_judge.retro(config, pandas_frame.sample(frac=1, random_state=3), **options)
    # Its whole numbers are floats beside the row of a release without any.
    judged = pyarrow.Table.from_pandas(judged, schema, preserve_index=False)
    assert without_places(bits(judged)) == rows
    # In the other layout the same history gives the same rows.
    kept = pyarrow.compute.is_in(long.column("metric"), pyarrow.array(metrics[10:]))
    assert without_places(bits(canary_judge.retro(config, long.filter(kept), **options))) == rows


def test_retro_of_recorded_wide_frames(recorded):
    frame = pandas.read_csv(recorded / "history.csv")
    config = recorded / "canary-config.json"
    long = canary_judge.retro(config, frame, interval="40s")
    assert isinstance(long, pandas.DataFrame)
    verdicts = long[long["stops"] == True].groupby("release")["verdict"].first()  # noqa: E712
    assert verdicts.to_dict() == {"failing": "Fail", "slower": "Fail"}
    assert set(canary_judge.retro(config, polars.from_pandas(frame), interval="40s").columns) == set(long.columns)


def test_two_samples_as_the_command_compares_them(tmp_path):
    random_numbers = numpy.random.default_rng(5)
    sides = {"baseline": random_numbers.normal(10, 1, 40), "canary": random_numbers.normal(11, 2, 35)}
    for name, values in sides.items():
        (tmp_path / f"{name}.csv").write_text("value\n" + "\n".join(repr(float(value)) for value in values))
    printed = json.loads(command(
        "test", "--baseline", str(tmp_path / "baseline.csv"), "--canary", str(tmp_path / "canary.csv"), "-f", "json"
    ))
    compared = canary_judge.two_sample(sides["baseline"], polars.Series(sides["canary"]))
    for document in (printed, compared):
        for side in ("baseline", "canary"):
            del document[side]["column"]
    assert compared == printed


def test_calibration_as_the_command_measures_it(recorded):
    files = [recorded / "steady" / f"{role}.csv" for role in ("baseline", "canary")]
    config = recorded / "canary-config.json"
    printed = command(
        "calibrate", "--config", str(config), "--history", *map(str, files), "--minutes", "1,2", "--pairs", "20",
        "-f", "json",
    )  # fmt: skip
    with pytest.warns(canary_judge.CanaryJudgeWarning):
        canary_judge.calibrate(config, [pandas.read_csv(file).assign(other=1) for file in files], minutes=[1], pairs=10)
    found = canary_judge.calibrate(
        config, {file.name: pandas.read_csv(file) for file in files}, minutes=[1, 2], pairs=20, progress=False
    )
    assert without_names(found.to_dict()) == without_names(json.loads(printed))
    assert len(found.to_frame("polars")) == 2 * len(found.metrics)


def without_names(document: dict) -> dict:
    """Recordings are named by files in the command, by keys here."""
    return {key: value for key, value in document.items() if key != "history"}


def test_config_check_as_the_command_says_it(recorded, tmp_path):
    config = json.loads((recorded / "canary-config.json").read_text())
    config["metrics"][0]["analysisConfigurations"]["canary"]["direction"] = "up"
    config["metrics"][1]["groups"] = 5
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    printed = json.loads(command("config", "check", str(path), "-f", "json", codes=(0, 2)))
    problems = canary_judge.check_config(config)
    assert [(one.path, one.got) for one in problems] == [
        (one["path"], one["value"]) for one in printed[0]["problems"]
    ]
    assert canary_judge.check_config(path) == problems


@pytest.mark.parametrize(("flags", "looks"), [(["1/6"], (1, 6)), (["1/6", "--sliding"], (1, 6, "sliding"))])
def test_looks_as_the_command_takes_them(recorded, flags, looks):
    config = recorded / "canary-config.json"
    files = [recorded / "leaky" / f"{role}.csv" for role in ("baseline", "canary")]
    printed = command(
        "run", "--config", str(config), "--baseline", str(files[0]), "--canary", str(files[1]), "--judge",
        "EvidenceJudge-v1", "--look", *flags, "--format", "json", codes=(0, 3, 4),
    )  # fmt: skip
    sides = [pandas.read_csv(file) for file in files]
    judged = canary_judge.judge(config, *sides, judge="EvidenceJudge-v1", looks=looks)
    assert judged.to_dict() == json.loads(printed)
    assert judged != canary_judge.judge(config, *sides, judge="EvidenceJudge-v1"), "the level is another"
