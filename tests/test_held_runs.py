"""Runs that a gate holds, and what publish, discard and undo make of runs."""

from __future__ import annotations

import io
import json
import shlex
import shutil
from pathlib import Path

import pytest
from factories import story
from runs import rows, run, table_bytes

from pipeline.errors import HeldRun, LockedOutput, NewsieveError, UsageError
from pipeline.explain.lookup import Rows, trace
from pipeline.explain.report.facts import gather
from pipeline.explain.report.page import gather_samples, render_page
from pipeline.explain.report.tables import print_report
from pipeline.explain.runs import diff_runs
from pipeline.explain.text import as_text
from pipeline.ledger.commit import describe_held, discard_held, held_runs, publish_held, withdraw
from pipeline.ledger.history import committed_runs
from pipeline.ledger.lock import locked
from pipeline.ledger.upkeep.undo import undo

HOLDING = {"max_articles": 2}
"""A gate that three articles do not pass."""


@pytest.fixture
def raw(tmp_path):
    """Three stories that have nothing to do with one another."""
    for number in range(3):
        add(tmp_path / "raw", number)
    return tmp_path / "raw"


@pytest.fixture
def out(tmp_path):
    """Where the runs go."""
    return tmp_path / "out"


def add(folder: Path, number: int) -> None:
    """Put one more story into *folder*."""
    folder.mkdir(exist_ok=True)
    (folder / f"{number:03d}.txt").write_text(story(number), encoding="utf-8")


def hold(raw: Path, out: Path, **gates) -> Path:
    """Let a run be held; give its folder."""
    with pytest.raises(HeldRun):
        run(raw, out, gates=gates or HOLDING)
    (held,) = held_runs(out)
    return held


def published(out: Path) -> list[str]:
    """Names of the runs that readers see."""
    return sorted({path.parents[1].name for path in out.glob("runs/*/articles/*.parquet")})


def manifest(folder: Path) -> dict:
    """Read a run's manifest."""
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def test_a_failed_gate_holds_the_run_whole_and_out_of_sight(raw, out):
    """Readers see nothing; the folder is complete, its manifest says which gate failed."""
    with pytest.raises(HeldRun) as caught:
        run(raw, out, gates=HOLDING)
    (held,) = held_runs(out)

    assert [] == published(out)
    assert 3 == caught.value.exit_code
    assert str(caught.value).splitlines() == [
        f"{out}: held by a gate, nothing was published",
        f"  run {held.name}: read 3 · articles 3 · duplicates 0 · rejects 0 · unchanged 0",
        "  max_articles: 3 is above the limit of 2",
        f"  its files:            {held}",
        f"  look at it:           newsieve report {out} {held.name} --html report.html",
        f"  publish it unchanged: newsieve publish {out} {held.name}",
        f"  or delete it:         newsieve discard {out} {held.name}",
    ]
    expected = {"value": 3, "limit": 2, "baseline": None, "passed": False}
    assert {"max_articles": expected} == manifest(held)["gates"]
    for file in manifest(held)["files"]:
        assert (held / file["path"]).stat().st_size == file["bytes"]
    assert [] == list((out / ".staging").iterdir()), "its plan is done with"


@pytest.mark.parametrize("name", ["the output", "-odd", "it's $HOME; true"])
def test_the_commands_of_a_held_run_can_be_pasted(raw, tmp_path, monkeypatch, name):
    """Whatever the folder is called, they name it and the run, as two arguments."""
    monkeypatch.chdir(tmp_path)
    held = hold(raw, Path(name))
    lines = [line.partition("newsieve ")[2] for line in describe_held(held).splitlines()[-2:]]

    for verb, line in zip(("publish", "discard"), lines, strict=True):
        told, place, run_id = shlex.split(line)
        assert (verb, tmp_path / name, held.name) == (told, tmp_path / place, run_id)
        assert not place.startswith("-")


def test_the_message_names_a_cluster_that_is_too_large(raw, out):
    """Which one it is, is what a person needs to decide."""
    for number in range(5):
        (raw / f"copy{number}.txt").write_text(story(0), encoding="utf-8")
    with pytest.raises(HeldRun) as caught:
        run(raw, out, gates={"max_cluster_size": 5}, dedup={"alarm_cluster_size": 5})

    assert "  max_cluster_size: 6 is above the limit of 5\n" in str(caught.value)
    assert "  alarm_cluster_size: 6 articles and copies in cluster " in str(caught.value)


def test_the_message_has_reasons_of_rejects_with_an_example(raw, out):
    """As the account of a published run has; in one line each, whatever a record contains."""
    lines = [{"id": "1"}, {"id": "2", "text": ""}, {"id": "3", "text": story(9)}]
    (raw / "x.jsonl").write_text("\n".join(map(json.dumps, lines)) + '\n{"a":\n', "utf-8")
    with pytest.raises(HeldRun) as caught:
        run(raw, out, gates=HOLDING)
    told = [line for line in str(caught.value).splitlines() if line.startswith("  rejected ")]

    assert "  rejected no_text 2, such as x.jsonl#1: html: missing; text: missing" == told[0]
    assert told[1].startswith("  rejected not_json 1, such as x.jsonl#4: ")
    assert 2 == len(told)
    for table in (out / ".held").glob("*/rejects/*.parquet"):
        table.write_bytes(b"damaged")
    assert "  rejected no_text 2\n" in describe_held(held_runs(out)[0])


@pytest.fixture
def one_of_each(raw, out):
    """Publish a run, then let one be held with an article, a duplicate and a reject."""
    run(raw, out)
    add(raw, 7)
    (raw / "copy.txt").write_text(story(7), "utf-8")
    (raw / "copy-of-published.txt").write_text(story(0), "utf-8")
    (raw / "x.jsonl").write_text('{"id": "99-0"}\n', "utf-8")
    return hold(raw, out, min_articles=50)


def test_a_held_run_can_be_looked_at(one_of_each, out):
    """By its name, its beginning or its number: report, diff and trace, as if it were published."""
    held = one_of_each
    for name in (held.name, held.name[:17], "2"):
        facts = gather(out, name)
        assert (held.name, True, None) == (facts["run_id"], facts["held"], facts["published_at"])
        assert held.name == facts["trend"][-1]["run_id"]
        assert [1, 2, 1] == [facts["counts"][n] for n in ("articles", "duplicates", "rejects")]
    samples = gather_samples(out, held.name, facts["settings"])
    page = render_page(facts, samples)
    assert "Held by a gate, not published." in page
    assert "Published although" not in page
    stream = io.StringIO()
    print_report(facts, stream, colour=False)
    assert "held by a gate, not published" in stream.getvalue()

    assert (3, 4) == next(
        (each["a"], each["b"])
        for each in diff_runs(out, "1", held.name)["counts"]
        if each["name"] == "read"
    )
    for name, fate in (("99-0", "rejected"), ("007.txt", "article"), ("copy.txt", "duplicate")):
        found = trace(Rows(out), name)
        (record,) = found["records"]
        assert (fate, held.name, True) == (record["fate"], record["run_id"], record["held"])
        assert f".held/{held.name}/" in record["file"]
        assert f"{held.name}, held by a gate, not published" in "\n".join(as_text("trace", found))


def test_what_is_published_is_shown_as_before_while_a_run_is_held(one_of_each, out):
    """`latest` is the newest published run; names of its day mean it, not the held one."""
    (first,) = committed_runs(out)
    for name in ("latest", "1", first.run_id, first.run_id[:10]):
        facts = gather(out, name)
        assert (first.run_id, False) == (facts["run_id"], facts["held"])
        assert facts["published_at"]
        assert [first.run_id] == [each["run_id"] for each in facts["trend"]]
    (record,) = trace(Rows(out), "001.txt")["records"]
    assert (False, first.run_id) == (record["held"], record["run_id"])
    assert 3 == sum(len(batch) for batch in Rows(out).stories(["id"]))
    publish_held(out, one_of_each.name)
    (record,) = trace(Rows(out), "007.txt")["records"]
    assert record["held"] is False
    assert gather(out, "latest")["run_id"] == one_of_each.name


def test_the_first_run_can_be_looked_at_though_it_is_held(raw, out):
    """There is no published run yet; a damaged manifest of it does not hide the records."""
    held = hold(raw, out)
    assert held.name == gather(out, held.name)["run_id"]
    with pytest.raises(UsageError, match=f"latest or previous: {held.name}"):
        gather(out, "latest")
    (held / "manifest.json").write_text("{", "utf-8")
    assert "article" == trace(Rows(out), "001.txt")["records"][0]["fate"]


def test_while_a_run_is_held_every_further_run_ends_at_once(raw, out):
    """Whatever is new, and whatever its own gates are; the message is the same."""
    held = hold(raw, out)
    add(raw, 7)

    def never(*_arguments):
        pytest.fail("work was started")

    for gates in (HOLDING, {}):
        with pytest.raises(HeldRun, match="an earlier run is held by a gate, nothing was") as told:
            run(raw, out, engine=never, gates=gates)
        assert f"newsieve publish {out} {held.name}" in str(told.value)
        assert "max_articles: 3 is above the limit of 2" in str(told.value)
    assert [held] == held_runs(out)
    assert [] == published(out)


def test_a_published_run_is_as_if_it_had_never_been_held(raw, out, tmp_path):
    """The same tables as without gates; the manifest says that a person did it; runs go on."""
    run(raw, tmp_path / "plain")
    folder = publish_held(out, hold(raw, out).name)

    assert table_bytes(tmp_path / "plain") == table_bytes(out)
    assert [folder.name] == published(out)
    assert manifest(folder)["published_by_hand"] is not None
    assert manifest(tmp_path / "plain/runs" / folder.name)["published_by_hand"] is None
    assert [] == held_runs(out)
    assert run(raw, out, gates=HOLDING).account is None, "its inputs were read"
    add(raw, 7)
    assert folder.name == run(raw, out, gates=HOLDING).published[-1].plan.parent


def test_a_discarded_run_comes_again_with_the_same_rows(raw, out, tmp_path):
    """Its inputs are unread: the next run has them, is held again, or passes wider gates."""
    run(raw, tmp_path / "plain")
    first = hold(raw, out)
    assert first.name == discard_held(out, first.name)
    assert [] == held_runs(out)

    assert first == hold(raw, out), "nothing has changed: the same run"
    discard_held(out, first.name)
    assert first.name == run(raw, out, gates={"max_articles": 3}).published[-1].plan.run_id
    assert table_bytes(tmp_path / "plain") == table_bytes(out)


@pytest.mark.slow
def test_an_undone_run_comes_again_with_the_same_articles(raw, out):
    """undo, then run: the same run; undo takes one run after the other."""
    first = run(raw, out).published[-1].plan.run_id
    add(raw, 7)
    second = run(raw, out).published[-1].plan.run_id
    before = rows(out, "articles")

    taken = undo(out)
    assert (second, first, 1) == (taken.run_id, taken.newest, taken.counts["articles"])
    assert [first] == published(out)
    assert second == run(raw, out).published[-1].plan.run_id
    assert before == rows(out, "articles")

    assert second == undo(out).run_id
    assert (first, None) == (undo(out).run_id, None)
    assert [] == published(out)
    run(raw, out)
    assert sorted(row["id"] for row in before) == sorted(row["id"] for row in rows(out, "articles"))


def test_an_undo_that_is_killed_leaves_no_keys(raw, out, monkeypatch):
    """A run that comes again under the same name may have other texts."""
    name = run(raw, out).published[-1].plan.run_id
    keys = out / ".index" / "keys-00000000" / name
    keys.mkdir(parents=True)

    def killed(*arguments):
        withdraw(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.ledger.upkeep.undo.withdraw", killed)
    with pytest.raises(KeyboardInterrupt):
        undo(out)

    assert ([], False) == (published(out), keys.exists())


def test_undo_with_nothing_left_says_so(raw, out):
    """Exit 2: there is nothing to undo."""
    run(raw, out)
    undo(out)
    with pytest.raises(UsageError, match="no run is published; nothing to undo"):
        undo(out)


def test_undo_is_refused_while_a_run_is_held(raw, out):
    """The held run follows the newest: that is decided first."""
    run(raw, out)
    for number in (7, 8, 9):
        add(raw, number)
    held = hold(raw, out)
    with pytest.raises(HeldRun, match=f"newsieve discard {out} {held.name}"):
        undo(out)

    assert 1 == len(published(out))


def test_a_run_whose_parent_is_gone_is_not_published(raw, out):
    """What it was compared with is no longer the newest run; discard gives its inputs back."""
    first = run(raw, out).folder
    for number in (7, 8, 9):
        add(raw, number)
    held = hold(raw, out)
    shutil.rmtree(first)
    with pytest.raises(NewsieveError) as caught:
        publish_held(out, held.name)

    assert f"follows {first.name}, but the newest run is none" in str(caught.value)
    assert f"newsieve discard {out} {held.name}" in str(caught.value)
    assert 1 == caught.value.exit_code
    assert [] == published(out)
    assert manifest(held)["published_by_hand"] is None
    discard_held(out, held.name)
    assert 6 == run(raw, out).account.articles


def test_a_run_that_another_overtook_is_not_published(raw, out, tmp_path):
    """A run that was put there meanwhile is the newest now."""
    held = hold(raw, out)
    other = run(raw, tmp_path / "other").folder
    shutil.copytree(other, out / "runs" / "2026-01-01-000001-ffffffff")
    with pytest.raises(NewsieveError, match="follows no run, but the newest run is 2026-01-01"):
        publish_held(out, held.name)


@pytest.mark.parametrize("decide", [publish_held, discard_held])
def test_a_run_may_be_named_by_its_beginning(raw, out, decide):
    """As long as no other held run begins so; the message lists those there are."""
    held = hold(raw, out)
    shutil.copytree(held, held.with_name("2026-01-02-000001-0badcafe"))
    for name, problem in (
        ("2026-01-0", "more than one held run begins with '2026-01-0'"),
        ("", "no held run begins with ''"),
        ("2027", "no held run begins with '2027'"),
        (f"{held.name}x", "no held run begins with"),
        ("../runs", "no held run begins with"),
    ):
        with pytest.raises(UsageError, match=problem) as caught:
            decide(out, name)
        assert f"held: {held.name}, 2026-01-02-000001-0badcafe" in str(caught.value)
        assert 2 == caught.value.exit_code
    decide(out, "2026-01-01")

    assert ["2026-01-02-000001-0badcafe"] == [each.name for each in held_runs(out)]


@pytest.mark.parametrize("decide", [publish_held, discard_held])
def test_without_a_held_run_there_is_nothing_to_decide(raw, out, decide):
    """Exit 2; also for a run that is published already."""
    name = run(raw, out).published[-1].plan.run_id
    with pytest.raises(UsageError, match="no run is held; nothing to publish or discard"):
        decide(out, name)

    assert [name] == published(out)


@pytest.mark.parametrize("verb", [lambda out: publish_held(out, "r"), undo])
def test_a_folder_without_runs_is_left_as_it_is(tmp_path, verb):
    """A wrong OUTPUT gets neither a lock nor a staging folder."""
    with pytest.raises(UsageError, match="no runs here"):
        verb(tmp_path)

    assert [] == list(tmp_path.iterdir())


def test_decisions_wait_for_no_run(raw, out):
    """While a run is at work they end at once, and change nothing."""
    held = hold(raw, out)
    with locked(out):
        for decide in (
            lambda: publish_held(out, held.name),
            lambda: discard_held(out, held.name),
            lambda: undo(out),
        ):
            with pytest.raises(LockedOutput):
                decide()

    assert [held] == held_runs(out)


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"parent": null, "gates": 3}'])
def test_a_held_run_with_a_damaged_manifest_can_only_be_discarded(raw, out, content):
    """Runs and publish stop with a message that names the way out."""
    held = hold(raw, out)
    (held / "manifest.json").write_bytes(content)
    for act in (lambda: publish_held(out, held.name), lambda: run(raw, out), lambda: undo(out)):
        with pytest.raises(NewsieveError, match=f"damaged manifest .* discard {out} {held.name}"):
            act()
    discard_held(out, held.name)

    assert 3 == run(raw, out).account.articles


@pytest.mark.parametrize("moment", ["rename", "remove", "sweep"])
def test_killed_at_any_moment_a_reader_sees_whole_runs_only(raw, out, moment, monkeypatch):
    """Before the rename, before or while its files are deleted: what is there is whole."""
    run(raw, out)
    add(raw, 7)
    second = run(raw, out).published[-1].plan.run_id

    def killed(*_arguments):
        raise KeyboardInterrupt

    place = {
        "rename": "pipeline.ledger.commit.publish_folder",
        "remove": "pipeline.ledger.commit.shutil.rmtree",
        "sweep": "pipeline.ledger.commit.sweep_staging",
    }
    monkeypatch.setattr(place[moment], killed)
    with pytest.raises(KeyboardInterrupt):
        undo(out)
    monkeypatch.undo()

    for name in published(out):
        for file in manifest(out / "runs" / name)["files"]:
            assert (out / "runs" / name / file["path"]).stat().st_size == file["bytes"]
    gone = second not in published(out)
    assert gone == (moment == "remove")
    assert gone == (run(raw, out).folder is not None), "what was taken back comes again"
    assert 4 == len(rows(out, "articles"))


def test_a_publication_that_is_killed_can_be_made_again(raw, out, monkeypatch):
    """Between the note in the manifest and the rename it is still held."""
    held = hold(raw, out)

    def killed(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.ledger.commit.publish", killed)
    with pytest.raises(KeyboardInterrupt):
        publish_held(out, held.name)
    monkeypatch.undo()

    assert [] == published(out)
    assert [publish_held(out, held.name).name] == published(out)


def test_a_gate_by_the_baseline_holds_what_is_unusual_until_a_person_accepts_it(raw, out):
    """Two usual runs, then one full of rejects: held. Published, it is usual from then on."""
    gates = {"min_records": 3, "min_runs": 2, "max_reject_share_rise": 0.3}
    run(raw, out, gates=gates)
    for number in (10, 11, 12):
        add(raw, number)
    run(raw, out, gates=gates)

    def spoil(day):
        for number in range(3):
            (raw / f"binary-{day}-{number}.txt").write_bytes(b"\x00\xff\xfe" * (10 + day))

    spoil(3)
    held = hold(raw, out, **gates)
    expected = {"value": 1.0, "limit": 0.3, "baseline": 0.0, "passed": False}
    assert expected == manifest(held)["gates"]["max_reject_share_rise"]
    assert 3 == manifest(held)["counts"]["errors"]

    publish_held(out, held.name)
    for day in (4, 5):
        spoil(day)
        assert run(raw, out, gates=gates).folder is not None


def test_the_account_counts_what_gates_look_at(raw, out):
    """Articles without a date, rejects that are errors, and the largest cluster."""
    text = story(20)
    (raw / "dated.jsonl").write_text(
        json.dumps({"id": "d", "text": story(21), "date_published": "2026-01-01"}) + "\n[1]\n"
    )
    for number in range(4):
        (raw / f"copy{number}.txt").write_text(text, encoding="utf-8")
    account = run(raw, out, dedup={"alarm_cluster_size": 3}).account

    assert (5, 3, 1) == (account.articles, account.duplicates, account.errors)
    assert (4, 4) == (account.undated_articles, account.largest_cluster)
    (cluster,) = account.alarm_clusters
    (kept,) = {row["representative_id"] for row in rows(out, "duplicates")}
    assert (kept, 4) == (cluster.cluster_id, cluster.size)
    (folder,) = (out / "runs").iterdir()
    expected = [{"cluster_id": kept, "size": 4, "title": cluster.title}]
    assert expected == manifest(folder)["alarm_clusters"]


def test_a_run_that_passes_is_published_with_its_results(raw, out):
    """The limit itself passes; the manifest has every gate that was judged."""
    outcome = run(raw, out, gates={"max_articles": 3, "min_articles": 3})

    gates = manifest(outcome.folder)["gates"]
    assert ["min_articles", "max_articles"] == list(gates)
    assert all(result["passed"] for result in gates.values())
