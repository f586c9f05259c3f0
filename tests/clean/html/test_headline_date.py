"""The day beside the headline."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml.html import document_fromstring

from pipeline.clean.html.blocks import read_blocks
from pipeline.clean.html.markup import read_markup
from pipeline.clean.html.published import ABOVE, PRINTED, choose_date, date_beside_headline
from pipeline.clean.html.title import headlines
from pipeline.records import Evidence

TITLE = "Rope prices rise again in the old harbour"
PROSE = "<p>The council met on Tuesday and spoke of nothing but the price of rope.</p>"


def beside(body: str, *titles: str) -> list[tuple[str, str]]:
    """(date, source) that a page with *body* prints beside its headline."""
    blocks = read_blocks(document_fromstring(f"<html><body>{body}</body></html>"))
    return [
        (item.value, item.source)
        for item in date_beside_headline(blocks, headlines(blocks, titles or (TITLE,)))
        if item.field == "date_published"
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("3 May 2021", "3 May 2021"),
        ("By Ada Winterbourne | 3. Mai 2021", "3. Mai 2021"),
        ("May 3, 2021 · 4 min read", "May 3, 2021"),
        ("28. Juli 201928. Juli 2019 von Jan Kupfer", "28. Juli 2019"),
        ("Published May 3, 2021, updated May 9, 2021", "May 3, 2021"),
        ("May 3, 2021 Updated: May 9, 2021", "May 3, 2021"),
        ("Erschienen und veröffentlicht am 03.05.2021", "03.05.2021"),
        ("Updated May 3, 2021", None),
        ("Stand: 03.05.2021", None),
        ("Ada (@ada) May 3, 2021", None),
        ("As told in our radio news of 3 May 2021, half past six in the morning", None),
        ("It was founded by sailors. 3 May 2021", None),
        ("3 May 2021 to 5 May 2021", None),
        ("03/04/2021", None),
        ("Edition 2021", None),
        ("2021.05.03 lastupdate", None),
        ("3 May 2021 (updated)", None),
        ("May 3, 2021 Issue", None),
        ("Ausgabe vom 3. Mai 2021", None),
        ("7 min readMay 3, 2021", "May 3, 2021"),
        ("MacMay 3, 2021", "May 3, 2021"),
        ("Press Release | May 3, 2021", "May 3, 2021"),
        ("By Minnie Driver | May 3, 2021", "May 3, 2021"),
        ("Start > Nachrichten > 3. Mai 2021", "3. Mai 2021"),
        ("Изменения в законе - 3 мая 2021", "3 мая 2021"),
        ("Anmeldeschluss: 3. Mai 2021", None),
        ("Stand vom 3. Mai 2021", None),
        ("Mise à jour le 3 mai 2021", None),
        ("Fecha del evento: 3 de mayo de 2021", None),
        ("Última modificación: 3 de mayo de 2021", None),
    ],
)
def test_a_line_gives_the_day_only_if_it_says_when_and_little_else(
    line: str, expected: str | None
) -> None:
    """Labels, names and reading times may stand beside it; sentences, changes and ranges not."""
    found = beside(f"<h1>{TITLE}</h1><p>{line}</p>{PROSE}")

    assert ([(expected, PRINTED)] if expected else []) == found


@pytest.mark.parametrize(
    "line",
    [
        "Parish walk: 3 May 2021",
        "Doors open 3 May 2021",
        "Verhandlung des Amtsgerichts vom 3. Mai 2021",
        "Ratssitzung 3. Mai 2021",
        "Probe: Montag, 3. Mai 2021, 19 Uhr",
        "Assemblée générale du 3 mai 2021",
        "Pleno extraordinario, 3 de mayo de 2021",
        "Consiglio comunale del 3 maggio 2021",
        "Vergadering van 3 mei 2021",
        "Årsmöte den 3 maj 2021",
        "Posiedzenie z dnia 3 maja 2021",
        "Dátum schůze: 3. května 2021",
        "Встреча жителей: 3 мая 2021",
        "会議日：2021年5月3日",
        "Updated plans on show: 3 May 2021",
        "Update zur Baustelle vom 3. Mai 2021",
        "First rehearsal: 3 May 2021",
        "1 May to 3 May 2021",
    ],
)
def test_a_day_with_an_unknown_label_is_that_of_something_else(line: str) -> None:
    """Labels of events are without number; those of a publication or a change are known."""
    document = document_fromstring(
        f"<html><body><h1>{TITLE}</h1><p>{line}</p>{PROSE}</body></html>"
    )
    blocks = read_blocks(document)

    assert not date_beside_headline(blocks, headlines(blocks, [TITLE]))


@pytest.mark.parametrize(
    "before",
    [
        "Hafenstadt, den ",
        "Im Gespräch, Hafenfunk, ",
        "Harbour Post ",
        "Ada Winterbourne ",
        "Von Ada Winterbourne am ",
        "Gespeichert von awinter am ",
        "Kultur und Medien | ",
        "Redazione - ",
        "harbour.example ",
        "Datum: ",
        "Data dodania: ",
        "Erschienen am ",
        "Quelle: Hafenfunk ",
        "Reuters ",
        "Monday, ",
        "6:50pm UK, Monday ",
        "This story is from ",
        "First appeared in print on ",
    ],
)
def test_names_places_and_outlets_may_be_before_the_day(before: str) -> None:
    """So may labels of a day, whichever day it is."""
    found = beside(f"<h1>{TITLE}</h1><p>{before}3 May 2021</p>{PROSE}")

    assert [("3 May 2021", PRINTED)] == found


def test_words_of_the_headline_are_no_label() -> None:
    """*Constitution amended* above a day does not make it that of a change."""
    for title in ("Constitution amended", "Изменения в законе", "La Consulta modifica la legge"):
        assert [("3 May 2021", PRINTED)] == beside(f"<h1>{title}</h1><p>3 May 2021</p>", title)


@pytest.mark.parametrize(
    "time",
    [
        "Photo: AP <time class='updated' datetime='2021-05-03'>May</time>",
        "Next <time class='modified' datetime='2021-05-03'>May</time>",
    ],
)
def test_a_time_of_a_change_is_one_whatever_is_before_it(time: str) -> None:
    """Its class says so."""
    document = document_fromstring(f"<html><body><p>{time}</p></body></html>")
    markup = read_markup(document)
    assert not markup.first("time")
    assert markup.first("time:updated")


@pytest.mark.parametrize(
    "body",
    [
        f"<h1>{TITLE}</h1><figure><figcaption>3 May 2021</figcaption></figure>{PROSE}",
        f"<h1>{TITLE}</h1><blockquote>3 May 2021</blockquote>{PROSE}",
        f"<h1>{TITLE}</h1><aside><p>3 May 2021</p></aside>{PROSE}",
        f"<h1>{TITLE}</h1>{PROSE * 9}<p>3 May 2021</p>",
        f"<h1>Another headline</h1><p>3 May 2021</p>{PROSE}",
        f"<h1>{TITLE}</h1><p>Last updated</p><p>3 May 2021</p>{PROSE}",
        "",
    ],
)
def test_a_date_elsewhere_is_not_the_headlines(body: str) -> None:
    """Captions, quotes, asides, other headlines and the far end date something else."""
    assert [] == beside(body)


def test_a_day_far_away_counts_where_it_is_called_that_of_publication() -> None:
    """A label tells it from other days; two that are labelled tell nothing."""
    far = f"<h1>{TITLE}</h1>{PROSE * 9}<p>Published on 3 May 2021</p>"

    assert [("3 May 2021", PRINTED)] == beside(far)
    assert [] == beside(far + "<p>Posted on 4 May 2021</p>")
    assert [] == beside(far.replace("Published", "Updated"))
    assert [] == beside(f"<h1>{TITLE}</h1>{PROSE * 9}<aside>Published on 3 May 2021</aside>")
    assert [] == beside(far.replace("Published", "Decree published in the gazette"))
    assert [] == beside(far.replace("Published", "rules.pdf | Published"))


def test_in_a_list_of_stories_the_next_date_is_the_next_storys() -> None:
    """A headline that is a link stands in a list; one that is none may have links below it."""
    item = "<h2><a href=/x>{}</a></h2><p>{}</p>"
    listed = item.format(TITLE, "4 months ago") + item.format("Tar is cheap", "3 May 2021")

    assert [] == beside(listed)
    assert [("3 May 2021", PRINTED)] == beside(item.format(TITLE, "3 May 2021") + listed)
    author = f"<h1>{TITLE}</h1><h2><a href=/ada>Ada Winterbourne</a></h2><p>3 May 2021</p>"
    assert [("3 May 2021", PRINTED)] == beside(author)


def test_a_date_above_the_headline_says_where_it_stands() -> None:
    """It may be another story's, so that its source differs; the nearer one wins."""
    above = f"<p>2 May 2021</p><h1>{TITLE}</h1>"

    assert [("2 May 2021", ABOVE)] == beside(above + PROSE)
    assert [("3 May 2021", PRINTED)] == beside(above + "<p>3 May 2021</p>" + PROSE)


def test_the_first_title_that_stands_on_the_page_counts() -> None:
    """A heading is the headline before a crumb that repeats it; without one any block is."""
    crumb = f"<div>{TITLE}</div><p>1 May 2021</p>" + PROSE * 9

    assert [("3 May 2021", PRINTED)] == beside(
        f"{crumb}<h1>{TITLE}</h1><p>3 May 2021</p>", "Not here", TITLE
    )
    assert [("1 May 2021", PRINTED)] == beside(crumb, "Not here", TITLE)


def test_a_printed_day_takes_its_time_and_offset_from_markup():
    """What people read agrees with what machines read: the latter knows the zone."""
    found = [
        Evidence("date_published", "16 January 2025, 5:00", PRINTED),
        Evidence("date_published", "2025-01-16T05:00:00+01:00", "time"),
    ]

    assert "2025-01-16T05:00:00+01:00" == choose_date(found, None)[0].isoformat()
    other_day = replace(found[1], value="2025-01-14T05:00:00+01:00")
    assert "2025-01-16T05:00:00" == choose_date([found[0], other_day], None)[0].isoformat()
