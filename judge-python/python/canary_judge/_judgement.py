"""A judgement."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from . import _frames, _native


def _number(value: Any) -> float:
    """Parses a number of the judgement's JSON, in which NaN and the infinities are text."""
    return float(value)


class MetricJudgement:
    """The judgement of one metric. ``to_dict()`` has all details."""

    def __init__(self, document: Mapping[str, Any], explanation: str) -> None:
        self._document = document
        self.explanation: str = explanation
        """A sentence that explains its class."""

    @property
    def name(self) -> str:
        """The metric."""
        return str(self._document["name"])

    @property
    def classification(self) -> str:
        """Pass, High, Low, NoData, NoDataFail, Error or Inconclusive."""
        return str(self._document["classification"])

    @property
    def reason(self) -> str | None:
        """Kayenta's reason, if it has one."""
        reason = self._document.get("reason")
        return None if reason is None else str(reason)

    @property
    def groups(self) -> list[str]:
        """The groups in which it counts."""
        return list(self._document["groups"])

    @property
    def decision(self) -> Mapping[str, Any]:
        """The decision: the test, its estimate and interval, and the allowance."""
        return MappingProxyType(dict(self._document["decision"]))

    def _mean(self, side: str) -> float:
        return _number(self._document[side]["mean"])

    @property
    def baseline_mean(self) -> float:
        """Mean of the baseline's judged points, in the metric's unit."""
        return self._mean("baseline")

    @property
    def canary_mean(self) -> float:
        """Mean of the canary's judged points, in the metric's unit."""
        return self._mean("canary")

    def to_dict(self) -> dict[str, Any]:
        """All details, as in ``judge run --format json``."""
        copy: dict[str, Any] = json.loads(json.dumps(self._document))
        return copy

    def __repr__(self) -> str:
        return f"<{self.name}: {self.classification}, {self.explanation}>"


class Judgement:
    """The judgement of a canary.

    In a notebook it looks like the report: the verdict, the cost of each group and metric, and charts of the points.
    """

    def __init__(self, native: _native.Judgement, library: str | None = None) -> None:
        self._native = native
        self._library = library

    @cached_property
    def _document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self._native.json())
        return document

    @property
    def judge(self) -> str:
        """Name of the judge."""
        return str(self._document["judge"])

    @property
    def verdict(self) -> str:
        """Pass, Marginal or Fail."""
        return str(self._document["verdict"])

    @property
    def passed(self) -> bool:
        """Whether the verdict is Pass."""
        return self.verdict == "Pass"

    @property
    def score(self) -> float:
        """The score, from 0 to 100."""
        return _number(self._document["score"])

    @property
    def reason(self) -> str | None:
        """The reason why the score is 0, if a single reason decided it."""
        reason = self._document["reason"]
        return None if reason is None else str(reason)

    @property
    def thresholds(self) -> tuple[float, float]:
        """The lowest scores for Pass and for Marginal."""
        thresholds = self._document["thresholds"]
        return _number(thresholds["pass"]), _number(thresholds["marginal"])

    @property
    def groups(self) -> list[dict[str, Any]]:
        """For each group its name, score, weight (percent) and cost (points of the score)."""
        return [dict(group) for group in self._document["groups"]]

    @cached_property
    def metrics(self) -> list[MetricJudgement]:
        """The metrics, in the order of the config."""
        said = self._native.explanations()
        return [MetricJudgement(one, why) for one, why in zip(self._document["metrics"], said)]

    def __getitem__(self, name: str) -> MetricJudgement:
        for metric in self.metrics:
            if metric.name == name:
                return metric
        raise KeyError(name)

    @cached_property
    def warnings(self) -> list[str]:
        """Warnings about this judgement."""
        return self._native.warnings()

    def to_dict(self) -> dict[str, Any]:
        """The output of ``judge run --format json``. NaN and the infinities are text there."""
        document: dict[str, Any] = json.loads(self._native.json())
        return document

    def to_json(self) -> str:
        """The output of ``judge run --format json`` as text, in one line."""
        return self._native.json()

    def to_kayenta(self) -> dict[str, Any]:
        """Kayenta's ``CanaryJudgeResult``."""
        document: dict[str, Any] = json.loads(self._native.kayenta())
        return document

    def to_full(self) -> dict[str, Any]:
        """The document of ``judge run --format full``: the judgement and its request. ``judge report`` reads it."""
        document: dict[str, Any] = json.loads(self._native.full())
        return document

    def to_frame(self, library: str | None = None) -> Any:
        """One row per metric.

        Args:
            library: ``pandas``, ``polars`` or ``pyarrow``; by default that of the series, or one that is installed.
        """
        rows: dict[str, list[Any]] = {
            "metric": [], "classification": [], "reason": [], "baseline_points": [], "canary_points": [],
            "baseline_mean": [], "canary_mean": [], "baseline_median": [], "canary_median": [], "explanation": [],
        }  # fmt: skip
        for metric in self.metrics:
            document = metric.to_dict()
            rows["metric"].append(metric.name)
            rows["classification"].append(metric.classification)
            rows["reason"].append(metric.reason)
            rows["explanation"].append(metric.explanation)
            for role in ("baseline", "canary"):
                side = document[role]
                rows[f"{role}_points"].append(side["counts"]["judged"])
                for figure in ("mean", "median"):
                    rows[f"{role}_{figure}"].append(_number(side[figure]))
        kind = library or self._library or _frames.installed()
        if kind == "polars":
            import polars

            return polars.DataFrame(rows, schema_overrides={"reason": polars.String})
        if kind == "pandas":
            import pandas

            return pandas.DataFrame(rows)
        import pyarrow

        return _frames.frame(pyarrow.table(rows), kind)

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Writes a self-contained HTML file, as ``judge run --report`` does. Returns its path."""
        written = Path(path)
        written.write_text(self._native.page([]), encoding="utf-8")
        return written

    def _repr_html_(self) -> str:
        page = html.escape(self._native.page([]), quote=True)
        return f'<iframe srcdoc="{page}" title="{self.verdict}" style="width:100%;height:40em;border:0"></iframe>'

    def __repr__(self) -> str:
        high, low = self.thresholds
        head = f"{self.verdict}  score {self.score:g} (pass from {high:g}, marginal from {low:g}), by {self.judge}"
        width = max((len(metric.name) for metric in self.metrics), default=0)
        lines = [f"  {m.name:<{width}}  {m.classification:<12}  {m.explanation}" for m in self.metrics]
        return "\n".join([head, *lines])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Judgement):
            return NotImplemented
        return self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restored, (self._native.full(), self._library))


def _restored(full: str, library: str | None) -> Judgement:
    return Judgement(_native.Judgement.from_full(full), library)
