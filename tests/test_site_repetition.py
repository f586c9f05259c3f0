"""Short lines that stand on many pages of one site are its chrome; all else stays."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from factories import document, story
from runs import rows, run
from test_incremental import run_on

from pipeline.config import Config
from pipeline.passes.isolation import process_document
from pipeline.passes.site_lines import (
    SEEN,
    _distinct,
    _page,
    _short_lines,
    _worth_keeping,
    find_repeated,
    gather_repeated,
    read_repeated,
    repeated_in,
)
from pipeline.staging import Staging

TEASER = "Seven bakers who never sleep on a Sunday"
PROSE = "A long line that stands on every page of this site because it was printed there. " * 2


def page(site: str, number: int, *lines: str, **fields: object) -> dict[str, object]:
    """A record of a page: three paragraphs, with these lines after the first."""
    paragraphs = [story(100 * number + k, 40) for k in range(3)]
    text = "\n\n".join([paragraphs[0], *lines, *paragraphs[1:]])
    url = f"https://www.{site}/news/story-{number * 1_000}"
    return {"id": f"{site}-{number}", "url": url, "text": text} | fields


def texts(folder: Path, *records: dict[str, object], **settings) -> dict[str, dict]:
    """Run on records; give the rows of articles by record id."""
    folder.mkdir(exist_ok=True)
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (folder / "in.jsonl").write_text(lines, encoding="utf-8")
    run(folder / "in.jsonl", folder / "out", **settings)
    return {row["record_id"]: row for row in rows(folder / "out", "articles")}


def test_a_short_line_on_many_pages_of_a_site_is_cut(tmp_path):
    """From clean.site_pages pages on, on that site alone, with its reason."""
    many = [page("baker.org", n, TEASER) for n in range(6)]
    few = [page("butcher.org", n, TEASER) for n in range(20, 25)]
    found = texts(tmp_path, *many, *few)

    assert [False] * 6 == [TEASER in found[f"baker.org-{n}"]["text"] for n in range(6)]
    for n in range(20, 25):
        removed = found[f"butcher.org-{n}"]["removed"]
        assert "site_repetition" not in {each["rule"] for each in removed}
    assert "site_repetition" in {each["rule"] for each in found["baker.org-3"]["removed"]}


@pytest.mark.slow
@pytest.mark.parametrize(
    "records",
    [
        pytest.param([page("baker.org", n, PROSE) for n in range(12)], id="a long line"),
        pytest.param(
            [page("baker.org", 3, TEASER, id=str(n), url=f"https://baker.org/ferry/{n}")
             for n in range(12)],
            id="parts of one story",
        ),
        pytest.param(
            [page("baker.org", 3, TEASER, id=str(n), url=f"https://baker.org/ferry?x={n}")
             for n in range(12)],
            id="one page at many addresses",
        ),
        pytest.param([page("baker.org", n, TEASER, url=None) for n in range(12)], id="no site"),
    ],
)  # fmt: skip
def test_what_is_no_chrome_of_a_site_stays(records, tmp_path):
    """Long lines, parts of one story, and texts of which no site is known."""
    before = texts(tmp_path / "off", *records, clean={"site_pages": 0})
    found = texts(tmp_path / "on", *records)

    assert before == {name: row | {"run_id": before[name]["run_id"]} for name, row in found.items()}


def test_a_text_may_name_its_site_itself(tmp_path):
    """By one address in its short lines; two different ones say nothing."""
    own = "Write to desk@baker.org"
    many = [page("x.org", n, TEASER, own, url=None, id=f"own{n}") for n in range(6)]
    torn = [
        page("x.org", n, TEASER, own, "www.butcher.org", url=None, id=f"torn{n}")
        for n in range(20, 28)
    ]
    found = texts(tmp_path, *many, *torn)

    rules = {name: {each["rule"] for each in row["removed"]} for name, row in found.items()}
    assert "site_repetition" in rules["own1"]
    assert "site_repetition" not in rules["torn21"]


@pytest.mark.parametrize(
    "line",
    [
        "Kestrel Rovers {0}-{1} Dunmoor",
        "Winning numbers: {0}, {1}, {2}",
        "Flowtec 4{0}.{1} (+{2}.6%)",
        "{2}{1} g Mehl",
        "Halden: {0} degrees",
    ],
)
def test_lines_with_other_numbers_are_data(line, tmp_path):
    """Results, prices and ingredients differ from page to page only in their numbers."""
    lines = [line.format(n % 3, n + 1, 2 * n + 3) for n in range(9)]
    found = texts(tmp_path, *[page("baker.org", n, each) for n, each in enumerate(lines)])

    for row in found.values():
        assert "site_repetition" not in {each["rule"] for each in row["removed"]}


@pytest.mark.parametrize("line", ["Why?", "And then?", "“Any regrets?”", "The trial continues."])
def test_sentences_are_not_counted_however_short(line, tmp_path):
    """Interviews ask the same questions in each story."""
    found = texts(tmp_path, *[page("baker.org", n, line) for n in range(9)])

    for row in found.values():
        assert "site_repetition" not in {each["rule"] for each in row["removed"]}


def test_lines_are_counted_over_days(tmp_path):
    """Three pages a day: on the second day the sixth page is enough, and earlier ones stay."""
    for day in range(1, 4):
        (tmp_path / "in").mkdir(exist_ok=True)
        records = [page("baker.org", 3 * day + n, TEASER) for n in range(3)]
        lines = "".join(json.dumps(record) + "\n" for record in records)
        (tmp_path / "in" / f"{day}.jsonl").write_text(lines, encoding="utf-8")
        run_on(day, tmp_path / "in", tmp_path / "out")
    found = rows(tmp_path / "out", "articles")

    assert [True] * 3 + [False] * 6 == [TEASER in row["text"] for row in found]


def test_one_document_is_cleaned_alone():
    """Without a run nothing is known of other pages."""
    text = str(page("baker.org", 1, TEASER)["text"])

    article, _ = process_document(document(text), Config())
    assert article is not None
    assert TEASER in article.text
    again, _ = process_document(document(text), Config(), frozenset({TEASER}))
    assert again is not None
    assert TEASER not in again.text


def test_a_link_in_the_middle_of_a_sentence_stays():
    """Its text may stand on many pages; the sentence needs it."""
    link = "the council of Brandness and the islands"
    lines = (story(1, 30), "The ferry was called back by", link, ", which has none.")
    text = "\n".join([*lines, story(2, 30)])
    repeated = frozenset({link})
    article, _ = process_document(document(text), Config(), repeated)
    assert article is not None
    assert link in article.text
    alone = text.replace("called back by", "called back.").replace(", which", "Which")
    article, _ = process_document(document(alone), Config(), repeated)
    assert article is not None
    assert link not in article.text


QUAY = [
    "The harbour board met on Tuesday evening and agreed to close the quay for six weeks.",
    "Traders said that they had not been told, and asked for a delay until the season ends.",
    "A spokesman for the board said that the cracks could not wait for another winter.",
]
DOUGH = ["200 g flour", "3 eggs", "1 pinch of salt"]
MATCHES = ["Kestrel Rovers 2-1 Dunmoor", "Halden 0-0 Ashby", "Marsk 4-2 Tolby"]


def cleaned(lines: list[str], repeated: set[str]) -> list[str]:
    """The lines that stay of a text, of which some repeat on its site."""
    text = document("\n\n".join(lines))
    article, _ = process_document(text, Config(), frozenset(repeated))
    assert article is not None
    return article.text.split("\n\n")


@pytest.mark.parametrize(
    ("heading", "entries"),
    [
        ("What we know", []),
        ("What happens next", []),
        ("Background", []),
        ("Les faits", []),
        ("Das Urteil", []),
        ("Results", MATCHES),
        ("Table", MATCHES),
        ("Ergebnisse", MATCHES),
        ("Ingredients", DOUGH),
        ("Zutaten", DOUGH),
        ("Ingredientes", DOUGH),
    ],
)
def test_a_heading_that_recurs_in_a_series_stays(heading, entries):
    """Between lines of story it is part of the story, although other stories have it, too."""
    assert heading in cleaned([QUAY[0], heading, *entries, *QUAY[1:]], {heading})


@pytest.mark.parametrize(
    "lines",
    [
        [QUAY[0], "Related", *QUAY[1:]],
        [QUAY[0], "Ad Policy", *QUAY[1:]],
        [QUAY[0], "Credit", *QUAY[1:]],
        [QUAY[0], "Más noticias", *QUAY[1:]],
        [QUAY[0], "Newsletter", *QUAY[1:]],
        [QUAY[0], TEASER, *QUAY[1:]],
        [QUAY[0], "The best harbours of the north", *QUAY[1:]],
        [QUAY[0], "Results", "Our verdict", *QUAY[1:]],
        ["Background", *QUAY],
        [*QUAY, "What we know"],
    ],
)
def test_a_heading_that_is_not_between_lines_of_story_goes(lines):
    """So do labels, teasers, several lines that repeat, and those above or below the story."""
    assert QUAY == cleaned(lines, set(lines) - set(QUAY))


def test_the_lines_of_a_document_are_found_among_those_that_repeat():
    """By site and text, whatever their order."""
    pages = [document(f"{story(1)}\n{TEASER}\nOther", site=f"{s}.org") for s in "ab"]
    lines = dict(_short_lines(_page(pages[0])))
    known = np.sort(np.array([lines[TEASER], 5, 2**64 - 1], np.uint64))

    assert ({TEASER}, set()) == tuple(repeated_in(known, page) for page in pages)
    assert set() == repeated_in(np.empty(0, np.uint64), pages[0])


def test_state_keeps_what_later_runs_need():
    """No more pages of a line than are asked for; single lines only of sites with few pages."""
    seen = [(1, 10, page) for page in range(6)] + [(1, 11, 0), (2, 20, 7)]
    kept = _worth_keeping(_distinct([np.array(seen, SEEN)]), 3)

    assert [(1, 10, 0), (1, 10, 1), (1, 10, 2), (2, 20, 7)] == kept.tolist()


@pytest.mark.parametrize("shards", [8, 64])
def test_any_number_of_shards_of_sites_gives_the_same_lines(tmp_path, shards):
    """Lines that repeat, and the state that later runs read, to the byte."""
    dice = np.random.default_rng(3)
    rows = np.zeros(8_000, SEEN)
    rows["site"] = dice.choice(dice.integers(0, 1 << 32, 30), len(rows))
    rows["line"] = rows["site"] * np.uint64(50) + dice.integers(0, 50, len(rows), np.uint64)
    rows["page"] = dice.integers(0, 40, len(rows))
    results = []
    for count in (1, shards):
        found = Staging(str(tmp_path / str(count)))
        found.prepare(np.empty(0, "S16"))
        for block in (0, 1):
            found.write_array(f"{block:05d}.lines", _distinct([rows[block::2]]))
        for shard in range(count):
            find_repeated(shard, count, [1, 0], Config(), found)
        gather_repeated(count, found)
        state = (found.result / "state" / "lines.parquet").read_bytes()
        results.append((read_repeated(found).tolist(), state))

    lines, _ = results[0]
    assert 100 < len(lines) < 1_500
    assert lines == sorted(lines)
    assert results[0] == results[1]
