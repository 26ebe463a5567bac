"""Measures what a config can detect."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import _frames, _native, _options
from ._config import Config, Thresholds, config_text, judging, warn
from ._errors import InvalidOption, Problem
from ._progress import shown


class Calibration:
    """The result of :func:`calibrate`. ``to_dict()`` returns the document of ``judge calibrate --format json``."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def to_dict(self) -> dict[str, Any]:
        """All figures, with their intervals."""
        return copy.deepcopy(self._document)

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """The figures of each metric."""
        return copy.deepcopy(list(self._document["metrics"]))

    @property
    def advice(self) -> list[str]:
        """Advice about metrics that detect little."""
        return [f"{m['name']}: {a['sentence']}" for m in self._document["metrics"] for a in m["findings"]]

    def to_frame(self, library: str | None = None) -> Any:
        """One row per metric and window: the smallest detected shift, as a share of the metric's mean size, with the
        ends of its 95 % interval; null if none was detected or the history is too short to bound it."""
        rows: dict[str, list[Any]] = {"metric": [], "minutes": [], "change": [], "lower": [], "upper": []}
        for metric in self._document["metrics"]:
            for minutes, shift in zip(self._document["options"]["minutes"], metric["shift"]):
                found = shift or {}
                rows["metric"].append(metric["name"])
                rows["minutes"].append(float(minutes))
                for column, figure in (("change", "change"), ("lower", "from"), ("upper", "to")):
                    rows[column].append(found.get(figure))
        import pyarrow

        number = pyarrow.float64()
        kinds = [pyarrow.string(), number, number, number, number]
        arrays = [pyarrow.array(cells, kind) for cells, kind in zip(rows.values(), kinds)]
        return _frames.frame(pyarrow.table(arrays, names=list(rows)), library or _frames.installed())

    def __repr__(self) -> str:
        windows = ", ".join(f"{minutes:g}" for minutes in self._document["options"]["minutes"])
        return f"<Calibration of {self._document['judge']}: {len(self.metrics)} metrics, windows of {windows} min>"


def _instances(instances: Mapping[str, Any] | Iterable[Any]) -> list[tuple[str, Any]]:
    if isinstance(instances, Mapping):
        return [(str(name), _frames.side(instance, str(name))) for name, instance in instances.items()]
    return [(f"instances[{index}]", side) for index, side in enumerate(_frames.sides(instances, "instances"))]


def asked(
    minutes: Iterable[float], change: float, power: float, pairs: int, seed: int, threads: int | None
) -> dict[str, Any]:
    """The options for the native module, which checks their ranges."""
    if isinstance(minutes, (str, bytes)) or not isinstance(minutes, Iterable):
        raise InvalidOption([Problem("minutes", "a list of lengths, such as [10, 30]", repr(minutes))])
    return {
        "minutes": [_options.number("minutes", length) for length in minutes],
        "change": _options.number("change", change), "power": _options.number("power", power),
        "pairs": _options.whole("pairs", pairs), "seed": _options.whole("seed", seed),
        "threads": _options.threads(threads),
    }  # fmt: skip


def calibrate(
    config: Config,
    instances: Mapping[str, Any] | Iterable[Any],
    *,
    minutes: Sequence[float] = (10.0, 20.0, 30.0, 60.0),
    change: float = 0.2,
    power: float = 0.8,
    pairs: int = 200,
    seed: int = 1,
    judge: str | None = None,
    thresholds: Thresholds | None = None,
    threads: int | None = None,
    progress: bool | None = None,
) -> Calibration:
    """Measures what a config can detect on history of healthy instances, as ``judge calibrate`` does.

    Args:
        config: canary config (Kayenta's JSON) as a dict, text or path.
        instances: one frame with times per healthy instance, as in :func:`canary_judge.judge`; a mapping gives them names.
            Instances that ran at the same time are compared with each other.
        minutes: lengths of the judged window.
        change: the change that you want to detect, as a share: 0.2 is 20 %.
        power: share of pairs in which a change must be found, above 0 and below 1.
        pairs: pairs of windows to judge for each figure, 10 to 100,000.
        seed: seed of the random pairs; the same seed gives the same figures on any number of threads.
        judge: name of the judge, whatever the config names.
        thresholds: scores for Pass and Marginal instead of the config's.
        threads: number of threads; by default one per core.
        progress: whether tqdm shows the progress; by default on a terminal or in a notebook, if tqdm is installed.

    Raises:
        InvalidConfig: the config cannot be read, or its judge refuses it.
        UnsupportedExpression: the config computes a metric by ``retro.expression``.
        InvalidData: an instance has no times, or the history is too short.
        InvalidOption: an option is out of range.
        KeyboardInterrupt: after Ctrl-C, within 100 ms; the threads end with the figures in work.
    """
    read = judging(config, judge, thresholds)
    options = asked(minutes, change, power, pairs, seed, threads)
    with shown(progress, "figure") as show:
        text, warnings = _native.calibrate(read, _instances(instances), options, show)
    for warning in warnings:
        warn(warning)
    return Calibration(json.loads(text))


def propose(
    config: Config,
    instances: Mapping[str, Any] | Iterable[Any],
    *,
    minutes: float = 30.0,
    false_alarms: float = 0.01,
    largest: float = 1.0,
    pairs: int = 1000,
    seed: int = 1,
    judge: str | None = None,
    thresholds: Thresholds | None = None,
    threads: int | None = None,
    progress: bool | None = None,
) -> dict[str, Any]:
    """Proposes an allowance for each metric in which healthy instances differ, as ``judge calibrate --propose`` does.

    Args:
        config: canary config (Kayenta's JSON) as a dict, text or path.
        instances: one frame with times per healthy instance.
        minutes: length of the judged window.
        false_alarms: largest share of healthy canaries that may be held back, above 0 and at most 0.5.
        largest: propose no larger allowance than this share.

    Other arguments and exceptions are those of :func:`calibrate`.

    Returns:
        The proposal: each of ``metrics`` has its ``allowance`` and the reason.
    """
    read = judging(config, judge, thresholds)
    options = asked([minutes], 0.2, 0.8, pairs, seed, threads)
    target = _options.number("false_alarms", false_alarms), _options.number("largest", largest)
    with shown(progress, "figure") as show:
        text, warnings = _native.propose(read, _instances(instances), options, *target, show)
    for warning in warnings:
        warn(warning)
    proposal: dict[str, Any] = json.loads(text)
    return proposal


__all__ = ["Calibration", "calibrate", "config_text", "propose"]
