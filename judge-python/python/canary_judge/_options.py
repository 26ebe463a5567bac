"""Checks the types of options, so that an error names the option."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from ._errors import InvalidOption, Problem


MOST_THREADS = 1024


def threads(count: int | None) -> int | None:
    """A number of threads; ``None`` for one per core."""
    expected = f"1 to {MOST_THREADS} threads, or None for one per core"
    return None if count is None else whole("threads", count, expected, least=1, most=MOST_THREADS)


def whole(name: str, number: int, expected: str = "a whole number from 0", *, least: int = 0, most: int = sys.maxsize) -> int:
    """A whole number that the native module can hold."""
    if isinstance(number, bool) or not hasattr(number, "__index__") or not least <= number.__index__() <= most:
        raise InvalidOption([Problem(name, expected, repr(number))])
    return number.__index__()


def number(name: str, given: float, expected: str = "a number") -> float:
    """A number."""
    try:
        if not isinstance(given, (bool, str, bytes)):
            return float(given)
    except (TypeError, ValueError, OverflowError):
        pass
    raise InvalidOption([Problem(name, expected, repr(given))])


def text(name: str, given: str | None, expected: str) -> str | None:
    """Text, or ``None``."""
    if given is not None and not isinstance(given, str):
        raise InvalidOption([Problem(name, expected, repr(given))])
    return given


def columns(given: Mapping[str, str] | None) -> dict[str, str]:
    """Names of columns."""
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for pair in given.items() for name in pair):
        raise InvalidOption([Problem("columns", 'a mapping such as {"release": "build"}', repr(given))])
    return dict(given)


def roles(given: Mapping[str, str | Iterable[str]] | None) -> tuple[list[str], list[str]]:
    """Names of the roles of the baseline and of the canary; empty for the default."""
    expected = 'a mapping such as {"baseline": "stable", "canary": ["new", "newer"]}'
    if given is not None and not isinstance(given, Mapping):
        raise InvalidOption([Problem("roles", expected, repr(given))])
    unknown = sorted(set(given or {}) - {"baseline", "canary"}, key=str)
    if unknown:
        raise InvalidOption([Problem("roles", "the keys baseline and canary", repr(unknown[0]))])

    def names(role: str) -> list[str]:
        named: str | Iterable[str] = (given or {}).get(role, [])
        if isinstance(named, str):
            return [named]
        if not isinstance(named, Iterable) or not all(isinstance(name, str) for name in named):
            raise InvalidOption([Problem("roles", expected, repr(given))])
        return list(named)

    return names("baseline"), names("canary")
