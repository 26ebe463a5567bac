"""Work runs on as many threads as asked, without Python's lock, shows its progress, and stops at Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import canary_judge
import numpy
import pandas
import pyarrow
import pytest
from conftest import golden_requests, history_config, history_table

WORKS = {
    "retro": "canary_judge.retro(history_config(), table, interval='1m', all_intervals=True, progress=False)",
    "retro of objects": "canary_judge.retro(history_config(), objects, interval='1m', all_intervals=True, progress=False)",
    "batch": "canary_judge.batch([request] * 100_000, progress=False)",
    "calibrate": "canary_judge.calibrate(config, steady, minutes=[1, 2, 5], pairs=100_000, progress=False)",
    "propose": "canary_judge.propose(config, steady, minutes=2, pairs=100_000, progress=False)",
    "judge": "canary_judge.judge(many, side, side, judge='EvidenceJudge-v1')",
    "two_sample": "canary_judge.two_sample(numbers[:5_000_000], numbers[5_000_000:])",
}


@pytest.mark.parametrize("delay", [0.02, 0.3])
@pytest.mark.parametrize("work", WORKS)
def test_ctrl_c_stops_within_100_ms_of_each_processor(work, delay):
    """A second process is interrupted at the start of the work and in the middle, and says how much processor time it took
    to stop: that does not depend on what else this machine does."""
    said = interrupted(work, delay)
    while said == "too late":
        delay /= 2
        said = interrupted(work, delay)
    assert float(said) < 0.1 * (1 + len(os.sched_getaffinity(0))), said


def interrupted(work: str, delay: float) -> str:
    """What a process says that is interrupted after a delay; a fast machine may have done the work by then."""
    program = textwrap.dedent(f"""
        import json, os, signal, sys, threading, time, warnings
        sys.path.insert(0, {os.path.dirname(__file__)!r})
        import canary_judge, numpy, pandas, pyarrow
        from conftest import FIXTURES, golden_requests, history_config, history_table
        warnings.simplefilter("ignore")
        if "retro" in {work!r}:
            table = history_table(1000, points=200)
            if "objects" in {work!r}:
                table = pyarrow.concat_tables([table] * 3)
                objects = table.to_pandas().astype({{name: object for name in ("release", "metric", "role", "instance")}})
        request = json.dumps(golden_requests()[0])
        config = FIXTURES / "recorded/canary-config.json"
        steady = [pandas.read_csv(FIXTURES / f"recorded/steady/{{role}}.csv") for role in ("baseline", "canary")]
        numbers = numpy.random.default_rng(1).normal(size=10_000_000)
        names = [f"metric-{{number}}" for number in range(2000)]
        many = history_config(names)
        side = {{name: numbers[4000 * index :][:4000] for index, name in enumerate(names)}}
        # What NumPy loads at its first use cannot be interrupted.
        few = {{"metric-0": numbers[:30]}}
        canary_judge.judge(history_config(["metric-0"]), few, few)
        canary_judge.two_sample(numbers[:30], numbers[30:60])
        sent = []
        def interrupt():
            sent.append(time.process_time())
            os.kill(os.getpid(), signal.SIGINT)
        timer = threading.Timer({delay}, interrupt)
        timer.start()
        try:
            {WORKS[work]}
            timer.cancel()
            print("finished" if sent else "too late")
        except KeyboardInterrupt:
            print(time.process_time() - sent[0])
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
    return done.stdout.strip()


@pytest.mark.parametrize("dtype", ["float64", "object", "str", "category", "datetime64[ns]", "datetime64[ns, UTC]", "Int64"])
def test_nothing_of_pandas_is_asked_where_a_ctrl_c_would_be_lost(dtype, monkeypatch):
    """NumPy and PyArrow drop the exception if one comes while pandas looks for an attribute that a series lacks, or while Python
    looks for pytz; the whole work would go on."""
    frame = history_table(3).to_pandas().assign(odd=pandas.Series([1, 2, 3]).astype(dtype))
    asked = []

    def lacking(series, name):
        asked.append(name)
        raise AttributeError(name)

    class Finder:
        def find_spec(self, name, path, target=None):
            asked.append(name)

    monkeypatch.setattr(pandas.Series, "__getattr__", lacking)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    canary_judge.retro(history_config(), frame, interval="1m", all_intervals=True, progress=False)
    assert [name for name in asked if name.startswith(("__arrow", "pytz"))] == []


def own_threads() -> int:
    """How many threads of the package run now; those that a thread starts have its name."""
    names = []
    for task in Path("/proc/self/task").iterdir():
        # It may have ended meanwhile.
        with contextlib.suppress(OSError):
            names.append((task / "comm").read_text().strip())
    return names.count("canary-judge")


def most_threads(work: Callable[[], object]) -> int:
    """How many threads of the package run at most while it works."""
    ended = threading.Event()
    seen: list[int] = []

    def count() -> None:
        while not ended.wait(0.001):
            seen.append(own_threads())

    while own_threads():
        time.sleep(0.001)
    counter = threading.Thread(target=count)
    counter.start()
    work()
    ended.set()
    counter.join()
    return max(seen)


def test_as_many_threads_as_asked(recorded):
    table = history_table(200)
    requests = [golden_requests()[0]] * 3000
    steady = [pandas.read_csv(recorded / f"steady/{role}.csv") for role in ("baseline", "canary")]
    works = {
        "retro": lambda threads: canary_judge.retro(
            history_config(), table, interval="1m", all_intervals=True, threads=threads, progress=False
        ),
        "batch": lambda threads: canary_judge.batch(requests, threads=threads, progress=False),
        "calibrate": lambda threads: canary_judge.calibrate(
            recorded / "canary-config.json", steady, minutes=[1, 2], pairs=200, threads=threads, progress=False
        ),
    }
    # One waits for the others, which hand their results to it; `retro` works on that one if it is asked for one thread.
    waiting = {"retro": {1: 0, 3: 1}, "batch": {1: 1, 3: 1}, "calibrate": {1: 1, 3: 1}}
    for name, work in works.items():
        for threads in (1, 3):
            found = most_threads(lambda: work(threads))
            assert found == threads + waiting[name][threads], (name, threads, found)


def test_other_threads_of_python_run_while_it_judges():
    table = history_table(300)
    ticks = []
    ended = threading.Event()

    def tick() -> None:
        while not ended.wait(0.005):
            ticks.append(time.monotonic())

    thread = threading.Thread(target=tick)
    thread.start()
    begun = time.monotonic()
    canary_judge.retro(history_config(), table, interval="1m", all_intervals=True, progress=False)
    done = time.monotonic()
    ended.set()
    thread.join()
    # With Python's lock held there would be one gap, as long as the work.
    times = [begun, *(tick for tick in ticks if begun < tick < done), done]
    assert max(after - before for before, after in zip(times, times[1:])) < (done - begun) / 2


COPIES = """
import sys, threading, canary_judge, pyarrow
from conftest import allocated, history_config

frame = pyarrow.ipc.open_file(pyarrow.memory_map(sys.argv[1])).read_all()
before, ended, seen = allocated(), threading.Event(), []
def watch():
    while not ended.wait(0.001):
        seen.append(allocated())
watching = threading.Thread(target=watch)
watching.start()
canary_judge.retro(history_config(), frame, threads=1, progress=False)
ended.set()
watching.join()
print((max(seen) - before) / frame.nbytes)
"""


def test_text_values_and_milliseconds_are_read_where_they_are(tmp_path):
    """A frame in a mapped file does not count as the process's memory. What counts is copies, and buffers for a release."""
    releases, points = 600, 5000
    size = releases * points

    def names(indices: numpy.ndarray, words: list[str]) -> pyarrow.Array:
        return pyarrow.DictionaryArray.from_arrays(indices.astype("int32"), words).cast(pyarrow.string())

    # Each role has 500 points of 5 metrics.
    places = numpy.tile(numpy.arange(points), releases)
    table = pyarrow.table({
        "release": names(numpy.arange(size) // points, [f"release-{number:05}" for number in range(releases)]),
        "timestamp": pyarrow.array(1_767_225_600_000 + places % 500 * 60_000, pyarrow.timestamp("ms", tz="UTC")),
        "metric": names(places // 500 % 5, [f"metric-{number:02}" for number in range(5)]),
        "role": names(places // 2500, ["baseline", "canary"]),
        "value": numpy.random.default_rng(1).gamma(9, 1, size),
    })
    with pyarrow.ipc.new_file(tmp_path / "frame.arrow", table.schema) as writer:
        writer.write_table(table)
    done = subprocess.run(
        [sys.executable, "-c", COPIES, str(tmp_path / "frame.arrow")], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.path.dirname(__file__)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    # Values and times alone would be 0.28 of it.
    assert float(done.stdout) < 0.25


def test_progress_is_shown_by_tqdm(capsys, recorded):
    request = (recorded / "slower" / "request.json").read_text()
    canary_judge.batch([request] * 3, progress=True)
    assert "canary" in capsys.readouterr().err


def test_without_tqdm_nothing_is_shown(capsys, recorded, monkeypatch):
    for module in ("tqdm", "tqdm.auto"):
        monkeypatch.setitem(sys.modules, module, None)
    request = (recorded / "slower" / "request.json").read_text()
    assert len(canary_judge.batch([request] * 3, progress=True)) == 3
    assert capsys.readouterr().err == ""


def test_ctrl_c_at_the_first_use_of_numpy():
    """NumPy runs Python's code then; a crate of ours would panic."""
    program = textwrap.dedent("""
        import canary_judge, numpy, numpy.lib
        def interrupted(version):
            raise KeyboardInterrupt
        numpy.lib.NumpyVersion = interrupted
        try:
            canary_judge.two_sample(numpy.arange(9.0), [1.0, 2.0, 3.0])
        except KeyboardInterrupt:
            print("stopped")
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("stopped\n", "")
