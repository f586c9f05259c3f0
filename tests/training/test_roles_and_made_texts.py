"""Which lines have a role by stated metadata, and texts that are made to learn from."""

from __future__ import annotations

from datetime import date

import numpy as np

from training.augment import COMPOSED, MADE, Augmenter
from training.composed import Composer
from training.corrected import line_digest
from training.labelled import label_lines
from training.roles import Gold, role_lines, with_readings

STORY = "The harbour board closed the ferry berth on Tuesday after divers found cracks in it."


def roles(lines, title=None, authors=(), day=None):
    """Lines with each role, and whether it is known."""
    found, known = role_lines(lines, Gold(title, authors, day))
    return [np.flatnonzero(row).tolist() for row in found], known.tolist()


def test_a_line_has_a_role_when_it_says_what_is_stated():
    """The headline in any spelling, a line that names the author, a line with the day."""
    lines = ["Menu", "Ferry berth closed!", "By Ada Brandt, Daily Sun", "3 May 2021", STORY]

    assert ([[1], [2], [3]], [True, True, True]) == roles(
        lines, "Ferry berth closed", ("Ada Brandt",), date(2021, 5, 3)
    )


def test_nothing_is_learned_where_a_line_says_nearly_the_same():
    """A longer headline, a surname, the next day: none of them proves that there is no role."""
    lines = ["Ferry berth closed after divers find cracks", "Text: Brandt", "4 May 2021", STORY]

    assert ([[], [], []], [False, False, False]) == roles(
        lines, "Ferry berth closed", ("Ada Brandt",), date(2021, 5, 3)
    )


def test_a_text_without_a_role_teaches_that_there_is_none():
    """No line is like the headline, the author or the day."""
    assert ([[], [], []], [True, True, True]) == roles(
        ["Menu", STORY], "Budget passed", ("Ada Brandt",), date(2021, 5, 3)
    )


def named(lines, stated, **labels):
    """Lines with each role, and whether it is known, by *stated* and lines that readers named."""
    labels = {
        role: None if at is None else {line_digest(lines[n]) for n in at}
        for role, at in labels.items()
    }
    found, known = with_readings(lines, stated, labels)
    return [np.flatnonzero(row).tolist() for row in found], known.tolist()


LINES = ("Menu", "Ferry berth closed", "By Ada Brandt", "3 May 2021", STORY)


def test_lines_that_readers_named_have_a_role_too():
    """Beside those of the benchmark; without a line it is known that there is none, or unknown."""
    stated = role_lines(LINES, Gold("Ferry berth closed", (), date(2021, 5, 3)))

    assert ([[1, 2], [], [3]], [True, True, True]) == named(
        LINES, stated, headline=[2], byline=[], time=None
    )
    assert ([[1], [], []], [True, True, False]) == named(
        LINES, None, headline=[1], byline=[], time=None
    )


def test_readers_may_name_lines_that_a_rendering_lacks():
    """Then nothing is known of the role."""
    labels = {"headline": {"0" * 12}, "byline": None, "time": None}

    assert not with_readings(LINES, None, labels)[1].any()


def test_another_label_of_a_page_leaves_the_texts_that_are_made_of_others():
    """Each page has its own dice."""
    pages = labelled_pages()
    known = np.ones(3, np.bool_)
    roles = [(np.zeros((3, len(page.lines)), np.bool_), known) for page in pages]
    before = {page.page_id: [] for page in pages}
    after = {page.page_id: [] for page in pages}
    for page, _ in Augmenter(pages, roles, 1).made():
        before[page.page_id].append(page.lines)
    roles[0][0][0, :3] = True
    for page, _ in Augmenter(pages, roles, 1).made():
        after[page.page_id].append(page.lines)
    differ = {page_id for page_id in before if before[page_id] != after[page_id]}

    # A line with a role is nobody else's chrome.
    borrowed = {p.page_id for p in pages if any("Menu 0 0" in t for t in before[p.page_id])}
    assert differ <= {"p0", *borrowed}
    assert {"p0"} <= differ


def test_made_texts_keep_the_story_in_order_and_borrow_within_their_part():
    """All lines of story stay; chrome is that of sites in the same part of the cross-validation."""
    pages = labelled_pages()
    folds = {page.domain: page.fold for page in pages}
    made = [page for page, _ in Augmenter(pages, [None] * len(pages), 1).made()]

    assert {MADE} == {page.rendering for page in made}
    for page in made:
        own = page.page_id.removeprefix("p")
        kept = [line for line, label in zip(page.lines, page.labels, strict=True) if label == "k"]
        assert [f"{own} {n} {STORY}" for n in range(5)] == kept
        menus = {line.split()[1] for line in page.lines if line.startswith("Menu")}
        assert {folds[f"site{number}.example"] for number in menus} <= {page.fold}


def labelled_pages():
    """Forty pages of as many sites: three lines of a menu, five of story, the menu again."""
    pages = []
    for number in range(40):
        row = {"id": f"p{number}", "domain": f"site{number}.example", "lang": "en", "title": None}
        lines = [[f"{number} {n} {STORY}", False, "k"] for n in range(5)]
        chrome = [[f"Menu {number} {n}", False, "d"] for n in range(3)]
        pages.append(label_lines(row, "ptags", "gold", [*chrome, *lines, *chrome]))
    return pages


def test_composed_texts_have_paragraphs_of_one_page_in_order_and_something_between():
    """Insets are labelled; the same seed composes the same texts."""
    pages = labelled_pages()
    texts = list(Composer(pages, [None] * len(pages), 1).composed(1))

    assert {COMPOSED} == {page.rendering for page in texts}
    for page in texts:
        own = [line for line in page.lines if line.endswith(STORY)]
        assert own == sorted(own)
        assert {page.page_id.removeprefix("p")} == {line.split()[0] for line in own}
        assert set("kd") >= set(page.learned)
        assert any(not line.startswith("Menu") and not line.endswith(STORY) for line in page.lines)
    again = Composer(pages, [None] * len(pages), 1).composed(1)
    assert [page.lines for page in again] == [page.lines for page in texts]
