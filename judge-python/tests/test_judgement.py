"""What a judgement shows, and how it travels."""

from __future__ import annotations

import doctest
import json
import pickle
import re

import canary_judge
import pandas
import polars
import pytest
from canary_judge import _calibrating, _config, _judging, _retro
from conftest import command

BOTH = ("baseline", "canary")


@pytest.fixture
def slower(recorded):
    sides = [pandas.read_csv(recorded / "slower" / f"{role}.csv") for role in BOTH]
    return canary_judge.judge(recorded / "canary-config.json", *sides)


def test_attributes(slower):
    assert (slower.verdict, slower.score, slower.passed) == ("Fail", 52.5, False)
    assert slower.thresholds == (95.0, 75.0)
    assert slower.judge == "NetflixACAJudge-v1.0"
    assert [group["name"] for group in slower.groups] == ["Latency", "Errors", "Traffic", "Resources"]
    metric = slower["latency-p50"]
    assert metric.classification == "High"
    assert "mean ratio 1.386 reaches the 1.1 allowed" in metric.explanation
    assert metric.canary_mean > metric.baseline_mean
    assert "latency-p50" in repr(slower)
    with pytest.raises(KeyError):
        slower["other"]


def test_frames(slower):
    assert isinstance(slower.to_frame(), pandas.DataFrame)
    assert isinstance(slower.to_frame("polars"), polars.DataFrame)
    assert slower.to_frame("pyarrow").num_rows == len(slower.metrics)
    with pytest.raises(canary_judge.InvalidOption):
        slower.to_frame("numpy")


def test_reports_are_those_of_the_command(slower, tmp_path):
    path = slower.report(tmp_path / "page.html")
    (tmp_path / "full.json").write_text(json.dumps(slower.to_full()))
    command("report", str(tmp_path / "full.json"), "-o", str(tmp_path / "again.html"))
    page, again = path.read_text(), (tmp_path / "again.html").read_text()
    assert "latency-p50" in page and page.startswith("<!DOCTYPE html>")
    assert without_facts(page) == without_facts(again)
    shown = slower._repr_html_()
    assert shown.startswith("<iframe srcdoc=") and "&lt;!DOCTYPE html&gt;" in shown


def without_facts(page: str) -> str:
    """The page without where its input came from, which only the command knows."""
    return re.sub(r'<dl class="facts">.*?</dl>', "", page, flags=re.DOTALL)


def test_judgements_and_exceptions_travel(slower):
    again = pickle.loads(pickle.dumps(slower))
    assert again == slower and hash(again) == hash(slower)
    assert again._native.page([]) == slower._native.page([])
    with pytest.raises(canary_judge.InvalidConfig) as raised:
        canary_judge.judge({"metrics": 5}, {}, {})
    assert pickle.loads(pickle.dumps(raised.value)).problems == raised.value.problems


def test_examples_of_docstrings():
    for module in (_calibrating, _config, _judging, _retro):
        failed, _ = doctest.testmod(module)
        assert failed == 0
