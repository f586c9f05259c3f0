"""Runs whose inputs and output lie in an object store: as on a disk, and safe without a lock."""

from __future__ import annotations

import os
import re
import shlex
import sys
import time
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
import runs
from collections_of_runs import FIRST, contents, feed, marker, page
from factories import story
from object_server import CARELESS, FORBIDDEN, fetch_runs, serving
from runs import configured, newsieve

from newsieve import open_output
from pipeline import storage
from pipeline.cli import newsieve as newsieve_command
from pipeline.cli.options import State
from pipeline.errors import HeldRun, LostRace, UsageError
from pipeline.explain.lookup import Rows, trace
from pipeline.explain.report.facts import gather
from pipeline.explain.runs import list_runs, published_files, verify
from pipeline.job import preview_run, run_job
from pipeline.ledger.commit import discard_held, held_runs, publish_held
from pipeline.ledger.history import committed_runs, tombstones_of
from pipeline.ledger.inputs import find_inputs
from pipeline.ledger.log import commit, entry_of, read_log
from pipeline.ledger.upkeep.compact import compact
from pipeline.ledger.upkeep.remove import remove
from pipeline.ledger.upkeep.takedown import requested
from pipeline.ledger.upkeep.undo import undo
from pipeline.passes.reading import _guard
from pipeline.storage import listed, local, name_below
from pipeline.storage.objects import StorePath, _quoted, check_conditional_put
from tests.campaigns import engine_parts

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("store")]
DAYS = (0, 3, 9, 40)


def upload(folder: Path, store: StorePath) -> StorePath:
    """Put the files of *folder* into the store."""
    for path in folder.rglob("*"):
        if path.is_file():
            (store / path.relative_to(folder).as_posix()).put(path.read_bytes())
    return store


def run_at(inputs, output, day: int = 0, engine=runs.in_loop, **settings):
    """Run on *inputs*, so many days after the first."""
    return run_job(configured(inputs, output, **settings), FIRST + timedelta(day), engine)


def tables(output) -> dict[str, bytes]:
    """Every Parquet file of the runs of *output*, by name."""
    found = listed(output / "runs", "*.parquet", deep=True)
    return {name_below(path, output / "runs"): path.read_bytes() for path in found}


def copied(store: StorePath, folder: Path) -> Path:
    """Copy the published files of *store* to a folder."""
    fetch_runs(store, folder)
    return folder


def grown(folder: Path, output, inputs) -> None:
    """Make four runs over two months, with copies of one story in three of them."""
    for number, day in enumerate(DAYS):
        feed(folder, str(number), page(number, 1), page(20 + number, 20 + number, "b"))
        source = upload(folder / "in", inputs) if isinstance(inputs, StorePath) else folder / "in"
        run_at(source, output, day)


@pytest.fixture
def disk(tmp_path, store):  # noqa: ARG001 - helper processes start with its environment
    """Those runs on a disk."""
    (tmp_path / "disk").mkdir()
    grown(tmp_path / "disk", tmp_path / "disk" / "out", tmp_path / "disk" / "in")
    return tmp_path / "disk" / "out"


@pytest.fixture
def out(store, tmp_path):
    """Those runs in an object store, from inputs in it."""
    (tmp_path / "fed").mkdir()
    grown(tmp_path / "fed", store / "out", store / "in")
    return store / "out"


def test_the_tables_are_those_of_a_disk(disk, out):
    """To the byte, over runs that compare with earlier ones; and nothing else is left over."""
    assert tables(disk) == tables(out)
    assert [f"log/{n:06d}.json" for n in range(1, 5)] == [
        name_below(path, out) for path in listed(out / "log", "*")
    ]
    assert [] == list((out / ".staging").files())
    assert [] == verify(out)["problems"]


def test_a_second_run_has_nothing_to_do_and_opens_no_input(out, store, monkeypatch):
    """The store's mark of an object shows that it was read."""
    monkeypatch.setattr("pipeline.ledger.plan.open_input", None)
    outcome = run_at(store / "in", out, 41)

    assert ((), 4) == (outcome.published, len(outcome.inputs.files))


def test_readers_go_by_the_log(out, disk, tmp_path):
    """What no manifest lists is not there: for the library, for a list of files, and in DuckDB."""
    import duckdb  # noqa: PLC0415

    garbage = out / "runs" / "2026-01-01-000005-00000000" / "articles" / "part-00000.parquet"
    garbage.put((disk / "runs").glob("*1-*/articles/*.parquet").__next__().read_bytes())
    on_disk, in_store = open_output(disk), open_output(str(out))

    files, objects = (published_files(each, "articles") for each in (disk, out))
    assert len(files) == len(objects)
    for name in ("articles", "duplicates", "rejects"):
        expected = getattr(on_disk, name).to_table().sort_by("source").to_pylist()
        assert expected == getattr(in_store, name).to_table().sort_by("source").to_pylist()
    assert on_disk.since(2).count_rows() == in_store.since(2).count_rows()
    script = (out / "views.sql").read_bytes().decode()
    copied(out, tmp_path / "copy")
    with duckdb.connect() as database:
        database.execute(script.replace(str(out), str(tmp_path / "copy")))
        found = database.execute("SELECT run_id, sequence, articles FROM runs").fetchall()
        count = database.execute("SELECT count(*) FROM articles").fetchone()
    assert [(run["run_id"], run["sequence"], run["articles"]) for run in in_store.runs] == found
    assert (on_disk.articles.count_rows(),) == count


def test_of_two_runs_at_once_the_second_is_planned_anew(store, tmp_path):
    """It reads what the first has not read; nothing is lost, and nothing there twice."""
    feed(tmp_path, "one", page(1, 1), page(2, 2))
    upload(tmp_path / "in", store / "in")
    overtaken = []

    def overtaken_once(plan, run, config, staging):
        runs.in_loop(plan, run, config, staging)
        if not overtaken:
            feed(tmp_path, "two", page(3, 3))
            upload(tmp_path / "in", store / "in")
            overtaken.append(run_at(store / "in" / "two.jsonl", store / "out"))

    outcome = run_at(store / "in", store / "out", engine=overtaken_once)

    first, second = committed_runs(store / "out")
    assert [1, 2] == [first.sequence, second.sequence]
    assert (first.folder, second.folder) == (overtaken[0].folder, outcome.folder)
    assert 3 == open_output(str(store / "out")).articles.count_rows()
    assert [] == verify(store / "out")["problems"]


def test_of_two_equal_runs_the_second_has_nothing_left_to_do(store, tmp_path):
    """Even if the first has swept away what the second was working on."""
    feed(tmp_path, "one", page(1, 1), page(2, 2))
    overtaken = []

    def overtaken_early(plan, run, config, staging):
        if not overtaken:
            overtaken.append(run_at(tmp_path / "in", store / "out"))
        runs.in_loop(plan, run, config, staging)

    outcome = run_at(tmp_path / "in", store / "out", engine=overtaken_early)

    assert () == outcome.published
    assert [1] == [run.sequence for run in committed_runs(store / "out")]
    assert [] == verify(store / "out")["problems"]


class Killed(BaseException):
    """Stands for a process that is killed."""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_around_the_commit_loses_nothing(when, store, tmp_path, monkeypatch, disk):
    """Before it the next run goes on from the finished blocks, after it there is nothing to do."""
    upload(disk.parent / "in", store / "in")
    create = StorePath.create

    def killed(path, content):
        if path.parent.name == "log":
            if when == "after":
                create(path, content)
            raise Killed
        create(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(StorePath, "create", killed)
        with pytest.raises(Killed):
            run_at(store / "in", store / "out")
    assert (when == "after") == bool(committed_runs(store / "out"))
    with monkeypatch.context() as patched:
        if when == "before":
            patched.setattr("tests.in_process.clean_block", lambda block, *_: block.index)
        outcome = run_at(store / "in", store / "out")
    expected = run_at(store / "in", tmp_path / "expected").folder

    assert [when == "before"] * len(outcome.published) == [r.resumed for r in outcome.published]
    assert tables(tmp_path / "expected") == tables(store / "out")
    assert [expected.name] == [run.run_id for run in committed_runs(store / "out")]
    run_at(store / "in", store / "out")
    assert [] == verify(store / "out")["problems"]


def test_a_repeated_put_whose_answer_was_lost_finds_itself(store):
    """The store says that there is one, and it is ours."""
    store_log = entry_of(store, 1)
    store_log.put(b"{}")
    commit(store, 1, b"{}", "published")

    with pytest.raises(LostRace, match=f"{store_log}: another command was first"):
        commit(store, 1, b"[]", "published")


def test_changes_of_runs_come_to_the_same_as_on_a_disk(disk, out, tmp_path):
    """Takedown, compacting and undo: the same rows, and no word of what was taken down."""
    results = []
    for output in (disk, out):
        taken = remove(output, requested([], ["https://a.example/0"], []))
        merged = compact(output, date(2026, 2, 1))
        results.append((taken, [(each.held, each.rows) for each in merged]))
    copy = copied(out, tmp_path / "copy")

    assert results[0] == results[1]
    assert contents(disk) == contents(copy)
    assert tombstones_of(disk / "runs") == tombstones_of(out / "runs")
    assert [] == verify(out)["problems"]
    for path, _ in out.files():
        text = path.read_bytes()
        if path.name.endswith(".parquet"):
            text = repr(pq.ParquetFile(path.open()).read().to_pylist()).encode()
        assert marker(0, 1).encode() not in text, path
    assert undo(disk).counts == undo(out).counts
    assert contents(disk) == contents(copied(out, tmp_path / "again"))


def test_a_run_goes_on_from_changed_runs(out, store, tmp_path):
    """Numbers of changes are used up: the next run has the next one, and names its parent."""
    newest = committed_runs(out)[-1].run_id
    remove(out, requested([], ["https://b.example/21"], []))
    feed(tmp_path / "fed", "9", page(21, 21, "b"), page(50, 50))
    upload(tmp_path / "fed" / "in", store / "in")
    outcome = run_at(store / "in", out, 41)

    (published,) = outcome.published
    assert (6, newest) == (published.plan.sequence, published.plan.parent)
    assert {"taken_down": 1} == published.account.rejects_by_reason
    assert 1 == published.account.articles


def test_a_change_that_another_command_overtakes_changes_nothing(out, monkeypatch):
    """The new files of the loser are nobody's, and its repetition takes other names."""
    request = requested([], ["https://a.example/0"], [])
    before, create = read_log(out).manifests, StorePath.create

    def overtaken(path, content):
        if path.parent.name == "log":
            create(path, b'{"deed": "something else"}')
        create(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(StorePath, "create", overtaken)
        with pytest.raises(LostRace):
            remove(out, request)
    assert before == read_log(out).manifests
    assert {"unlisted"} == {each["problem"] for each in verify(out)["problems"]}
    assert 1 == remove(out, request).count("article")
    assert [] == verify(out)["problems"]


def test_held_runs_wait_in_the_store(store, tmp_path):
    """They are published or discarded as on a disk; meanwhile nothing else starts."""
    feed(tmp_path, "one", page(1, 1), page(2, 2), page(3, 3))
    with pytest.raises(HeldRun):
        run_at(tmp_path / "in", store / "out", gates={"max_articles": 2})
    with pytest.raises(HeldRun):
        run_at(tmp_path / "in", store / "out")
    (held,) = held_runs(store / "out")

    assert ([], 1) == (committed_runs(store / "out"), len(list_runs(store / "out")["held"]))
    assert [] == verify(store / "out")["problems"]
    assert (True, held.name) == tuple(
        gather(store / "out", held.name)[n] for n in ("held", "run_id")
    )
    assert {True} == {each["held"] for each in trace(Rows(store / "out"), "one.jsonl#1")["records"]}
    assert held.name == discard_held(store / "out", held.name)
    with pytest.raises(HeldRun):
        run_at(tmp_path / "in", store / "out", gates={"max_articles": 2})
    published = publish_held(store / "out", held.name)
    assert [published] == [run.folder for run in committed_runs(store / "out")]
    assert [] == held_runs(store / "out")
    assert [] == verify(store / "out")["problems"]


def test_what_comes_after_a_discarded_run_is_planned_anew(store, tmp_path):
    """Inputs that were put right meanwhile are read as they are now."""
    feed(tmp_path, "one", page(1, 1), page(2, 2), page(3, 3))
    with pytest.raises(HeldRun):
        run_at(tmp_path / "in", store / "out", gates={"max_articles": 2})
    discard_held(store / "out", held_runs(store / "out")[0].name)
    feed(tmp_path, "one", page(1, 1), page(2, 2))
    outcome = run_at(tmp_path / "in", store / "out", gates={"max_articles": 2})

    assert (2, 2) == (outcome.account.read, outcome.account.articles)
    run_at(tmp_path / "in", store / "out")
    assert [outcome.folder] == list((store / "out" / "runs").iterdir())


def test_a_takedown_leaves_nothing_of_unfinished_runs(out, store, tmp_path):
    """They hold texts, and nobody can publish them any more."""

    def failing(*_):
        raise RuntimeError

    feed(tmp_path / "fed", "9", page(70, 70))
    upload(tmp_path / "fed" / "in", store / "in")
    with pytest.raises(RuntimeError):
        run_at(store / "in", out, 41, engine=failing)
    assert [] != list((out / ".staging").files())
    remove(out, requested([], ["https://b.example/21"], []))

    assert [] == list((out / ".staging").files())


def test_globs_name_objects_as_they_name_files(store, tmp_path):
    """The same files under the same names; what begins with a dot is left out."""
    names = ("a.txt", "b/c.txt", "b/d.html", "b/.e.txt", ".git/f.txt", "g.txt.json", "h.md", "page")
    for name in names:
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text("<html>" if name == "page" else "x", encoding="utf-8")
    (tmp_path / "in" / "a.txt.json").write_text("{}", encoding="utf-8")
    upload(tmp_path / "in", store / "in")

    def found(root: str, pattern: str):
        inputs = find_inputs((f"{root}{pattern}",))
        return [file.source for file in inputs.files], inputs.ignored

    for pattern in ("", "/*.txt", "/**/*.txt", "/*/*", "/b/[cd].*", "/a.txt", "/**", "/z*"):
        assert found(str(tmp_path / "in"), pattern) == found(str(store / "in"), pattern), pattern
    assert ["a.txt"] == find_inputs((f"{store}/in/*.txt", f"{store}/in/a.txt")).files[0:1][
        0
    ].source.split("#")


def test_an_object_that_changes_during_a_run_is_read_by_the_next(store, tmp_path):
    """Its records are rejected for now, as those of a file are."""
    feed(tmp_path, "one", page(1, 1), page(2, 2))
    upload(tmp_path / "in", store / "in")

    def changed(plan, run, config, staging):
        feed(tmp_path, "one", page(4, 4), page(5, 5), page(3, 3))
        upload(tmp_path / "in", store / "in")
        runs.in_loop(plan, run, config, staging)

    first = run_at(store / "in", store / "out", engine=changed)
    second = run_at(store / "in", store / "out", 1)

    assert {"changed_meanwhile": 1} == first.account.rejects_by_reason
    assert 3 == second.account.articles


def test_a_sidecar_that_changes_makes_its_object_new(store):
    """As that of a file does: what it says is part of the document."""
    for name, content in (("a.txt", story(1)), ("a.txt.json", '{"title": "One"}')):
        (store / "in" / name).put(content.encode())
    for path in (store / "in", store / "in" / "a.txt"):
        run_at(path, store / "out" / path.name)
    (store / "in" / "a.txt.json").put(b'{"title": "Another"}')
    for path in (store / "in", store / "in" / "a.txt"):
        (published,) = run_at(path, store / "out" / path.name, 1).published
        (_, second) = open_output(str(store / "out" / path.name)).articles.to_table().to_pylist()
        assert (1, "Another") == (published.account.read, second["title"])


def test_young_objects_wait(store, tmp_path):
    """An object that was written just now may not be the last of its batch."""
    feed(tmp_path, "one", page(1, 1))
    upload(tmp_path / "in", store / "in")
    preview = preview_run(configured(store / "in", store / "out", input={"min_age_s": 600}))

    assert ([str(store / "in" / "one.jsonl")], []) == (
        preview.inputs.too_young,
        preview.inputs.files,
    )


def test_a_record_is_traced_to_its_object(out):
    """The row says in which object it is."""
    found = trace(Rows(out), "0.jsonl#1")

    assert [("article", "0.jsonl#1")] == [
        (record["fate"], record["source"]) for record in found["records"]
    ]
    assert (out / found["records"][0]["file"]).exists()


ENDPOINTS = {"s3": "AWS_ENDPOINT_URL", "gs": "GOOGLE_BASE_URL", "az": "AZURE_STORAGE_ENDPOINT"}
TROUBLES = {
    "missing bucket": ("{}://absent/out", {}, "no such bucket"),
    "wrong key": (f"{{}}://{FORBIDDEN}/out", {}, r"access denied \(InvalidAccessKeyId\)"),
    "no conditional put": (f"{{}}://{CARELESS}/out", {}, "ignores If-None-Match"),
    "unreachable": ("{}://news/out", {"endpoint": "http://127.0.0.1:9"}, "127.0.0.1:9"),
    "no url": ("{}://news/out", {"endpoint": "here"}, "expected a url such as"),
    "no bucket": ("{}:///out", {}, "expected an address such as s3://bucket/folder"),
}


@pytest.fixture
def trouble(request, monkeypatch, bucket):
    """Address and message of a trouble, in its environment."""
    address, environment, message = TROUBLES[request.param]
    kind = request.config.getoption("--store")
    if not kind.startswith("moto") and any(each in address for each in (FORBIDDEN, CARELESS)):
        pytest.skip(f"{kind} has no bucket that misbehaves")
    if "endpoint" in environment:
        monkeypatch.setenv(ENDPOINTS[bucket.scheme], environment["endpoint"])
    return address.format(bucket.scheme), message


@pytest.mark.parametrize("trouble", TROUBLES, indirect=True)
def test_trouble_with_a_store_is_told_before_anything_starts(trouble, tmp_path):
    """One message that says what to do, within 30 seconds; nothing is published."""
    address, message = trouble
    feed(tmp_path, "one", page(1, 1))
    began = time.monotonic()
    with pytest.raises(UsageError, match=message):
        run_at(tmp_path / "in", address)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("trouble", ["missing bucket", "wrong key", "unreachable"], indirect=True)
def test_trouble_with_inputs_is_told_as_well(trouble, tmp_path):
    """By the run and by what shows what a run would do."""
    address, message = trouble
    with pytest.raises(UsageError, match=message):
        preview_run(configured(address, tmp_path / "out"))


KEYS = {"az": "AZURE_STORAGE_ACCOUNT_KEY", "gs": "GOOGLE_APPLICATION_CREDENTIALS"}
CREDENTIALS = {
    "s3, none": ("s3", {}, "no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
    "s3, half": ("s3", {"AWS_ACCESS_KEY_ID": "a"}, "cannot be used: Missing SecretAccessKey; set"),
    "gs, none": ("gs", {}, "no credentials; set GOOGLE_APPLICATION_CREDENTIALS"),
    "gs, no file": ("gs", {KEYS["gs"]: "/absent.json"}, "cannot be used: .*/absent.json.*; set"),
    "gs, no key": ("gs", {KEYS["gs"]: __file__}, "cannot be used: Unable to decode .*; set GOOGLE"),
    "az, none": ("az", {}, "no credentials; set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_AC"),
    "az, half": ("az", {"AZURE_STORAGE_ACCOUNT_NAME": "a"}, f"no credentials; .* and {KEYS['az']}"),
    "az, no key": (
        "az",
        {"AZURE_STORAGE_ACCOUNT_NAME": "a", KEYS["az"]: "no base64!"},
        f"cannot be used: Invalid Access Key.*; set .* and {KEYS['az']} in the environment",
    ),
}


@pytest.mark.parametrize("case", CREDENTIALS)
def test_credentials_that_are_missing_or_wrong_are_named(case, tmp_path, monkeypatch):
    """In each provider's own variables, within 30 seconds, and nothing of a key is shown."""
    scheme, environment, message = CREDENTIALS[case]
    for name in os.environ:
        if name.startswith(("AWS_", "GOOGLE_", "AZURE_")):
            monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    feed(tmp_path, "one", page(1, 1))
    began = time.monotonic()
    with pytest.raises(UsageError, match=message) as caught:
        run_at(tmp_path / "in", f"{scheme}://{uuid4().hex}/out")

    assert "no base64!" not in str(caught.value)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("kind", ["moto-gs", "azurite", "versitygw"])
def test_every_kind_of_store_holds_a_collection(kind, tmp_path, disk):
    """Google's words, Azure's, and a server of one's own: the tables are those of a disk."""
    if kind in engine_parts.TOOLS and not engine_parts.there(kind):
        pytest.skip(f"no {kind}: make engines ENGINES={kind}")
    (tmp_path / "fed").mkdir()
    with serving(kind, tmp_path) as bucket:
        _guard.cache_clear()  # a helper process has the environment of its start
        out = bucket / "out"
        grown(tmp_path / "fed", out, bucket / "in")
        found = tables(out)
        assert (4, []) == (len(committed_runs(out)), verify(out)["problems"])
        assert () == run_at(bucket / "in", out, 41).published
        assert 1 == remove(out, requested([], ["https://a.example/0"], [])).count("article")
    _guard.cache_clear()

    assert tables(disk) == found


def test_a_server_in_a_careless_mode_is_refused(tmp_path):
    """With --nometa, versitygw keeps no marks of objects, and knows no conditions then."""
    if not engine_parts.there("versitygw"):
        pytest.skip("no versitygw: make engines ENGINES=versitygw")
    feed(tmp_path, "one", page(1, 1))
    with (
        serving("versitygw-nometa", tmp_path) as bucket,
        pytest.raises(UsageError, match="ignores If-None-Match"),
    ):
        run_at(tmp_path / "in", bucket / "out")


def test_a_listed_object_is_the_one_that_is_opened(store):
    """Whatever a server's list leaves out of its mark: Azure's has no quotes."""
    (store / "a").put(b"one")
    ((path, listed_as),) = store.files()

    assert _quoted('"0x1"') == _quoted("0x1") == '"0x1"'
    assert listed_as.e_tag == path.stat().e_tag
    assert b"one" == path.open(stat=listed_as).read()


def test_a_missing_package_is_named(monkeypatch):
    """With the command that installs it."""
    monkeypatch.setitem(sys.modules, "obstore", None)
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(
        UsageError, match=r"needs the package obstore; pip install 'newsieve\[cloud"
    ):
        find_inputs(("s3://another/in",))


def test_the_command_line_ends_with_its_exit_code(store, tmp_path):
    """2 for what cannot start; 0 for a run, whose folder is on stdout."""
    feed(tmp_path, "one", page(1, 1))
    absent = f"{store.scheme}://absent"
    refused = newsieve("run", tmp_path / "in", "--output", f"{absent}/out")
    done = newsieve("run", tmp_path / "in", "--output", f"{store}/out")
    files = newsieve("list", f"{store}/out", "--files")

    told = f"newsieve: {absent}: no such bucket; create it, or name another\n"
    assert (2, told.encode()) == (refused.returncode, refused.stderr)
    assert 0 == done.returncode, done.stderr
    assert files.stdout.startswith(done.stdout.strip() + b"/articles/")


def test_a_store_with_conditional_put_passes_the_probe(store):
    """And the probe leaves nothing behind."""
    check_conditional_put(store / "probe")

    assert [] == list(store.files())


def test_copies_of_objects_are_bounded(store, monkeypatch):
    """What was not used for longest goes first; a changed object is fetched again."""
    monkeypatch.setenv("NEWSIEVE_CACHE_BYTES", "2500")
    monkeypatch.setattr(storage, "IN_USE_S", 0)
    for number in range(4):
        (store / str(number)).put(bytes([number]) * 1000)
        assert bytes([number]) * 1000 == local(store / str(number)).read_bytes()
    kept = list(storage.cache_folder().iterdir())

    assert [bytes([2]) * 1000, bytes([3]) * 1000] == sorted(path.read_bytes() for path in kept)
    (store / "3").put(b"new")
    storage._known.clear()
    assert b"new" == local(store / "3").read_bytes()
    assert bytes([0]) * 1000 == local(store / "0").read_bytes()


def test_the_commands_of_the_page_do_what_it_says(store, tmp_path, capsysbinary):
    """Each one, in its order, on a place of its own."""
    text = (runs.ROOT / "docs/how-to/object-storage.md").read_text("utf-8")
    commands = re.findall(r"^(newsieve .*)$", text, re.MULTILINE)
    feed(tmp_path, "one", page(1, 1), page(2, 2))
    upload(tmp_path / "in", store / "scraped")
    for command in commands:
        words = shlex.split(command.replace("s3://news/", f"{store}/"))
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(sys, "argv", words)
            with suppress(SystemExit):
                newsieve_command(words[1:], obj=State(), standalone_mode=False)
        assert b"newsieve:" not in capsysbinary.readouterr().err, command

    assert 9 == len(commands)
    assert {"https://www.example.org/2026/01/a-name"} == set(re.findall(r"https://www\S+", text))
    assert 1 == len(committed_runs(store / "output"))


@pytest.mark.beam
def test_two_workers_that_share_no_file(store, tmp_path, monkeypatch):
    """Each has copies of its own: what they hand to one another lies in the store."""
    monkeypatch.setenv("NEWSIEVE_CACHE", str(tmp_path / "caches" / "%p"))
    upload(runs.ROOT / "raw", store / "in")
    flags = ["--logical-date", "2026-01-02", "--set", "run.block_bytes=20000"]
    two = newsieve(
        *("run", store / "in", "--output", store / "out", *flags), "--set", "run.workers=2"
    )
    one = newsieve("run", runs.ROOT / "raw", "--output", tmp_path / "out", *flags)

    assert (0, 0) == (one.returncode, two.returncode), two.stderr
    assert tables(tmp_path / "out") == tables(store / "out")
    assert 3 == len(list((tmp_path / "caches").iterdir()))
