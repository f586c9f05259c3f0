"""Commands on one output in an object store that meet, or are killed between two requests."""

from __future__ import annotations

import os
import random
import threading
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import date
from uuid import uuid4

import boto3
import pyarrow.parquet as pq
import pytest
import runs
from collections_of_runs import FIRST, feed, marker, page
from factories import story
from object_server import _application
from runs import configured
from werkzeug.serving import make_server

from newsieve import open_output
from pipeline.cli import newsieve as newsieve_command
from pipeline.cli.options import State
from pipeline.errors import DONE, HeldRun, LostRace, NewsieveError
from pipeline.explain.runs import verify
from pipeline.job import preview_run, run_job
from pipeline.ledger import log as log_module
from pipeline.ledger.commit import discard_held, held_runs, publish_held
from pipeline.ledger.history import committed_runs, renew_views
from pipeline.ledger.log import commit, commit_change, entry_of, read_log
from pipeline.ledger.upkeep.compact import compact
from pipeline.ledger.upkeep.remove import remove
from pipeline.ledger.upkeep.takedown import requested
from pipeline.ledger.upkeep.undo import undo
from pipeline.storage.objects import StorePath, check_conditional_put

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("store")]
TAKEDOWN = requested([], ["https://a.example/0"], [])
ANOTHER = requested([], ["https://b.example/20"], [])


def run_at(inputs, output, day: int = 0, engine=runs.in_loop, **settings):
    """Run on *inputs*, so many days after the first."""
    config = configured(inputs, output, **settings)
    return run_job(config, date.fromordinal(FIRST.toordinal() + day), engine)


@pytest.fixture(scope="module")
def prepared(bucket, tmp_path_factory):
    """Three runs in an object store, and a fourth file to read; tests copy them."""
    folder, store = tmp_path_factory.mktemp("fed"), bucket / uuid4().hex
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("NEWSIEVE_CACHE", str(folder / "cache"))
        for number, day in enumerate((0, 1, 40)):
            feed(folder, str(number), *pages(number))
            run_at(folder / "in", store, day)
    feed(folder, "3", *pages(3))
    return folder / "in", store


def pages(number: int) -> list[dict]:
    """A copy of one story, and two others."""
    return [page(number, 1), page(20 + number, 20 + number, "b"), page(30 + number, 30 + number)]


@pytest.fixture
def out(prepared, store):
    """Those three runs."""
    copy_objects(prepared[1], store / "out")
    return store / "out"


def copy_objects(origin: StorePath, target: StorePath) -> None:
    """Copy what lies below *origin*."""
    for path, _ in origin.files():
        (target / path.relative_to(origin).as_posix()).put(path.read_bytes())


def sources(output) -> list[str]:
    """What readers see: the sources of all articles."""
    return sorted(open_output(str(output)).articles.to_table()["source"].to_pylist())


def holding(output, word: str) -> list[str]:
    """The objects that have *word* in them."""
    found = []
    for path, _ in output.files():
        content = path.read_bytes()
        if path.name.endswith(".parquet"):
            content = repr(pq.ParquetFile(path.open()).read().to_pylist()).encode()
        found += [str(path)] if word.encode() in content else []
    return found


def test_who_is_overtaken_by_an_equal_run_changes_nothing_of_what_it_published(out, prepared):
    """What earlier runs have was swept away meanwhile; without it, all copies would be articles."""
    remove(out, requested([], ["https://b.example/23"], []))
    seen = []

    def overtaken(plan, run, config, staging):
        if not seen:
            seen.append(run_at(prepared[0], out, 41).folder)
            seen.append(sources(out))
        runs.in_loop(plan, run, config, staging)

    outcome = run_at(prepared[0], out, 41, engine=overtaken)

    assert () == outcome.published
    assert seen == [committed_runs(out)[-1].folder, sources(out)]
    assert [] == verify(out)["problems"]


def test_who_is_overtaken_by_an_equal_run_that_is_held_publishes_nothing(out, prepared):
    """What a person decides about is what the gates have seen."""

    def overtaken(plan, run, config, staging):
        with pytest.raises(HeldRun):
            run_at(prepared[0], out, 41, gates={"max_articles": 1})
        runs.in_loop(plan, run, config, staging)

    with pytest.raises(FileNotFoundError, match="its run was ended by another command"):
        run_at(prepared[0], out, 41, engine=overtaken)
    assert 3 == len(committed_runs(out))
    publish_held(out, held_runs(out)[0].name)

    assert 4 == len(committed_runs(out))
    assert [] == verify(out)["problems"]


def test_nothing_is_written_to_a_run_whose_plan_is_gone(store):
    """Nor below it; a plan that is there does not stand in the way."""
    store_run = replace(store / "runs" / "r", needs=store / "plan.json")
    with pytest.raises(FileNotFoundError, match="its run was ended by another command"):
        (store_run / "articles" / "a.parquet").put(b"")
    (store / "plan.json").put(b"{}")
    (store_run / "articles" / "a.parquet").put(b"")

    assert [store / "plan.json", store_run / "articles/a.parquet"] == [p for p, _ in store.files()]


def test_a_change_does_not_delete_what_the_next_one_is_uploading(out, monkeypatch):
    """The second begins right after the first has committed, and commits after its cleanup."""
    begun, cleaned, found = threading.Event(), threading.Event(), []
    sweep, create = log_module.sweep, StorePath.create

    def second() -> None:
        found.append(remove(out, ANOTHER))

    def waiting(path, content):
        if threading.current_thread() is thread and path.parent.name == "log":
            begun.set()
            cleaned.wait(30)
        create(path, content)

    def sweeping(output, **named):
        if threading.current_thread() is not thread and not begun.is_set():
            thread.start()
            assert begun.wait(30)
        sweep(output, **named)

    thread = threading.Thread(target=second)
    with monkeypatch.context() as patched:
        patched.setattr(log_module, "sweep", sweeping)
        patched.setattr(StorePath, "create", waiting)
        remove(out, TAKEDOWN)
        cleaned.set()
        thread.join(30)

    assert [1] == [each.count("article") for each in found]
    assert [] == verify(out)["problems"]
    assert [] == holding(out, marker(0, 1)) + holding(out, marker(20, 20, "b"))


class Killed(BaseException):
    """Stands for a process that is killed."""


class KilledAt:
    """Raises ``Killed`` instead of the n-th request that writes or deletes."""

    def __init__(self, patched: pytest.MonkeyPatch, number: int) -> None:
        self.left = number
        for name in ("put", "create", "remove"):
            patched.setattr(StorePath, name, self._counted(getattr(StorePath, name)))

    def _counted(self, request):
        def counted(*arguments):
            if self.left == 0:
                raise Killed
            self.left -= 1
            return request(*arguments)

        return counted


COMMANDS = {
    "run": lambda output, inputs: run_at(inputs, output, 41),
    "remove": lambda output, _: remove(output, TAKEDOWN),
    "compact": lambda output, _: compact(output, date(2026, 2, 1)),
    "undo": lambda output, _: undo(output),
}


STEPS = {"run": 11}
"""A run makes many requests that are alike; the others are killed before each."""


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_is_killed_is_done_or_not_and_the_next_run_cleans_up(
    name, prepared, store, monkeypatch
):
    """Between any two of its requests; readers have all records then, and nothing else is left."""
    inputs, origin = prepared
    expected = {}
    for does in (False, True):
        output = store / str(does)
        copy_objects(origin, output)
        if does:
            COMMANDS[name](output, inputs)
        expected[does] = [sources(output)]
        run_at(inputs, output, 41)
        expected[does].append(sources(output))
    committed = {False}
    for number in range(0, 200, STEPS.get(name, 1)):
        output = store / str(number)
        copy_objects(origin, output)
        finished = False
        with monkeypatch.context() as patched:
            KilledAt(patched, number)
            with suppress(Killed):
                COMMANDS[name](output, inputs)
                finished = True
        done = read_log(output).sequence > 3
        committed.add(done)
        found = [sources(output)]
        run_at(inputs, output, 41)
        assert expected[done] == [*found, sources(output)], number
        views = (output / "views.sql").read_bytes()
        renew_views(output)
        assert views == (output / "views.sql").read_bytes(), number
        assert not (name == "remove" and done and holding(output, marker(0, 1))), number
        if name in ("remove", "compact") and not done:  # what these upload, the next change finds
            remove(output, requested(["0" * 32], [], []))
        assert ([], []) == (verify(output)["problems"], garbage(output)), number
        if finished:
            break
    assert ({False, True}, True) == (committed, finished)


def garbage(output) -> list[str]:
    """What nothing lists, and old manifests."""
    log = read_log(output)
    listed = {f"runs/{name}/{f['path']}" for name, m in log.manifests.items() for f in m["files"]}
    known = ("log/", ".index/", ".probe", "views.sql")
    names = [path.relative_to(output).as_posix() for path, _ in output.files()]
    return [n for n in names if n not in listed and not n.startswith(known)] + [*log.superseded]


@pytest.mark.parametrize("decide", [publish_held, discard_held])
def test_a_decision_about_a_held_run_that_is_killed_is_made_or_not(
    decide, store, tmp_path, monkeypatch
):
    """If it was made nothing stands in the way of the next run, else the run is still held."""
    feed(tmp_path, "one", *pages(1))
    with pytest.raises(HeldRun):
        run_at(tmp_path / "in", store / "held", gates={"max_articles": 2})
    fates = []
    for number in range(100):
        output = store / str(number)
        copy_objects(store / "held", output)
        (held,) = held_runs(output)
        finished = False
        with monkeypatch.context() as patched:
            KilledAt(patched, number)
            with suppress(Killed):
                decide(output, held.name)
                finished = True
        fates.append((read_log(output).sequence, len(held_runs(output))))
        if held_runs(output):
            decide(output, held.name)
        run_at(tmp_path / "in", output)
        assert [1] == [run.sequence for run in committed_runs(output)], number
        assert ([], []) == (verify(output)["problems"], garbage(output)), number
        if finished:
            break
    decided = (1, 0) if decide is publish_held else (0, 0)
    assert [(0, 1), decided] == sorted(set(fates), key=fates.index)


def test_what_a_discarded_run_has_left_is_not_in_the_next_of_its_name(store, tmp_path):
    """With another version of a library a block may have no rejects where it had some."""
    feed(tmp_path, "one", *pages(1))
    (first,) = run_at(tmp_path / "in", store / "first").published
    left = store / "out" / "runs" / first.plan.run_id / "rejects" / "part-00000.parquet"
    left.put(next(first.folder.glob("articles/*.parquet")).read_bytes())
    (second,) = run_at(tmp_path / "in", store / "out").published

    assert first.plan.run_id == second.plan.run_id
    assert 0 == open_output(str(store / "out")).rejects.count_rows()


def test_a_held_run_whose_number_is_taken_is_planned_anew(store, tmp_path):
    """It can no longer be published: what it read is judged again, on top of what came first."""
    feed(tmp_path, "one", *pages(1))
    with pytest.raises(HeldRun):
        run_at(tmp_path / "in", store, gates={"max_articles": 2})
    commit_change(store, read_log(store), "something else")
    (published,) = run_at(tmp_path / "in", store).published

    assert ([], 2) == (held_runs(store), published.plan.sequence)
    assert ([], []) == (verify(store)["problems"], garbage(store))


ANSWERS = {
    "the answer is lost": ([OSError(5, "timed out")], b"ours", None),
    "the put is repeated": ([FileExistsError()], b"ours", None),
    "a conflict, and nothing is written": ([FileExistsError()], None, None),
    "another was first": ([FileExistsError()], b"theirs", LostRace),
    "another was first, and the answer is lost": ([OSError(5, "timed out")], b"theirs", LostRace),
    "no answer": ([OSError(5, "timed out"), OSError(5, "timed out")], None, OSError),
}
"""What the store says to the first puts, what is there then, what comes of it."""


@pytest.mark.parametrize("case", ANSWERS)
def test_what_is_there_counts_and_not_what_the_store_answers(case, store, monkeypatch):
    """A run whose put was answered by an error may be published, and one with "exists" not."""
    answers, there, expected = ANSWERS[case]
    create, told = StorePath.create, list(answers)

    def answered(path, content):
        if told:
            if there:
                path.put(there)
            raise told.pop(0)
        create(path, content)

    monkeypatch.setattr(StorePath, "create", answered)
    with pytest.raises(expected) if expected else nullcontext():
        commit(store, 1, b"ours", case)
    assert (expected is None) == (case in DONE)
    if expected is None:
        assert b"ours" == entry_of(store, 1).read_bytes()
        DONE.remove(case)


def test_the_probe_of_conditions_may_be_repeated(store, monkeypatch):
    """The first of its puts finds itself if its answer was lost."""
    create, told = StorePath.create, [FileExistsError()]

    def repeated(path, content):
        create(path, content)
        if told:
            raise told.pop()

    monkeypatch.setattr(StorePath, "create", repeated)
    check_conditional_put(store / "probe")
    assert [] == list(store.files())


def test_a_log_is_read_while_an_entry_is_emptied(out, monkeypatch):
    """The listing is older than the entry then."""
    local, told = log_module.local, []

    def emptied(path, stat):
        if path == entry_of(out, 2) and not told:
            told.append(path)
            path.put(path.read_bytes() + b"\n")
        return local(path, stat)

    monkeypatch.setattr(log_module, "local", emptied)
    assert [1, 2, 3] == [each["sequence"] for each in read_log(out).manifests.values()]
    assert told


def test_a_newest_entry_that_is_lost_is_missed(out):
    """An entry that it had emptied says so; there is no waiting for it."""
    remove(out, TAKEDOWN)
    entry_of(out, 4).remove([entry_of(out, 4)])

    with pytest.raises(NewsieveError, match=r"000004.json: missing; restore it"):
        read_log(out)


def test_of_two_who_empty_an_entry_the_later_number_stays(out):
    """A reader with an older listing would miss a manifest that it does not know the heir of."""
    log_module._empty_entry(entry_of(out, 1), (), 7)
    log_module._empty_entry(entry_of(out, 1), (), 5)

    assert b'"superseded_by": 7' in entry_of(out, 1).read_bytes()


def test_manifests_of_runs_that_are_gone_are_emptied(out):
    """Merged ones and undone ones: a title in them may be of what is taken down later."""
    compact(out, date(2026, 2, 1))
    undo(out)
    emptied = [b'"manifests": []' in entry_of(out, number).read_bytes() for number in range(1, 5)]

    assert [True, True, True, False] == emptied


def test_objects_that_stand_for_folders_are_no_inputs_and_in_no_way(store):
    """Consoles and other tools write "folder/", which a listing names "folder"."""
    if store.scheme != "s3":
        pytest.skip("such names are written with a client of S3")
    client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    for name in ("", "in/", "in/empty/", "out/", "out/runs/", "out/log/", "out/.staging/"):
        client.put_object(Bucket=store.bucket, Key=f"{store.key}/{name}")
    client.close()
    (store / "in" / "a.txt").put(story(1).encode())
    run_at(store / "in", store / "out")
    remove(store / "out", requested(["0" * 32], [], []))

    assert ["a.txt"] == sources(store / "out")
    assert () == run_at(store / "in", store / "out").published


READING = (
    ("list",), ("list", "--files"), ("verify",), ("trace", "0.jsonl#1"), ("report", "latest"),
    ("diff", "1", "2"),
)  # fmt: skip


def test_commands_that_read_need_no_right_to_write(out, prepared, monkeypatch):
    """Nor does the preview of a run."""
    for name in ("put", "create", "remove"):
        monkeypatch.setattr(StorePath, name, None)
    for verb, *arguments in READING:
        newsieve_command([verb, str(out), *arguments], obj=State(), standalone_mode=False)

    assert ["3.jsonl"] == [
        each.source for each in preview_run(configured(prepared[0], out)).plan.inputs
    ]
    assert 8 == len(sources(out))


class NotFoundError(Exception):
    """As obstore names it."""


class PreconditionError(Exception):
    """As obstore names it."""


def test_objects_that_another_process_deletes_first_are_in_no_way(store, monkeypatch):
    """Google and Azure report a missing one, and delete no further."""
    left = {"a", "c"}

    def delete(_, names):
        for name in names:
            if name not in left:
                raise NotFoundError(name)
            left.remove(name)

    monkeypatch.setattr("obstore.delete", delete)
    store.remove([store.with_name(name) for name in "abc"])

    assert set() == left


def test_a_put_under_a_condition_that_does_not_hold_found_an_object(store, monkeypatch):
    """Azure may say that the condition does not hold, and not that there is one."""

    def put(*_, **__):
        raise PreconditionError

    monkeypatch.setattr("obstore.put", put)
    with pytest.raises(FileExistsError):
        store.create(b"")


class Failing:
    """A server of objects that fails one request in ten, before or after it has done it."""

    def __init__(self) -> None:
        self.serve, self.random, self.lock = _application(), random.Random(4), threading.Lock()

    def __call__(self, environ, start):
        """Serve a request, or not, or without saying so."""
        with self.lock:
            fate = self.random.random()
        if 0.1 <= fate or (fate >= 0.05 and environ["REQUEST_METHOD"] == "GET"):
            return self.serve(environ, start)
        if fate >= 0.05:
            list(self.serve(environ, lambda *_: None))
        start("500 Internal Server Error", [])
        return []


def test_a_store_that_fails_now_and_then_loses_nothing(prepared, out, monkeypatch, request):
    """Also where it has done what it denies, such as a put that is only done once."""
    if request.config.getoption("--store") != "moto":
        pytest.skip("only moto fails on demand")
    server = make_server("127.0.0.1", 0, Failing(), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with monkeypatch.context() as patched:
        patched.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        run_at(prepared[0], out, 41)
        remove(out, TAKEDOWN)
        compact(out, date(2026, 2, 1))
        undo(out)
        run_at(prepared[0], out, 41)
    server.shutdown()
    server.server_close()

    assert [3, 8] == [len(committed_runs(out)), read_log(out).sequence]
    assert 12 - len(("taken down", "a copy")) == len(sources(out))
    assert [] == holding(out, marker(0, 1))
    assert ([], []) == (verify(out)["problems"], garbage(out))
