"""Judges past releases again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Literal, Union

from . import _frames, _native, _options
from ._config import Config, Thresholds, judging, warn
from ._errors import InvalidOption, Problem
from ._progress import shown

Duration = Union[str, timedelta]
"""A length of time: text such as ``"90s"``, ``"10m"``, ``"1h 30m"``, ``"7d"``, or a timedelta."""


def _duration(name: str, value: Duration) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, timedelta):
        return f"{value // timedelta(microseconds=1)}us" if value >= timedelta(0) else repr(value)
    raise InvalidOption([Problem(name, 'a time, such as "10m" or a timedelta', repr(value))])


def replay(
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
) -> _native.Replay:
    """Checks the config and the windows of :func:`retro`."""
    if stage_rule not in ("judge", "spinnaker"):
        raise InvalidOption([Problem("stage_rule", "judge or spinnaker", repr(stage_rule))])
    if not isinstance(all_intervals, bool):
        raise InvalidOption([Problem("all_intervals", "True or False", repr(all_intervals))])
    windows = {
        "lifetime": None if lifetime is None else _duration("lifetime", lifetime),
        "warm_up": _duration("warm_up", warm_up),
        "interval": None if interval is None else _duration("interval", interval),
        "lookback": _duration("lookback", lookback),
        "baseline_offset": _duration("baseline_offset", baseline_offset),
        "step": None if step is None else _duration("step", step),
        "spinnaker": stage_rule == "spinnaker",
        "all_intervals": all_intervals,
    }
    names = _options.columns(columns), *_options.roles(roles)
    return _native.Replay(judging(config, judge, thresholds), windows, *names)


def retro(
    config: Config,
    history: Any,
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
    threads: int | None = None,
    progress: bool | None = None,
) -> Any:
    """Judges every release of a history again, as ``judge retro`` does, row by row and to the bit.

    Args:
        config: canary config (Kayenta's JSON) as a dict, text or path.
        history: a pandas, polars or Arrow frame. Long: ``release, timestamp, metric, role, value``, one row per point. Wide:
            ``release, timestamp, role`` and one column per metric. A column ``instance`` distinguishes the instances of a role.
            Rows may be in any order. Columns of a timestamp type without a zone are UTC.
        lifetime: how long a canary is judged, without the warm-up; by default to the end of the recording.
        warm_up: time at the start of the recording that is not judged.
        interval: time from one judgement to the next; by default one judgement at the end.
        lookback: how far back each judgement looks; ``growing``: to the end of the warm-up.
        baseline_offset: how much earlier than the canary the baseline was recorded.
        step: step of the grid; points of one step are averaged. By default each release's own step.
        stage_rule: what happens at a score equal to the marginal threshold: ``judge`` goes on, ``spinnaker`` stops.
        all_intervals: whether the intervals after a stop are judged too.
        judge: name of the judge, whatever the config names.
        thresholds: scores for Pass and Marginal instead of the config's.
        columns: other names of columns, such as ``{"release": "build"}``.
        roles: other names of roles, such as ``{"baseline": "stable", "canary": "new"}``.
        threads: number of threads; by default one per core.
        progress: whether tqdm shows the progress; by default on a terminal or in a notebook, if tqdm is installed.

    Returns:
        A frame of the library of ``history``, with one row per release, interval and metric, and the columns of
        ``judge retro -o judgements.parquet``. A release that cannot be judged has one row, with ``error``.

    Raises:
        InvalidConfig: the config cannot be read, or its judge refuses it.
        UnsupportedExpression: the config computes a metric by ``retro.expression``; compute the column in the frame.
        InvalidData: a column is missing or has an impossible type; a row has no release.
        InvalidOption: windows that do not fit, an unknown judge, column or role.
        KeyboardInterrupt: after Ctrl-C, within 100 ms.
    """
    prepared = replay(
        config, lifetime=lifetime, warm_up=warm_up, interval=interval, lookback=lookback,
        baseline_offset=baseline_offset, step=step, stage_rule=stage_rule, all_intervals=all_intervals,
        judge=judge, thresholds=thresholds, columns=columns, roles=roles,
    )  # fmt: skip
    count = _options.threads(threads)
    table = _frames.table(history, "history")
    with shown(progress, "release") as show:
        rows, warnings = _native.retro(prepared, table, count, show)
    for warning in warnings:
        warn(warning)
    return _frames.frame(rows, _frames.library(history))
