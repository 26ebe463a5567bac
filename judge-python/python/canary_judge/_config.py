"""Reads configs from a dict, JSON text or a path."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Union

from . import _native, _options
from ._errors import CanaryJudgeWarning, InvalidConfig, InvalidOption, Problem

Config = Union[Mapping[str, Any], str, "os.PathLike[str]"]
"""A canary config: Kayenta's JSON as a dict, as text, or the path of a file."""
Thresholds = Union[Mapping[str, float], tuple[float, float]]
"""Scores for Pass and Marginal: ``(95, 75)`` or ``{"pass": 95, "marginal": 75}``."""
JUDGE = "the name of a judge, such as EvidenceJudge-v1"


def config_text(config: Config) -> str:
    """The JSON text of ``config``."""
    if isinstance(config, Mapping):
        try:
            return json.dumps(config)
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidConfig([Problem("", "a dict that JSON can hold", str(error))]) from error
    if isinstance(config, str) and config.lstrip().startswith(("{", "[")):
        return config
    if isinstance(config, (str, os.PathLike)):
        try:
            return Path(config).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            problem = Problem("config", "a dict, JSON text, or the path of a file", str(error))
            raise InvalidConfig([problem]) from error
    got = type(config).__name__
    raise InvalidConfig([Problem("config", "a dict, JSON text, or the path of a file", got)])


def _thresholds(thresholds: Thresholds | None) -> tuple[float, float] | None:
    if thresholds is None:
        return None
    try:
        if isinstance(thresholds, Mapping):
            unknown = set(thresholds) - {"pass", "marginal"}
            if not unknown:
                return float(thresholds["pass"]), float(thresholds["marginal"])
        else:
            high, low = thresholds
            return float(high), float(low)
    except (KeyError, TypeError, ValueError, OverflowError):
        pass
    expected = '(pass, marginal), or {"pass": ..., "marginal": ...}'
    raise InvalidOption([Problem("thresholds", expected, repr(thresholds))])


def judging(
    config: Config, judge: str | None, thresholds: Thresholds | None, *, quiet: bool = False
) -> _native.Judging:
    """Checks ``config`` with its judge. Warns of suspect fields, unless a judgement will warn of them."""
    named = _options.text("judge", judge, JUDGE)
    read = _native.Judging(config_text(config), named, _thresholds(thresholds))
    for warning in [] if quiet else read.warnings:
        warn(warning)
    return read


def warn(message: str) -> None:
    """Warns the caller of a function of this package."""
    warnings.warn(message, CanaryJudgeWarning, stacklevel=4)


def check_config(config: Config) -> list[Problem]:
    """Lists every problem with a config, as ``judge config check`` does.

    Args:
        config: Kayenta's JSON as a dict, text or path; also a request with a config in it.

    Returns:
        Problems with path, what was expected and what was found; empty for a valid config. With severity ``error``, no judge
        accepts the config; ``suspect``, only the parity judge does; ``notice``, something has no effect.

    Raises:
        InvalidConfig: if the file cannot be read.

    >>> [problem.path for problem in check_config({"metrics": 5, "classifier": {}})]
    ['metrics']
    """
    return _native.check_config(config_text(config))
