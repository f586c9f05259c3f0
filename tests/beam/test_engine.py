"""The graph on Beam's in-process engine: the same bytes as without it, no network, no half runs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from factories import story
from runs import DAY, ROOT, in_loop, kill_group, newsieve, run, start_newsieve, table_bytes

from pipeline.beam.graph import build
from pipeline.beam.runner import MUCH_BYTES, execute, workers
from pipeline.config import Config
from pipeline.errors import NewsieveError
from pipeline.memory import (
    MAIN_BYTES,
    SEVERAL_WORKERS_ADDRESSES,
    WORKER_BYTES,
    memory_bytes,
    require_address_space,
)

pytestmark = pytest.mark.beam

NEWSIEVE = Path(sys.executable).with_name("newsieve")
SMALL_BLOCKS = {"block_bytes": 8_000}


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The tables of raw/, in small blocks, made without an engine."""
    folder = tmp_path_factory.mktemp("loop")
    run(ROOT / "raw", folder, run=SMALL_BLOCKS)
    return table_bytes(folder)


@pytest.mark.parametrize("workers", [1, 2])
def test_any_number_of_workers_gives_the_same_bytes(workers, expected, tmp_path):
    """One worker or two, in this process or in others: the same tables as the bare loop."""
    run(ROOT / "raw", tmp_path, engine=execute, run=SMALL_BLOCKS | {"workers": workers})

    assert expected == table_bytes(tmp_path)


@pytest.mark.parametrize("flags", [["--runner=DirectRunner"], ["--runner", "DirectRunner"]])
def test_direct_runner_means_the_in_process_engine(flags, expected, tmp_path):
    """The name that Beam's users know is understood, and starts no other engine."""
    engine = partial(execute, beam_flags=flags)

    run(ROOT / "raw", tmp_path, engine=engine, run=SMALL_BLOCKS)

    assert expected == table_bytes(tmp_path)


def test_work_that_is_done_twice_does_no_harm(expected, tmp_path):
    """An engine may repeat any bundle: files are replaced by the same files, counts stay."""
    engine = partial(execute, beam_flags=["--direct_runner_bundle_repeat=1"])

    outcome = run(ROOT / "raw", tmp_path, engine=engine, run=SMALL_BLOCKS)

    assert 27 == outcome.account.read
    assert expected == table_bytes(tmp_path)


def test_the_order_of_elements_changes_nothing(expected, tmp_path, monkeypatch):
    """Blocks, and with them bundles and portions, may come in any order."""

    def reversed_blocks(root, blocks, *rest):
        build(root, list(blocks)[::-1], *rest)

    monkeypatch.setattr("pipeline.beam.runner.build", reversed_blocks)
    run(ROOT / "raw", tmp_path, engine=execute, run=SMALL_BLOCKS | {"workers": 2})

    assert expected == table_bytes(tmp_path)


def test_ranges_of_keys_change_nothing(expected, tmp_path, monkeypatch):
    """A large run on another engine joins bands in parts: the graph with them is the same."""
    monkeypatch.setattr("pipeline.beam.runner.build", _with_ranges)
    run(ROOT / "raw", tmp_path, engine=execute, run=SMALL_BLOCKS)

    assert expected == table_bytes(tmp_path)


def _with_ranges(*arguments):
    build(*arguments[:5], ranges=4)


def test_earlier_articles_are_found_by_ranges_of_keys(tmp_path, monkeypatch):
    """With many new articles, keys are looked up in parallel: the same rows as by one worker."""
    ferry, mill = story(1, 120), story(2, 120)
    days = [[ferry, mill, story(3)], [ferry, f"{mill} {story(4, 20)}", story(5)]]
    found = []
    for name, engine in (("loop", in_loop), ("engine", execute)):
        (tmp_path / name / "in").mkdir(parents=True)
        for day, texts in enumerate(days):
            for number, text in enumerate(texts):
                path = tmp_path / name / "in" / f"{day}.{number}.txt"
                path.write_text(text, encoding="utf-8")
            run(tmp_path / name / "in", tmp_path / name / "out", engine=engine)
        files = sorted((tmp_path / name / "out" / "runs").rglob("*.parquet"))
        found.append([path.read_bytes() for path in files])
        monkeypatch.setattr("pipeline.job.lookup_shards", lambda _: 4)
        monkeypatch.setattr("pipeline.dedup.steps.earlier.lookup.STAGED_ROWS", 1)

    assert any(path.parent.name == "duplicates" for path in files)
    assert found[0] == found[1]


NO_NETWORK = """
import sys
def refuse(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        sys.exit(f"{event}: {arguments}")
    if event == "socket.connect" and arguments[1][0] not in ("127.0.0.1", "localhost", "::1"):
        sys.exit(f"{event}: {arguments}")
sys.addaudithook(refuse)
from pipeline.cli import main
main()
"""


def test_a_run_uses_no_network(tmp_path):
    """No name is looked up and no address beyond this machine is connected to."""
    arguments = ["run", "--input", str(ROOT / "raw"), "--output", str(tmp_path / "out")]
    finished = subprocess.run(
        [sys.executable, "-c", NO_NETWORK, *arguments], cwd=ROOT, capture_output=True, check=False
    )

    assert 0 == finished.returncode, finished.stderr.decode()


def _stories(folder: Path, count: int) -> Path:
    folder.mkdir()
    for part in range(4):
        with (folder / f"{part}.jsonl").open("w", encoding="utf-8") as file:
            for number in range(count // 4):
                words = " ".join(f"word{(number * 31 + k * part) % 977}" for k in range(120))
                file.write(
                    json.dumps({"id": f"{part}-{number}", "text": f"A story: {words}."}) + "\n"
                )
    return folder


def test_kill_9_leaves_no_half_published_run(tmp_path):
    """After a kill in the middle there is no run folder; the next run starts over and ends well."""
    inputs = _stories(tmp_path / "in", 2_000)
    output = tmp_path / "out"
    settings = ["--set", "run.block_bytes=100000", "--logical-date", DAY.isoformat()]
    arguments = ["run", "--input", inputs, "--output", output, *settings]
    process = start_newsieve(*arguments)
    deadline = time.monotonic() + 60
    while not list(output.glob(".staging/*/blocks/*.cleaned.json")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    kill_group(process)
    assert not list(output.glob("runs/*"))

    finished = newsieve(*arguments)

    assert 0 == finished.returncode, finished.stderr.decode()
    assert not list(output.glob(".staging/*"))
    run(inputs, tmp_path / "undisturbed", run={"block_bytes": 100_000})
    assert table_bytes(tmp_path / "undisturbed") == table_bytes(output)


def test_worker_processes_are_quiet(tmp_path):
    """Two workers say no more on stderr than one: the account."""
    said = {}
    for count in (1, 2):
        settings = ["--set", "run.block_bytes=8000", "--set", f"run.workers={count}"]
        output = tmp_path / f"out{count}"
        finished = newsieve("run", "--input", "raw", "--output", output, *settings)
        assert 0 == finished.returncode
        said[count] = finished.stderr.decode().splitlines()

    assert any(line.startswith("read          27") for line in said[1])
    assert len(said[1]) == len(said[2])


def test_an_interruption_is_exit_130_and_publishes_nothing(tmp_path):
    """Ctrl-C in the middle of a step ends the run, with one line."""
    inputs = _stories(tmp_path / "in", 2_000)
    process = start_newsieve("run", "--input", inputs, "--output", tmp_path / "out")
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("out/.staging/*/blocks/.*")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)

    assert 130 == process.returncode
    assert b"newsieve: interrupted; nothing was published" == told.splitlines()[-1]
    assert not list(tmp_path.glob("out/runs/*"))


def test_a_hostile_document_costs_itself_alone_with_two_workers(tmp_path):
    """What is too slow is one reject; the tables are the bare loop's."""
    inputs = _stories(tmp_path / "in", 80)
    (inputs / "large.txt").write_text("The tram to Vellmer stopped at noon.\n" * 150_000)
    settings = SMALL_BLOCKS | {"document_seconds": 1}
    for name, engine, count in [("a", in_loop, 1), ("b", execute, 2)]:
        outcome = run(inputs, tmp_path / name, engine, run=settings | {"workers": count})
        assert {"too_slow": 1} == outcome.account.rejects_by_reason

    assert table_bytes(tmp_path / "a") == table_bytes(tmp_path / "b")


def test_a_failing_step_is_one_message_and_publishes_nothing(tmp_path, monkeypatch):
    """What goes wrong inside the engine reaches the user as one line that names the step."""

    def broken(*_arguments):
        raise RuntimeError("disk on fire")

    monkeypatch.setattr("pipeline.beam.work.clean_block", broken)
    with pytest.raises(NewsieveError, match=r"in step Clean/CleanBlock: .*disk on fire"):
        run(ROOT / "raw", tmp_path, engine=execute)
    assert not (tmp_path / "runs").exists()


def test_workers_follow_the_size_of_the_input():
    """Little input is not worth a second process, nor is a single block; a number is a number."""
    assert 1 == workers(Config(), blocks=50, input_bytes=MUCH_BYTES - 1)
    assert 1 == workers(Config(), blocks=1, input_bytes=MUCH_BYTES)
    assert 3 == workers(Config(run={"workers": 3}), blocks=50, input_bytes=1)


@pytest.mark.parametrize(("fitting", "count"), [(0, 1), (1, 1), (2, 2), (9, 4)])
def test_workers_follow_the_memory(monkeypatch, fitting, count):
    """No more than fit, but one at least: more would be killed by the system."""
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    memory = MAIN_BYTES + fitting * WORKER_BYTES
    monkeypatch.setattr("pipeline.beam.runner.memory_bytes", lambda: memory)

    assert count == workers(Config(), blocks=50, input_bytes=MUCH_BYTES)


@pytest.mark.parametrize(
    ("limit", "count", "message"),
    [
        (SEVERAL_WORKERS_ADDRESSES - 1, 2, "allows 3.0 GB .* each of run.workers = 2 may"),
        (1_500_000_000, 3, "allows 1.5 GB .* each of run.workers = 3 may"),
    ],
)
def test_several_workers_are_refused_where_they_would_be_aborted(
    tmp_path, monkeypatch, limit, count, message
):
    """A process without room for its threads is aborted: a run says so before it starts any."""
    monkeypatch.setattr("pipeline.memory.address_space", lambda: limit)
    settings = {"workers": count, **SMALL_BLOCKS}
    with pytest.raises(NewsieveError, match=message):
        run(ROOT / "raw", tmp_path, execute, run=settings)

    assert not (tmp_path / "runs").exists()
    monkeypatch.setattr("pipeline.memory.address_space", lambda: SEVERAL_WORKERS_ADDRESSES)
    require_address_space(count)


def test_workers_follow_the_address_space(monkeypatch):
    """With ``auto``, one worker where several would be aborted."""
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    asked = Config(), 50, MUCH_BYTES
    for limit, expected in ((SEVERAL_WORKERS_ADDRESSES - 1, 1), (float("inf"), 4)):
        monkeypatch.setattr("pipeline.beam.runner.memory_bytes", lambda: MAIN_BYTES * 99)
        monkeypatch.setattr("pipeline.beam.runner.address_space", lambda limit=limit: limit)

        assert expected == workers(*asked)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("kilobytes", [600_000, 720_000, 1_700_000])
def test_a_small_address_space_ends_a_run_with_a_line(tmp_path, kilobytes, workers):
    """Refused before a library aborts, or loops while it is loaded (OpenBLAS, at 720 MB)."""
    command = ["run", "--input", ROOT / "raw", "--output", "out", "--set", f"run.workers={workers}"]
    limited = ["bash", "-c", f'ulimit -v {kilobytes}; exec "$@"', "-", NEWSIEVE, *command]
    done = subprocess.run(
        limited, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False
    )

    assert 1 == done.returncode
    assert done.stderr.startswith("newsieve: ")
    assert done.stderr.count("\n") == done.stderr.count("ulimit -v") == 1
    assert not (tmp_path / "out/runs").exists()


@pytest.mark.parametrize(
    ("group", "files", "limit"),
    [
        ("0::/a/b", {"a/memory.max": "700000000", "a/b/memory.max": "max"}, 700_000_000),
        ("0::/", {"memory.max": "600000000"}, 600_000_000),
        ("0::/../c", {}, 8_000_000_000),
        ("9:cpu:/a\n4:memory:/a", {"memory/a/memory.limit_in_bytes": "500000000"}, 500_000_000),
        ("4:memory:/elsewhere", {"memory/memory.limit_in_bytes": "400000000"}, 400_000_000),
        ("nonsense", {}, 8_000_000_000),
    ],
)
def test_the_memory_is_that_of_the_container(tmp_path, monkeypatch, group, files, limit):
    """The smallest limit of the control groups, of either version; else the machine's."""
    (tmp_path / "cgroup").write_text(group)
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.setattr("pipeline.memory._CGROUP", tmp_path / "cgroup")
    monkeypatch.setattr("pipeline.memory._CGROUPS", str(tmp_path))

    monkeypatch.setattr("os.sysconf", {"SC_PHYS_PAGES": 2_000_000, "SC_PAGE_SIZE": 4_000}.get)

    assert limit == memory_bytes()
