"""Judges one canary, or many."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Union

from . import _frames, _native, _options
from ._config import JUDGE, Config, Thresholds, judging
from ._errors import CanaryJudgeError, InvalidData, InvalidOption, Problem
from ._judgement import Judgement
from ._progress import shown

Series = Union[Mapping[str, Any], Any]
"""The series of one side: a frame (pandas, polars, Arrow), or a mapping from metric to an array, list or series."""
Looks = Union[tuple[int, int], tuple[int, int, Literal["sliding"]]]
"""The number of a look, from 1, and the number of planned looks; ``"sliding"`` if each window starts later than the one before."""


def judge(
    config: Config,
    baseline: Series,
    canary: Series,
    *,
    judge: str | None = None,
    thresholds: Thresholds | None = None,
    history: Sequence[Series] = (),
    looks: Looks | None = None,
) -> Judgement:
    """Judges one canary, as ``judge run`` does, to the bit.

    Args:
        config: canary config (Kayenta's JSON) as a dict, text or path.
        baseline: series of the running version, in the units of the metrics. A frame has one column per metric, or the columns
            ``metric`` and ``value``; its times are a column ``timestamp`` (or ``time``) or, in pandas, the index. A mapping
            has a one-dimensional array for each metric. NaN and nulls are gaps. With times, rows may be in any order, and
            missing times are gaps; without, points are taken in order, one step apart.
        canary: series of the new version, in the same form.
        judge: name of the judge, whatever the config names.
        thresholds: scores for Pass and Marginal instead of the config's, such as ``(95, 75)``.
        history: healthy windows of the past, or other healthy instances, each in the form of ``baseline`` and as long as
            the canary's window. With three or more, ``EvidenceJudge-v1`` learns from them how much healthy windows differ.
        looks: if the same canary is judged several times while its window grows, the number of this look, from 1, and how
            many are planned, such as ``(2, 6)``; ``EvidenceJudge-v1`` then keeps the rate of false alarms over all looks.
            ``(2, 6, "sliding")`` if each window starts later than the one before.

    Returns:
        The judgement: verdict, score, groups, metrics with their decisions, warnings.

    Raises:
        InvalidConfig: the config cannot be read, or its judge refuses it.
        UnsupportedExpression: the config computes a metric by ``retro.expression``.
        InvalidData: a series cannot be read: a column of another type, two values at one time, times with a zone on one side
            only. ``problems`` name the column, the row (from 0) and the way out.
        InvalidOption: an unknown judge, or thresholds out of range.
        KeyboardInterrupt: after Ctrl-C, within 100 ms.

    >>> config = {"metrics": [{"name": "latency", "groups": ["Latency"]}], "classifier": {"groupWeights": {"Latency": 100}}}
    >>> old = {"latency": [100.0 + minute * 7 % 10 for minute in range(30)]}
    >>> new = {"latency": [150.0 + minute * 3 % 10 for minute in range(30)]}
    >>> judge(config, old, new).verdict
    'Fail'
    """
    read = judging(config, judge, thresholds, quiet=True)
    sides = _frames.side(baseline, "baseline"), _frames.side(canary, "canary")
    windows = _frames.sides(history, "history")
    native = _native.judge(read, *sides, windows, _looks(looks))
    return Judgement(native, _kind(canary))


def _looks(looks: Looks | None) -> tuple[int, int, bool] | None:
    if looks is None:
        return None
    numbers = list(looks[:2]) if isinstance(looks, Sequence) else []
    sliding = len(numbers) == 2 and tuple(looks[2:]) == ("sliding",)
    counted = len(numbers) == 2 and all(isinstance(one, int) and 0 <= one < 1 << 32 for one in numbers)
    if not counted or len(looks) != 2 + sliding:
        raise InvalidOption([Problem("looks", '(number, planned), such as (2, 6) or (2, 6, "sliding")', repr(looks))])
    return numbers[0], numbers[1], sliding


def _kind(side: Series) -> str | None:
    values = next(iter(side.values()), None) if isinstance(side, Mapping) else side
    module = type(values).__module__.partition(".")[0]
    return module if module in ("pandas", "polars", "pyarrow") else None


def batch(
    requests: Iterable[Mapping[str, Any] | str | bytes],
    *,
    judge: str | None = None,
    threads: int | None = None,
    progress: bool | None = None,
) -> list[Judgement | CanaryJudgeError]:
    """Judges many requests on all cores, as ``judge batch`` does.

    Args:
        requests: Kayenta remote-judge requests, each as a dict or as JSON text.
        judge: name of the judge, whatever the requests name.
        threads: number of threads; by default one per core.
        progress: whether tqdm shows the progress; by default on a terminal or in a notebook, if tqdm is installed.

    Returns:
        In the order of the requests, a judgement for each; a request that cannot be judged has its exception instead.

    Raises:
        InvalidData: ``requests`` is a single request.
        InvalidOption: an unknown judge.
        KeyboardInterrupt: after Ctrl-C, within 100 ms.
    """
    if isinstance(requests, (str, bytes, Mapping)) or not isinstance(requests, Iterable):
        raise InvalidData([Problem("requests", "a list of requests", f"a {type(requests).__name__}")])
    texts = [_request(request, index) for index, request in enumerate(requests)]
    sent = [text for text in texts if isinstance(text, str)]
    named, count = _options.text("judge", judge, JUDGE), _options.threads(threads)
    with shown(progress, "canary") as show:
        judged = iter(_native.batch(sent, named, count, show))
    results: list[Judgement | CanaryJudgeError] = []
    for text in texts:
        one = next(judged) if isinstance(text, str) else text
        results.append(Judgement(one) if isinstance(one, _native.Judgement) else one)
    return results


def _request(request: Mapping[str, Any] | str | bytes, index: int) -> str | CanaryJudgeError:
    try:
        if isinstance(request, Mapping):
            return json.dumps(request)
        if not isinstance(request, (str, bytes)):
            return InvalidData([Problem(f"requests[{index}]", "a request as a mapping or as JSON text", f"a {type(request).__name__}")])
        text = request.decode() if isinstance(request, bytes) else request
        text.encode()
        return text
    except (TypeError, ValueError, RecursionError) as error:
        return InvalidData([Problem(f"requests[{index}]", "a request that JSON can hold", str(error))])


def two_sample(baseline: Any, canary: Any, *, level: float = 0.98) -> dict[str, Any]:
    """Compares two samples, as ``judge test --format json`` does.

    Args:
        baseline: one-dimensional array, list or series of numbers in order of time. NaN and nulls are left out.
        canary: the other side, in the same form.
        level: confidence of the intervals, above 0 and below 1.

    Returns:
        Location (Hodges–Lehmann shift and percent), superiority, spread, and the Mann–Whitney test.

    Raises:
        InvalidData: a side is empty, or has values that are not numbers.
        InvalidOption: the level is out of range.

    >>> two_sample([1, 2, 3, 4, 5], [11, 12, 13, 14, 15])["location"]["shift"]["estimate"]
    10.0
    """
    values = _frames.values(baseline, "baseline"), _frames.values(canary, "canary")
    confidence = _options.number("level", level, "a number above 0 and below 1")
    compared: dict[str, Any] = json.loads(_native.two_sample(*values, confidence))
    return compared
