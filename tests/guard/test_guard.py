"""A helper process that is really killed, and what it costs the others: nothing."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from functools import partial
from pathlib import Path

import pytest
from hostile import act, load_killed, load_slowly
from runs import ROOT

from pipeline.errors import NewsieveError
from pipeline.guard import Guard, Killed, Limits

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux does this")
SLOW, LARGE = Killed("too_slow"), Killed("too_large_in_memory")


@pytest.fixture
def guarded():
    """Guards with given limits, closed afterwards."""
    made = []

    def make(seconds=0.3, megabytes=300):
        made.append(Guard(act, Limits(seconds, megabytes)))
        return made[-1]

    yield make
    for guard in made:
        guard.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("item", "ended"),
    [
        ("loop in C", SLOW),
        pytest.param("allocate", LARGE, marks=LINUX),
        ("segfault", Killed("crashed", "the process died of SIGSEGV")),
        ("abort", Killed("crashed", "the process died of SIGABRT")),
        ("exit", Killed("crashed", "the process ended with exit code 3")),
        ("leave", Killed("crashed", "the process ended with exit code 4")),
        ("raise", Killed("crashed", "the process ended with exit code 1")),
    ],
)
def test_what_goes_too_far_is_ended_and_nothing_else_is_lost(guarded, item, ended):
    """The culprit's answer says what ended it; the items around it have their own answers."""
    guard = guarded()

    assert [("a", 1), ended, ("b", 1)] == guard.run(["a", item, "b"], 1)
    assert [("c", 2)] == guard.run(["c"], 2)
    assert [ended, ended] == guard.run([item, item], 1)


def test_waiting_counts_ten_times_less_than_working(guarded):
    """An item that uses no CPU ends too, by wall time."""
    begun = time.monotonic()

    assert [SLOW] == guarded(seconds=0.05).run(["wait"], None)
    assert 0.5 <= time.monotonic() - begun < 60


def test_without_limits_an_item_may_still_die():
    """0 is no limit; a crash stays a crash."""
    guard = Guard(act, Limits(0, 0))

    assert "the process died of SIGSEGV" == guard.run(["segfault"], None)[0].detail
    assert [("a", None)] == guard.run(["a"], None)
    guard.close()


def test_one_helper_serves_many_items(guarded):
    """Thousands of items, in requests of any size, larger than a pipe holds, in their order."""
    guard = guarded(seconds=30)
    (pid,) = guard.run(["pid"], None)
    items = [str(number) * (number % 50) for number in range(5_000)]

    assert [(item, "x") for item in items] == guard.run(items, "x")
    large = ["y" * 3_000_000, "z"]
    assert [(item, "x") for item in large] == guard.run(large, "x")
    assert [] == guard.run([], "x")
    assert [pid] == guard.run(["pid"], None)


def test_an_item_is_not_blamed_for_what_its_helper_has_seen_before(guarded):
    """What kills a used helper is tried again in a fresh one, where it may do no harm."""
    assert [("a", 1), "the second time"] == guarded().run(["a", "die if not first"], 1)


def test_a_helper_that_died_between_requests_is_replaced(guarded):
    """Whatever ended it while nobody asked, no item pays for it."""
    guard = guarded()
    (pid,) = guard.run(["pid"], None)
    os.kill(pid, signal.SIGKILL)

    assert [("a", 1), ("b", 1)] == guard.run(["a", "b"], 1)


def test_a_helper_that_somebody_kills_is_no_fault_of_its_item(guarded, monkeypatch):
    """The item is tried again for a while; after that the answer says who ended it."""
    monkeypatch.setattr("pipeline.guard._PATIENCE_S", 1.0)
    killed = Killed("killed_from_outside", "the process got SIGKILL")

    assert [("a", 1), killed, ("b", 1)] == guarded().run(["a", "killed", "b"], 1)


def test_a_helper_that_somebody_kills_while_it_loads_is_started_again(tmp_path):
    """A few times; if it never gets that far there is no memory for it, and the run ends."""
    guard = Guard(act, Limits(1, 0), partial(load_killed, tmp_path / "twice", 2))
    answers = guard.run(["a"], 1)
    guard.close()

    assert [("a", 1)] == answers
    with pytest.raises(NewsieveError, match=r"cannot start the .* the process got SIGKILL"):
        Guard(act, Limits(1, 0), partial(load_killed, tmp_path / "ever", 99)).run(["a"], 1)
    assert 4 == len(list((tmp_path / "ever").iterdir()))


def test_what_is_printed_is_no_answer(guarded):
    """A library that writes to stdout does not disturb the exchange."""
    assert ["printed", ("a", 1)] == guarded().run(["print", "a"], 1)


def test_time_is_counted_for_each_item_alone(guarded):
    """Many short items, together longer than the limit, are no long one."""
    guard = guarded(seconds=0.2)
    (before,) = guard.run(["pid"], None)
    begun = time.process_time()
    while time.process_time() - begun < 0.05:
        guard.run(["a"] * 500, None)
    time.sleep(0.3)

    assert [before] == guard.run(["pid"], None)


def test_close_ends_the_helper_and_the_next_request_starts_another(guarded):
    """Nothing is left behind."""
    guard = guarded()
    (pid,) = guard.run(["pid"], None)
    guard.close()
    guard.close()

    assert _gone(pid)
    assert [pid] != guard.run(["pid"], None)


def test_an_interruption_leaves_no_answer_for_the_next_request(guarded, monkeypatch):
    """After Ctrl-C in the middle of a request, the helper that was at work is ended."""
    guard = guarded(seconds=30)
    guard.run(["a"], None)
    helper = guard._helper
    monkeypatch.setattr(helper, "receive", _interrupt)
    with pytest.raises(KeyboardInterrupt):
        guard.run(["a", "b"], None)

    assert helper._process.returncode is not None
    assert [("c", None)] == guard.run(["c"], None)


def _interrupt():
    raise KeyboardInterrupt


def test_a_helper_that_cannot_start_is_one_message(tmp_path, monkeypatch):
    """What the helper cannot import is named, and how to do without it."""
    module = tmp_path / "fleeting.py"
    module.write_text("def act(item, argument): ...")
    monkeypatch.syspath_prepend(tmp_path)
    guard = Guard(importlib.import_module("fleeting").act, Limits(1, 1))
    module.unlink()
    told = "cannot start the cleaning process: .*fleeting.*run.document_seconds=0"
    with pytest.raises(NewsieveError, match=told):
        guard.run(["a"], None)


def test_a_missing_interpreter_is_one_message(monkeypatch):
    """No traceback either when there is nothing to start."""
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(NewsieveError, match=r"cannot start .* /no/such/python: No such file"):
        Guard(act, Limits(1, 1)).run(["a"], None)


PARENT = """
import os, sys, time
from hostile import act, load_slowly
from pipeline.guard import Guard, Limits
if __name__ == "__main__":
    guard = Guard(act, Limits(100, 300))
    print(guard.run(["pid"], None)[0], flush=True)
    guard.run([{item!r}], None)
    {then}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("item", "then", "signals"),
    [
        ("a", "pass", []),
        ("a", "raise SystemExit(1)", []),
        ("a", "os._exit(0)", []),
        ("a", "time.sleep(100)", [signal.SIGKILL]),
        ("a", "time.sleep(100)", [signal.SIGINT]),
        ("a", "time.sleep(100)", [signal.SIGTERM]),
        pytest.param("loop in C", "pass", [signal.SIGKILL], marks=LINUX),
        ("wait", "pass", [signal.SIGINT]),
    ],
)
def test_the_helper_ends_with_its_parent(item, then, signals):
    """However the parent ends, and whatever the helper is doing; and it says nothing."""
    code = textwrap.dedent(PARENT).format(item=item, then=then)
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    helper = int(parent.stdout.readline())
    if signals:
        time.sleep(0.2)
        os.killpg(parent.pid, signals[0])
    _, told = parent.communicate(timeout=30)

    assert _gone(helper)
    assert told.count(b"Traceback") == (signal.SIGINT in signals)  # the parent's own


def _gone(pid):
    """Wait until no process has this id, or only a dead one whose parent does not care."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if sys.platform == "linux":
            status = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
            if status.rpartition(")")[2].split()[0] in "ZX":
                return True
        time.sleep(0.05)
    return False


@pytest.mark.slow
def test_what_is_loaded_once_is_not_the_first_item_s_time():
    """A function that needs half a second to load answers under a limit of a tenth."""
    guard = Guard(act, Limits(0.1, 0), load_slowly)
    answers = guard.run(["a"], None)
    guard.close()

    assert [("a", None)] == answers
