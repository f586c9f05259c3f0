"""Takedown: what is named is nowhere, nobody else's copy is lost, and it does not come back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from collections_of_runs import check, contents, feed, manifests, marker, page, run_on, words_below
from factories import story

from pipeline.config import DedupConfig
from pipeline.dedup.steps.earlier.keys import sign_again, write_keys
from pipeline.errors import HeldRun, UsageError
from pipeline.ledger.upkeep.remove import Removed, remove
from pipeline.ledger.upkeep.takedown import requested
from pipeline.ledger.upkeep.undo import undo
from pipeline.staging import Staging


def take_down(folder, *urls, ids=(), sites=(), **how) -> Removed:
    """Take down what is named, in the collection below *folder*."""
    return remove(folder / "out", requested(ids, urls, sites), **how)


def fates(found: Removed) -> list[str]:
    """What happened to the rows, sorted."""
    return sorted(row.fate for row in found.rows)


@pytest.fixture(scope="module")
def two_days(tmp_path_factory):
    """A story and copies of it by three others, over two days; and a story of its own."""
    tmp_path = tmp_path_factory.mktemp("two_days")
    known = {"title": "Ferry", "authors": ["Ann Vole"], "date_published": "2026-01-01"}
    feed(tmp_path, "1", page(0, 1, "a", **known), page(1, 1, "b"), page(9, 2, "z"))
    run_on(tmp_path, 0)
    feed(tmp_path, "2", page(2, 1, "c", **known), page(3, 1, "d"))
    run_on(tmp_path, 1)
    return tmp_path


@pytest.fixture
def syndicated(two_days, tmp_path):
    """A copy of them that a test may change."""
    shutil.copytree(two_days, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.mark.slow
def test_a_taken_down_article_is_nowhere_and_its_copies_stay(syndicated):
    """The copy of the earliest run takes its place, and the others name that."""
    out = syndicated / "out"
    before = {row["url"]: row for table in contents(out).values() for row in table}
    found = take_down(syndicated, "HTTPS://A.example/0?utm_source=x#top")
    after = contents(out)

    assert ["article", "promoted", "renamed", "renamed"] == fates(found)
    assert marker(0, 1) not in words_below(out)
    kept = {row["url"]: row for row in after["articles"]}
    assert {"https://b.example/1", "https://z.example/9"} == set(kept)
    heir, old = kept["https://b.example/1"], before["https://b.example/1"]
    assert {name: old[name] for name in old if name in heir and name != "evidence"} == {
        name: heir[name] for name in heir if name in old and name != "evidence"
    }
    assert ([], None) == (heir["evidence"], heir["revision_of"])
    for row in after["duplicates"]:
        assert heir["id"] == row["representative_id"]
        assert heir["run_id"] == row["representative_run_id"]
        assert before[row["url"]]["cluster_id"] == row["cluster_id"] == heir["cluster_id"]
        assert "near" == row["match"]
        assert row["similarity"] > 0.8
        assert {"shared", "probability"} <= {each["part"] for each in row["evidence"]}
    check(out)


def test_within_a_run_the_order_of_representatives_decides(tmp_path):
    """Of two copies of one day the better documented one becomes the article."""
    known = {"title": "T", "authors": ["A B"], "date_published": "2026-01-01"}
    feed(tmp_path, "1", page(0, 1, "a", **known))
    run_on(tmp_path, 0)
    feed(tmp_path, "2", page(1, 1, "b"), page(2, 1, "c", **known))
    run_on(tmp_path, 1)
    take_down(tmp_path, sites=["a.example"])

    assert ["https://c.example/2"] == [row["url"] for row in contents(tmp_path / "out")["articles"]]


def test_copies_that_are_none_of_one_another_become_articles_each(tmp_path):
    """Two excerpts of one long story have nothing in common without it."""
    long = story(1, 300).split()
    feed(tmp_path, "1", {"url": "https://a.example/0", "text": " ".join(long)})
    run_on(tmp_path, 0)
    feed(
        tmp_path,
        "2",
        {"url": "https://b.example/1", "text": " ".join(long[:140])},
        {"url": "https://c.example/2", "text": " ".join(long[150:])},
    )
    run_on(tmp_path, 1)
    expected = len(contents(tmp_path / "out")["duplicates"])
    found = take_down(tmp_path, "https://a.example/0")

    assert expected == found.count("promoted")
    assert 2 == len(contents(tmp_path / "out")["articles"])
    check(tmp_path / "out")


def test_work_files_lie_in_the_output(syndicated, monkeypatch):
    """The next command sweeps them there if the takedown is killed; in /tmp nobody would."""
    places = []

    def noted(folder: str) -> Staging:
        places.append(Path(folder).parent)
        return Staging(folder)

    monkeypatch.setattr("pipeline.ledger.upkeep.remove.Staging", noted)
    take_down(syndicated, "https://a.example/0")

    assert [syndicated / "out/.staging"] == places


def test_copies_that_are_asked_for_too_go_with_it(syndicated):
    """And a duplicate alone leaves its representative as it is."""
    found = take_down(syndicated, "https://a.example/0", sites=["b.example", "d.example"])

    assert ["article", "duplicate", "duplicate", "promoted"] == fates(found)
    for number, site in ((0, "a"), (1, "b"), (3, "d")):
        assert marker(number, 1, site) not in words_below(syndicated / "out")
    check(syndicated / "out")


def test_one_text_can_be_named_by_its_id(syndicated):
    """The article's own id, or that of a copy."""
    (copy,) = [row for row in contents(syndicated / "out")["duplicates"] if "d." in row["url"]]
    assert ["duplicate"] == fates(take_down(syndicated, ids=[copy["id"]]))
    assert marker(3, 1, "d") not in words_below(syndicated / "out")


@pytest.mark.slow
def test_what_was_taken_down_does_not_come_back(syndicated):
    """By address, by site, by id: a reject that says so, without an excerpt; then unchanged."""
    (own,) = [row["id"] for row in contents(syndicated / "out")["articles"] if "z." in row["url"]]
    take_down(syndicated, "https://a.example/0", ids=[own], sites=["b.example"])
    feed(
        syndicated,
        "3",
        page(0, 1, "a", version=1),  # the same address, other bytes
        page(70, 7, "b"),  # the same site
        page(9, 2, "z"),  # the same id
        {
            "id": "page",
            "html": "<html><head><link rel=canonical href=https://a.example/0>"
            f"<title>Quay</title></head><body><article><p>{story(5, 90)}</p></article></html>",
        },
        page(71, 8, "c"),
    )
    (third,) = run_on(syndicated, 2)
    rejects = contents(syndicated / "out")["rejects"]

    assert 4 == len(rejects)
    for row in rejects:
        assert ("read", "filtered", "taken_down") == (row["stage"], row["kind"], row["reason"])
        assert (None, None) == (row["excerpt"], row["detail"])
    assert (5, 1, 4) == (third.account.read, third.account.articles, third.account.rejects)
    feed(syndicated, "4", page(9, 2, "z"))
    assert 1 == run_on(syndicated, 3)[0].account.unchanged


FORMS = (
    "http://a.example/0",
    "https://www.a.example/0/",
    "HTTP://WWW.A.Example:80/0?utm_source=x",
    "https://a.example/0/index.html",
)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_a_takedown_means_any_form_of_the_address(syndicated, form):
    """The row has another form than the request; what comes in a third form stays out."""
    assert "article" in fates(take_down(syndicated, form))
    assert marker(0, 1, "a") not in words_below(syndicated / "out")
    feed(syndicated, "3", *({"url": each, "text": story(80, 90)} for each in FORMS))
    (third,) = run_on(syndicated, 2)

    assert {"taken_down": 4} == third.account.rejects_by_reason


def test_another_page_of_the_site_stays(syndicated):
    """A longer path, another query or another host is another page."""
    for other in ("https://a.example/01", "https://a.example/0?id=2", "https://b.a.example/0"):
        assert [] == fates(take_down(syndicated, other))


@pytest.mark.slow
def test_tombstones_outlive_undo(syndicated):
    """The runs may go; what was taken down stays out when their inputs are read again."""
    take_down(syndicated, "https://a.example/0")
    undo(syndicated / "out")
    undo(syndicated / "out")
    run_on(syndicated, 0)

    assert marker(0, 1) not in words_below(syndicated / "out")
    assert 1 == [row["reason"] for row in contents(syndicated / "out")["rejects"]].count(
        "taken_down"
    )


def test_the_excerpt_of_a_reject_goes_with_its_url(tmp_path):
    """Also where neither its record id nor its excerpt has the address."""
    short = {"id": "r1", "url": "https://a.example/0?utm_x=1", "text": "Marker0a1zq0 opens."}
    other = {"id": "r2", "url": "https://b.example/0", "text": "It closes."}
    feed(tmp_path, "1", short, other, page(1, 1, "c"))
    run_on(tmp_path, 0, judge={"min_words": 20})
    found = take_down(tmp_path, "https://a.example/0")

    assert ["excerpt"] == fates(found)
    told = {row["record_id"]: row["excerpt"] for row in contents(tmp_path / "out")["rejects"]}
    assert {"r1": None, "r2": "It closes."} == told
    check(tmp_path / "out")


def test_excerpts_of_rejects_go_where_the_address_stands_in_them(tmp_path):
    """A row without its excerpt stays, so that the account does."""
    line = '{"url": "https://a.example/0?utm_x=1", "text": "Marker0a1zq0 opens'
    feed(tmp_path, "1", {"url": "https://b.example/5", "text": ""}, page(1, 1, "b"))
    (tmp_path / "in/2.jsonl").write_text(line + "\n", encoding="utf-8")
    run_on(tmp_path, 0)
    assert marker(0, 1) in words_below(tmp_path / "out")
    found = take_down(tmp_path, "https://a.example/0")

    assert ["excerpt"] == fates(found)
    assert marker(0, 1) not in words_below(tmp_path / "out")
    told = {row["reason"]: row["excerpt"] for row in contents(tmp_path / "out")["rejects"]}
    assert None is told["not_json"]
    assert None is not told["no_text"]
    check(tmp_path / "out")


SPELLINGS = {
    r"https:\/\/a.example\/0": True,
    "HTTPS://A.Example/0": True,
    "(https://a.example/0)": True,
    "(see https://a.example/0).": True,
    "https://a.example/0, it said": True,
    "[ferry](https://a.example/0)": True,
    "https://a.example/0;Ferry;2026": True,
    "https://a.example/0,Ferry": True,
    "https://a.example/0.": True,
    "https://a.example/0?utm_x=1**": True,
    "https://a.example/0.5": False,
    "https://a.example/01": False,
    "https://b.example/0": False,
    "a.example or https://": False,
}


def test_an_address_in_an_excerpt_counts_however_it_is_written(tmp_path):
    """As JSON with escaped slashes, as prose, Markdown or a row of CSV has it."""
    feed(tmp_path, "1", page(1, 1, "b"))
    lines = [f"{{not json {spelling}\n" for spelling in SPELLINGS]
    (tmp_path / "in/2.jsonl").write_text("".join(lines), encoding="utf-8")
    run_on(tmp_path, 0)
    take_down(tmp_path, "https://a.example/0")

    rejects = {row["source"]: row["excerpt"] for row in contents(tmp_path / "out")["rejects"]}
    gone = {text: rejects[f"2.jsonl#{n}"] is None for n, text in enumerate(SPELLINGS, 1)}
    assert SPELLINGS == gone


def test_later_versions_name_the_version_that_stays(tmp_path):
    """Of three versions of a page the middle one goes by its id."""
    for day in range(3):
        feed(tmp_path, str(day), page(0, 1, "a", version=day))
        run_on(tmp_path, day)
    first, second, third = contents(tmp_path / "out")["articles"]
    assert [first["id"], second["id"]] == [second["revision_of"], third["revision_of"]]
    found = take_down(tmp_path, ids=[second["id"]])

    assert ["article", "relinked"] == fates(found)
    assert [None, first["id"]] == [
        row["revision_of"] for row in contents(tmp_path / "out")["articles"]
    ]


def test_the_receipt_tells_how_much_went_and_not_what(syndicated):
    """In the manifest of each changed run; its headline among the alarms goes as well."""
    out = syndicated / "out"
    path = min(out.glob("runs/*/manifest.json"))
    (cluster,) = {row["cluster_id"] for row in contents(out)["duplicates"]}
    alarm = {"cluster_id": cluster, "size": 4, "title": "Ferry"}
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"alarm_clusters": [alarm]}))
    take_down(syndicated, "https://a.example/0")
    first, second = manifests(out)

    (receipt,) = first["removed"]
    assert {"articles": 1, "promoted": 1}.items() <= receipt.items()
    assert {"articles": 0, "renamed": 2}.items() <= second["removed"][0].items()
    assert 1 == len(receipt["tombstones"])
    assert "a.example" not in json.dumps(first["removed"])
    assert [alarm | {"title": None}] == first["alarm_clusters"]


def test_a_dry_run_changes_nothing(syndicated):
    """It tells the same as the takedown itself."""
    out = syndicated / "out"
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    told = take_down(syndicated, "https://a.example/0", dry_run=True)

    assert before == {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert told == take_down(syndicated, "https://a.example/0")
    assert Removed() == take_down(syndicated, "https://a.example/0")


def test_what_is_not_there_can_be_kept_out(syndicated):
    """A tombstone needs no row."""
    assert Removed(new_tombstones=1) == take_down(syndicated, sites=["new.example"])
    feed(syndicated, "3", page(80, 5, "new"))
    (third,) = run_on(syndicated, 2)
    assert {"taken_down": 1} == third.account.rejects_by_reason


@pytest.mark.slow
def test_new_copies_are_found_by_the_keys_of_the_heir(syndicated):
    """The window has the keys of the article that took the place."""
    take_down(syndicated, "https://a.example/0")
    feed(syndicated, "3", page(4, 1, "e"))
    run_on(syndicated, 2)

    (copy,) = [row for row in contents(syndicated / "out")["duplicates"] if "e." in row["url"]]
    (heir,) = [row for row in contents(syndicated / "out")["articles"] if "b." in row["url"]]
    assert heir["id"] == copy["representative_id"]


def test_texts_of_an_unfinished_run_do_not_survive(syndicated):
    """Its staging is swept: the next run does that work again."""
    left = syndicated / "out/.staging/2026-01-05-000009-0badcafe/blocks"
    left.mkdir(parents=True)
    (left / "00000.articles.arrow").write_text(marker(0, 1))
    take_down(syndicated, "https://a.example/0")

    assert marker(0, 1) not in words_below(syndicated / "out")


def test_while_a_run_is_held_nothing_is_taken_down(syndicated):
    """Its texts would be published afterwards."""
    feed(syndicated, "3", page(4, 5, "e"), page(5, 6, "e"))
    with pytest.raises(HeldRun):
        run_on(syndicated, 2, gates={"max_articles": 1})
    with pytest.raises(HeldRun, match="decide first"):
        take_down(syndicated, "https://a.example/0")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "no text is named; say what to remove with --url, --site or --id"),
        ({"urls": ["a.example/0"]}, "--url 'a.example/0': expected an absolute http"),
        ({"ids": ["abc"]}, "--id 'abc': expected 32 hex digits, as in the column id;"),
        ({"sites": ["www.example.org"]}, "is a host of the site example.org; name that, or"),
        ({"sites": ["https://example.org/"]}, "expected a site such as example.org"),
    ],
)
def test_what_cannot_be_meant_is_refused(asked, message):
    """Before anything is looked at: a takedown cannot be taken back."""
    known = {"ids": [], "urls": [], "sites": []} | asked
    with pytest.raises(UsageError) as caught:
        requested(known["ids"], known["urls"], known["sites"])
    assert message in str(caught.value)


def test_a_folder_without_runs_is_refused(tmp_path):
    """Nothing is made in it."""
    with pytest.raises(UsageError):
        take_down(tmp_path / "in", "https://a.example/0")
    assert [] == list(tmp_path.iterdir())


def test_the_keys_are_those_of_the_texts_that_are_left(tmp_path):
    """To the byte those that are made from the texts."""
    sites = ("a", "b", "c")
    feed(tmp_path, "1", *(page(n, n, sites[n % 3]) for n in range(9)), page(9, 1, "d"))
    run_on(tmp_path, 0)
    take_down(tmp_path, sites=["b.example"])
    config = DedupConfig()
    for path in (tmp_path / "out/runs").glob("*/articles/*.parquet"):
        made = tmp_path / "made.parquet"
        write_keys(made, sign_again(path, config, tmp_path))
        assert made.read_bytes() == (path.parents[1] / "state/keys" / path.name).read_bytes()
    assert 7 == len(contents(tmp_path / "out")["articles"])
