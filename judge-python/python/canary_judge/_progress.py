"""Shows progress with tqdm, if it is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Show = Callable[[int, int], Any]


@contextmanager
def shown(progress: bool | None, unit: str) -> Iterator[Show | None]:
    """The function to call with (done, total); None to show nothing. With ``progress`` None, progress is shown on a terminal or in a
    notebook if tqdm is installed."""
    if progress is False:
        yield None
        return
    try:
        from tqdm.auto import tqdm
    except ImportError:
        yield None
        return
    with tqdm(unit=unit, disable=None if progress is None else False, leave=False) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            if done > bar.n:
                bar.update(done - bar.n)

        yield show
