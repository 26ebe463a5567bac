from collections.abc import Callable
from typing import Any, final

from ._errors import CanaryJudgeError, Problem

__all__ = [
    "Judgement",
    "Judging",
    "Replay",
    "__version__",
    "batch",
    "calibrate",
    "check_config",
    "check_history",
    "check_options",
    "columns",
    "judge",
    "propose",
    "retro",
    "retro_here",
    "two_sample",
]
__version__: str

def check_config(text: str) -> list[Problem]: ...

@final
class Judging:
    def __new__(cls, text: str, judge: str | None, thresholds: tuple[float, float] | None) -> Judging: ...
    @property
    def warnings(self) -> list[str]: ...
    def without_expressions(self) -> None: ...

@final
class Judgement:
    @staticmethod
    def from_full(text: str) -> Judgement: ...
    def json(self) -> str: ...
    def full(self) -> str: ...
    def kayenta(self) -> str: ...
    def explanations(self) -> list[str]: ...
    def warnings(self) -> list[str]: ...
    def page(self, facts: list[tuple[str, str]]) -> str: ...

@final
class Replay:
    def __new__(
        cls,
        judging: Judging,
        windows: dict[str, Any],
        columns: dict[str, str],
        baseline: list[str],
        canary: list[str],
    ) -> Replay: ...

def judge(
    judging: Judging, baseline: Any, canary: Any, history: list[Any], looks: tuple[int, int, bool] | None
) -> Judgement: ...
def batch(
    requests: list[str], judge: str | None, thread_count: int | None, progress: Callable[[int, int], Any] | None
) -> list[Judgement | CanaryJudgeError]: ...
def check_options(options: dict[str, Any]) -> None: ...
def columns() -> Any: ...
def check_history(replay: Replay, history: Any) -> None: ...
def retro(
    replay: Replay, history: Any, thread_count: int | None, progress: Callable[[int, int], Any] | None
) -> tuple[Any, list[str]]: ...
def retro_here(replay: Replay, history: Any) -> Any: ...
def two_sample(baseline: Any, canary: Any, level: float) -> str: ...
def calibrate(
    judging: Judging,
    instances: list[tuple[str, Any]],
    options: dict[str, Any],
    progress: Callable[[int, int], Any] | None,
) -> tuple[str, list[str]]: ...
def propose(
    judging: Judging,
    instances: list[tuple[str, Any]],
    options: dict[str, Any],
    false_alarms: float,
    largest: float,
    progress: Callable[[int, int], Any] | None,
) -> tuple[str, list[str]]: ...
