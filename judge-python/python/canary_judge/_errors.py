"""Exceptions and warnings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One problem with an input."""

    path: str
    """The path: a field of the config, such as ``metrics[3].name``, or a column and row, such as ``canary["latency"], row 7``
    (rows count from 0)."""
    expected: str
    """The allowed values; empty if the value is allowed."""
    got: str
    """The value."""
    severity: str = "error"
    """``error``, ``suspect`` (a judge other than the parity judge refuses it) or ``notice``."""
    consequence: str = ""
    """How a judge treats the value if it accepts it."""

    def __str__(self) -> str:
        if not self.expected:
            text = self.got
        elif self.got == "missing":
            text = f"missing, expected {self.expected}"
        else:
            text = f"expected {self.expected}, got {self.got}"
        if self.consequence:
            text = f"{text}; {self.consequence}"
        return f"{self.path}: {text}" if self.path else text


class CanaryJudgeError(ValueError):
    """An input cannot be judged. ``problems`` lists all its problems."""

    problems: tuple[Problem, ...]

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.problems,))


class InvalidConfig(CanaryJudgeError):
    """The config cannot be read, or its judge refuses it."""


class UnsupportedExpression(InvalidConfig):
    """The config has a ``retro.expression``, which only the ``judge`` command evaluates. Compute the column in the frame
    instead."""


class InvalidData(CanaryJudgeError):
    """A frame, a series or a request cannot be read."""


class InvalidOption(CanaryJudgeError):
    """An option is out of range."""


class Stopped(CanaryJudgeError):
    """The work was stopped."""


class CanaryJudgeWarning(UserWarning):
    """An input is suspect, and perhaps not intended."""
