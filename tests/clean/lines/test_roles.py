"""Headline, byline and time are found by what the lines around them are, in any language."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean import clean_document
from pipeline.clean.lines import heading
from pipeline.clean.lines.choices import Candidate, reading_of
from pipeline.clean.lines.heading import read_roles
from pipeline.clean.lines.headline import headlines
from pipeline.clean.lines.page import read_page
from pipeline.clean.lines.tagger import Tags, load_tagger
from pipeline.config import CleanConfig
from pipeline.records import Document
from training.choices import candidates_of

STORY = (
    "The baths of Tarnmouth will stay open until the end of October, the council said on Tuesday.",
    "Nine of its fifteen members voted for the longer season, after a debate until midnight.",
    "Fees will go up by a tenth, the treasurer said, and the small pool will be closed on Mondays.",
    "“We swim here until the ice comes,” said Ingrid Dahl, who has held a ticket since 1989.",
)
GERMAN = (
    "Das Freibad von Tarnmünde bleibt bis Ende Oktober offen, wie der Rat am Dienstag mitteilte.",
    "Neun der fünfzehn Mitglieder stimmten nach einer langen Debatte für die längere Saison.",
    "Der Eintritt wird um ein Zehntel teurer, und das kleine Becken bleibt montags geschlossen.",
    "„Wir schwimmen hier ohnehin, bis das Eis kommt“, sagte Inge Dahl, die seit 1989 hierherkommt.",
)
HEBREW = (
    "בריכת השחייה של העיר תישאר פתוחה עד סוף אוקטובר, הודיעה המועצה ביום שלישי, ולא תיסגר על כן.",
    "תשעה מחברי המועצה הצביעו על הארכת העונה אחרי דיון ארוך, אבל הוא לא הסתיים לפני חצות, וגם לא.",
    "התושבים על הגשר ביקשו את המחיר של השנה הקודמת, אבל לא קיבלו אותו, והם לא יוותרו על כך.",
)
HINDI = (
    "नगर का तरणताल अक्टूबर के अंत तक खुला रहेगा, परिषद ने मंगलवार को कहा, और यह सबसे लंबा मौसम है।",
    "परिषद के पंद्रह में से नौ सदस्यों ने लंबी बहस के बाद लंबे मौसम के पक्ष में मत दिया।",
    "शुल्क दस प्रतिशत बढ़ जाएगा और छोटा तरणताल सोमवार को बंद रहेगा, कोषाध्यक्ष ने बैठक के बाद कहा।",
)
MENU = ("Skip to content", "Gazette", "News", "Sport", "Culture", "Log in", "Subscribe")
PROMOTIONS = (
    "Advertisement",
    "Anzeige",
    "Publicidad",
    "Read also: Market moves indoors",
    "Lesen Sie auch: Markt zieht um",
    "Related",
    "Share",
    "Tweet",
    "Watch the video",
    "Photo: Bo Ek",
    "Follow us on Instagram",
    "Story continues below",
)


def clean(*lines, **declared):
    """Clean a text of these lines."""
    document = Document("0" * 32, "a", "a.txt", "text/plain", "\n".join(lines), **declared)
    return clean_document(document, CleanConfig())


def tagged(lines, headline=(), byline=(), time=()):
    """A page of *lines*, and tags by which some of them have a role: line → its share."""
    page = read_page("\n".join(lines))
    roles = np.zeros((len(lines), 3))
    for column, shares in enumerate((dict(headline), dict(byline), dict(time))):
        for index, share in shares.items():
            roles[index, column] = share
    story = np.array([5.0 if line.prose else -3.0 for line in page.lines])
    none = np.zeros((len(lines), 0), np.float32)
    return page, Tags(story, none, roles, 1.0 - roles.sum(axis=0), load_tagger().choices)


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("Baths stay open until the end of October",) * 2,
        ("浴場の営業、十月末まで延長へ",) * 2,
        ("Opinion", None),
        ("AVOCAT", None),
    ],
)
def test_a_single_word_is_no_title(line, title):
    """However sure the tagger; some characters without spaces are one."""
    page, tags = tagged(["Gazette", line, *STORY], headline={1: 0.95})

    assert title == read_roles(page, tags).title


@pytest.mark.parametrize(("share", "found"), [(0.05, False), (0.95, True)])
@pytest.mark.parametrize("again", [[], ["Baths stay open until October - Gazette"]])
def test_a_title_below_the_first_line_needs_a_sure_tagger(share, found, again):
    """Printed once or twice, also with the site's name, all of its lines together."""
    title = "Baths stay open until October"
    lines = ["Gazette", title, *STORY, *again]
    shares = {1: share - 0.04, len(lines) - 1: 0.04} if again else {1: share}
    page, tags = tagged(lines, headline=shares)

    assert (title if found else None) == read_roles(page, tags).title


@pytest.mark.parametrize(
    ("above", "title"),
    [("We use cookies to make this page work.", "Baths stay open"), ("Gazette", None)],
)
def test_a_line_between_a_consent_notice_and_the_story_is_the_title(above, title):
    """Though the tagger hardly takes it for one; below other lines it stays in the text."""
    page, tags = tagged(["Gazette", above, "Baths stay open", *STORY], {2: 0.2})

    assert title == read_roles(page, tags).title


URL = "https://a.example/sport/2024/05/03/baths-stay-open-this-autumn"


@pytest.mark.parametrize(
    ("url", "title", "day"),
    [
        (URL, "Baths will stay open this autumn", "2024-05-03"),
        (
            "https://a.example/sport/market-moves-to-the-old-hall",
            "Baths will stay open this autumn",
            None,
        ),
        ("https://a.example/article/123456", "Baths will stay open this autumn", None),
        (None, "Baths will stay open this autumn", None),
    ],
)
def test_the_address_tells_which_line_is_the_headline_and_the_day(url, title, day):
    """Among teasers that the tagger likes no less; if it says nothing, the story's words do."""
    lines = [
        "Library opens on Sundays",
        "Baths will stay open this autumn",
        "Ferry is late",
        "Share",
    ]
    page, tags = tagged([*MENU, *lines, *STORY], {7: 0.1, 8: 0.15, 9: 0.1})

    found = read_roles(page, tags, url)

    assert (title, day) == (found.title, found.published and found.published.isoformat())
    assert [each.source for each in found.evidence if each.field == "date_published"] == (
        ["url"] if day else []
    )


@pytest.mark.parametrize(
    ("url", "day"),
    [(URL, "2024-05-03"), ("https://a.example/2024/05/09/x", "2024-05-09"), (None, None)],
)
def test_the_address_tells_which_of_two_days_is_the_stories(url, day):
    """Both are printed above it, and the tagger takes neither for its time stamp."""
    lines = ["Baths stay open until October", "May 9, 2024", "May 3, 2024", *STORY]
    page, tags = tagged(lines, {0: 0.9}, time={1: 0.2, 2: 0.2})

    found = read_roles(page, tags, url).published

    assert day == (found and found.isoformat())


def test_the_likeliest_other_line_stays_in_the_text():
    """If it was the headline after all, it is not lost; a line that is less likely may go."""
    lines = ["Baths stay open until October", "Pools stay open until October", "By Bo Ek", *STORY]
    page, tags = tagged(lines, {0: 0.5, 1: 0.4}, {2: 0.95})

    found = read_roles(page, tags)

    assert {0, 1} <= {found.title_index} | found.spared


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        (["مقتل ثلاثة في حادث سير", "2024-05-03 10:15", *STORY], "مقتل ثلاثة في حادث سير"),
        (["দেশের দীর্ঘতম সেতু খুলল", "2024-05-03 10:15", *STORY], "দেশের দীর্ঘতম সেতু খুলল"),
        (["שלושה נהרגו בתאונת דרכים", "2024-05-03 10:15", *STORY], "שלושה נהרגו בתאונת דרכים"),
    ],
)
def test_a_first_line_without_capitals_is_a_headline_and_no_author(lines, title):
    """In scripts without capitals any words look like a name."""
    page, tags = tagged(lines, {0: 0.4}, {0: 0.6}, {1: 0.9})

    found = read_roles(page, tags)

    assert (title, ()) == (found.title, found.authors)


@pytest.mark.parametrize(
    "line",
    [
        "By Nora Aldwin",
        "Anna Aldwin",
        "كتب: نورا الدين",
        "خالد البحري",
        "राजेश नाविक",
        "Γιώργος Λιμάνης",
    ],
)
def test_a_first_line_with_a_label_or_a_given_name_is_a_byline(line):
    """The headline may be in the record, or not in the text at all."""
    page, tags = tagged([line, "2024-05-03 10:15", *STORY], byline={0: 0.95}, time={1: 0.9})

    assert read_roles(page, tags).authors


MASTHEAD = ["Gazette", "Tuesday, December 1, 2026", "Baths stay open until October"]


@pytest.mark.parametrize(
    ("url", "below", "days"),
    [
        (None, [], ("2026-12-01", None)),
        ("https://a.example/2019/05/03/baths", [], ("2019-05-03", None)),
        ("https://a.example/2026/12/01/baths", [], ("2026-12-01", None)),
        (None, ["Updated 3 May 2024"], (None, "2024-05-03")),
        (None, ["Updated 1 December 2026, 18:00"], ("2026-12-01", "2026-12-01")),
    ],
)
def test_todays_date_in_a_masthead_is_no_day_of_publication(url, below, days):
    """It is after the day in the address, or after that of the change."""
    page, tags = tagged([*MASTHEAD, *below, *STORY], {2: 0.9}, time={1: 0.95, 3: 0.04})

    found = read_roles(page, tags, url)

    assert days == tuple(
        each and each.isoformat()[:10] for each in (found.published, found.modified)
    )


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("# Baths stay open until October", "Baths stay open until October"),
        ("## Baths stay open until October ##", "Baths stay open until October"),
        ("**Baths stay open until October**", "Baths stay open until October"),
        ("> Baths stay open until October", "Baths stay open until October"),
        ("HEADLINE: Baths stay open until October", "Baths stay open until October"),
        ("# of open baths rises in October", "# of open baths rises in October"),
        ("#1 bath stays open until October", "#1 bath stays open until October"),
        ("Baths stay open: subject: to weather", "Baths stay open: subject: to weather"),
    ],
)
def test_marks_of_a_headline_are_not_in_the_title(line, title):
    """Nor is its label in a mail; the evidence points at the rest."""
    page, tags = tagged([line, *STORY], {0: 0.95})

    found = read_roles(page, tags)

    (evidence,) = found.evidence
    assert (title, title) == (found.title, page.raw[evidence.start : evidence.end])


@pytest.mark.parametrize(("other", "stays"), [("More options", False), ("More of the baths", True)])
def test_two_words_beside_a_headline_are_a_button(monkeypatch, other, stays):
    """They leave the text, however probable; without a headline they would stay."""
    page, tags = tagged([other, "Baths stay open until October", *STORY])
    first, second = (Candidate(n, [n], n, value=False, features={}) for n in page.lines[:2])
    first.chance = 0.45
    for second.chance, title in ((0.9, 1), (0.1, None)):
        likely = sorted((first, second), key=lambda each: -each.chance)
        monkeypatch.setattr(heading, "headlines", lambda _, likely=likely: likely)
        found = read_roles(page, tags)

        assert title == found.title_index
        assert (stays or title is None) == (0 in found.spared)


def test_a_byline_is_no_title():
    """The line that the authors were read from, though the tagger takes it for a headline too."""
    page, tags = tagged(["Gazette", "By Nora Aldwin", *STORY], {1: 0.95}, {1: 0.95})

    assert (("Nora Aldwin",), None) == (
        read_roles(page, tags).authors,
        read_roles(page, tags).title,
    )


@pytest.mark.parametrize(
    ("line", "share", "dated", "authors"),
    [
        ("Nora Aldwin", 0.5, False, ("Nora Aldwin",)),
        ("Nora Aldwin", 0.1, True, ("Nora Aldwin",)),
        ("Qorvex Drumlin", 0.9, True, ("Qorvex Drumlin",)),
        ("Qorvex Drumlin", 0.15, True, ()),
        ("Nora Aldwin", 0.01, False, ("Nora Aldwin",)),
        ("Autorin: Nora Aldwin", 0.02, False, ("Nora Aldwin",)),
        ("Автор: Мария Петрова", 0.1, False, ("Мария Петрова",)),
        ("天文学家", 0.1, False, ()),
        ("By Ask the Doctors", 0.95, True, ("Ask the Doctors",)),
        ("By Ask the Doctors", 0.8, True, ()),
        ("By Our Staff", 0.95, True, ()),
        ("Old Harbour", 0.95, True, ()),
        ("Victoria Harbour", 0.95, True, ("Victoria Harbour",)),
        ("By Old Harbour", 0.95, True, ("Old Harbour",)),
    ],
)
def test_what_a_name_is_and_stands_next_to_decides_how_sure_the_tagger_must_be(
    line, share, dated, authors
):
    """Below a headline, a given name needs less than none, and a label hardly anything.

    What follows a label without being a name counts only if the tagger is sure; kickers never do.
    """
    lines = ["Baths stay open", line, "March 7, 2024", *STORY]
    page, tags = tagged(lines, {0: 0.9}, {1: share}, {2: 0.95 if dated else 0.3})

    assert authors == read_roles(page, tags).authors


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("Qorvex Drumlin", ()),
        ("Nora Aldwin", ("Nora Aldwin",)),
        ("By Qorvex Drumlin", ("Qorvex Drumlin",)),
    ],
)
def test_above_the_headline_a_name_needs_a_label_or_a_given_name(line, authors):
    """Half of the other ones are sections or sites."""
    page, tags = tagged(
        [line, "Baths stay open until the end of October", *STORY], {1: 0.9}, {0: 0.9}
    )

    assert authors == read_roles(page, tags).authors


LIFE = "Nora writes about the harbour and its ferries"


@pytest.mark.parametrize(
    ("above", "line", "below", "share", "authors"),
    [
        (STORY[:2], "Nora Aldwin", STORY[2:], 0.6, ()),
        (STORY[:2], "Nora Aldwin", STORY[2:], 0.95, ("Nora Aldwin",)),
        (STORY[:2], "By Nora Aldwin", STORY[2:], 0.6, ("Nora Aldwin",)),
        (STORY[:1], "Nora Aldwin", STORY[1:], 0.6, ("Nora Aldwin",)),
        (STORY, "Nora Aldwin", (), 0.6, ("Nora Aldwin",)),
        ((*STORY, "3 Comments"), "Nora Aldwin", ("Well done.",), 0.9, ()),
        ((*STORY, "Read next", "Market moves"), "By Nora Aldwin", (), 0.9, ()),
        ((*STORY, "Read next", "Quay moves", "Author"), "Nora Aldwin", (), 0.9, ("Nora Aldwin",)),
        ((*STORY, "Read next", "Quay moves"), "Nora Aldwin", (LIFE,), 0.9, ("Nora Aldwin",)),
        (
            (*STORY, "Read next", "Quay moves"),
            "Nora Aldwin",
            (LIFE.replace("Nora", "Bo"),),
            0.9,
            (),
        ),
        ((), "Nora Aldwin", ("1931 – 2024", *STORY), 0.9, ()),
        (("“No boat, no island.”",), "– Nora Aldwin", STORY, 0.9, ()),
        ((), "Nora Aldwin. Photo: Bo Ek", STORY, 0.9, ()),
        ((), "Ingrid Dahl, swimmer", (*STORY, GERMAN[0]), 0.95, ()),
        ((), "Ingrid Dahl, swimmer", STORY, 0.95, ("Ingrid Dahl",)),
        ((), "Ingrid Dahl, staff writer", (*STORY, GERMAN[0]), 0.95, ("Ingrid Dahl",)),
        ((), "By Ingrid Dahl, swimmer", STORY, 0.95, ("Ingrid Dahl",)),
        ((), "Nora Aldwin, reporter", STORY, 0.95, ("Nora Aldwin",)),
    ],
)
def test_a_name_that_may_be_of_somebody_else_is_no_byline(above, line, below, share, authors):
    """A heading between paragraphs, a commenter, another story's author, whom the story is of."""
    page, tags = tagged([*above, line, *below], {}, {len(above): share})

    assert authors == read_roles(page, tags).authors


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (("Nora Aldwin", "9 March 2024 at 10:14", "Well done, council."), False),
        (("Nora Aldwin 9 March 2024 at 10:14", "Well done, council."), False),
        (("Nora Aldwin", "9 March 2024", "Harbour Gazette"), True),
        (("By Nora Aldwin 9 March 2024 at 10:14", "All rights reserved."), True),
    ],
)
def test_a_comment_below_the_story_says_nothing_of_it(lines, found):
    """Its name and time are above what is said; a label or another line below says otherwise."""
    stamp = next(n for n, line in enumerate(lines) if "2024" in line)
    share = {4: 0.7} if stamp else {4: 0.5}
    page, tags = tagged([*STORY, *lines], {}, share, {4 + stamp: 0.5 if not stamp else 0.9})
    heading = read_roles(page, tags)

    assert found == bool(heading.authors) == bool(heading.published)


COMMENT = (
    "I have been swimming there since I was a child, and the water was never this clean before."
)


@pytest.mark.parametrize(("header", "found"), [("Comments (2)", False), ("Harbour", True)])
def test_what_readers_say_below_the_story_is_no_story(header, found):
    """Long comments look like paragraphs: above the name of one there is still their header."""
    lines = [*STORY, header, "Nora Aldwin", "9 March 2024 at 10:14", COMMENT]
    page, tags = tagged(lines, {}, {5: 0.95}, {6: 0.9})
    heading = read_roles(page, tags)

    assert (found, found) == (bool(heading.authors), bool(heading.published))


@pytest.mark.parametrize(
    ("fetched_at", "day"),
    [(None, "2024-05-09"), ("2024-05-08T20:00:00Z", "2024-05-09"), ("2024-05-03", None)],
)
@pytest.mark.parametrize(
    "lines", [("May 9, 2024", *STORY), STORY, (f"TARNMOUTH, May 9, 2024 – {STORY[0]}",)]
)
def test_no_story_was_published_after_it_was_fetched(lines, fetched_at, day):
    """A day to come is that of an event, on a line, in an address or in a dateline."""
    url = "https://a.example/2024/05/09/x" if lines == STORY else None
    article = clean("Baths stay open until October", *lines, url=url, fetched_at=fetched_at)

    assert day == (article.date_published and article.date_published.day)


@pytest.mark.parametrize(
    ("stamp", "story", "other", "day"),
    [
        ("03/04/2024", GERMAN, "Impressum", "2024-04-03"),
        ("03-04-2024 10:15", GERMAN, "Impressum", "2024-04-03"),
        ("04/22/2024", GERMAN, "Impressum", "2024-04-22"),
        ("03/04/2024", STORY, "Imprint", None),
        ("03/04/2024", STORY, "22/03/2024 Market moves indoors", "2024-04-03"),
        ("03/04/2024", STORY, "03/22/2024 Market moves indoors", "2024-03-04"),
        ("03/04/2024", GERMAN[:1], "Impressum", None),
        ("03/04/2024 10:15 EST", GERMAN, "Impressum", None),
        ("3/04/2024 10:15", GERMAN, "Impressum", None),
        ("03/04/2024", STORY, f"On 22/03/2024 {STORY[0]}", None),
        ("Wed 03/04/2024", STORY, "Imprint", "2024-04-03"),
        ("03/04/2024", HEBREW, "Imprint", "2024-04-03"),
        ("03/04/2024", HINDI, "Imprint", "2024-04-03"),
    ],
)
def test_the_other_dates_or_the_language_tell_the_order_of_a_date(stamp, story, other, day):
    """A few words are too few to tell a language; signs of an American stamp tell otherwise."""
    page, tags = tagged(["Baths", stamp, *story, other], {0: 0.9}, {}, {1: 0.95})
    found = read_roles(page, tags).published

    assert day == (found and found.day)


CHINESE = (
    "河边浴场将开放到十月底，市政府星期二表示，这是三年来开放时间最长的一个季节。",
    "十五名议员中有九名在长时间讨论后投票赞成，门票价格将上涨十分之一。",
    "小泳池星期一仍将关闭，因为那天要换水，市政府的一名发言人在会后说。",
)


@pytest.mark.parametrize(
    ("lines", "authors"),
    [
        (("本报讯（记者王硕）" + CHINESE[0], *CHINESE[1:]), ("王硕",)),
        (("本报讯 " + CHINESE[0], *CHINESE[1:]), ()),
        (
            (
                "河边浴场开放到十月底",
                "作者：李明",
                "2024年3月7日",
                "本报讯（记者王硕）" + CHINESE[0],
                *CHINESE[1:],
            ),
            ("李明",),
        ),
    ],
)
def test_reporters_before_the_first_sentence_sign_if_no_byline_does(lines, authors):
    """They are read where datelines are, and stay in the text."""
    article = clean(*lines)

    assert authors == article.authors
    assert ("王硕" in article.text) == ("王硕" in "".join(lines))


def test_the_day_of_a_picture_is_not_that_of_the_story():
    """A caption above the story has a credit; without one its day may be that of the story."""
    caption = "Queue on the bridge, 2 May 2024. Photo: Bo Ek"
    for line, day in ((caption, None), ("Harbour, 2 May 2024", "2024-05-02")):
        page, tags = tagged(["Baths stay open until October", line, *STORY], {0: 0.9}, (), {1: 0.6})
        published = read_roles(page, tags).published
        assert day == (published and published.day)


@pytest.mark.parametrize(
    ("lines", "day"),
    [
        (("Data: 30 de novembro de 2024", "Horário: 18h", "Local: Biblioteca"), None),
        (("时间：2024年9月21日（周六）14:30", "地点：图书馆"), None),
        (("Posted 2 May 2024", "When: 24 May 2024, 7pm", "Where: The Anchor"), "2024-05-02"),
        (("2 May 2024", "Local news"), "2024-05-02"),
    ],
)
def test_the_day_above_a_place_is_that_of_an_event(lines, day):
    """Unless it is labelled as that of publication."""
    page, tags = tagged(["Baths stay open", *lines, *STORY], {0: 0.9}, {}, {1: 0.95})
    published = read_roles(page, tags).published

    assert day == (published and published.day)


@pytest.mark.parametrize("last", ["9 July 2024", "12 January 2024"])
def test_a_chronicle_has_no_day(last):
    """Three days head its paragraphs; if they are the same, it is that of the text."""
    days = ("12 January 2024", "3 March 2024" if "July" in last else last, last)
    lines = [line for pair in zip(days, STORY, strict=False) for line in pair]
    page, tags = tagged(lines, {}, {}, {0: 0.9})

    assert ("July" in last) == (read_roles(page, tags).published is None)


def test_of_two_days_the_one_below_the_headline_is_that_of_publication():
    """Another story's is below the text; in an archive of days, none is sure."""
    lines = ["Baths stay open", "7 March 2024", *STORY, "9 March 2024"]
    page, tags = tagged(lines, {0: 0.9}, {}, {1: 0.6, 6: 0.3})
    archive = [*STORY, *(f"{day} April 2024" for day in range(1, 9))]
    many, unsure = tagged(archive, time=dict.fromkeys(range(4, 12), 0.1))

    assert "2024-03-07" == read_roles(page, tags).published.isoformat()[:10]
    assert read_roles(many, unsure).published is None


NEAR = {
    "headline": "byline below|time below",
    "byline": "headline above|byline above|byline below|time above|time below|below the headline",
}
NEAR["time"] = NEAR["byline"]
PLACE = (
    "share against rivals|lines before|inside the story|above the story|story"
    "|line before is story|time"
)
OWN = {
    "headline": "share of the next two|share of the two before|short lines before"
    "|lines|paragraphs|prose before|text has a time stamp|part of another line|few words"
    "|usual length|full stop|address is of the story|address has words|words of the address"
    "|words of the story|words of each paragraph",
    "byline": "named in the story|words in lower case"
    "|neither label nor given name|candidates with a given name|heading of a box above|life below",
    "time": "days|day of the address|other day than the address",
}
"""Features by role, in the order of their weights in ``tagger.npz``: if one changes, train anew."""


def test_the_shipped_weights_are_those_of_the_features():
    """One for each, and a constant: another order or number would say something else."""
    page, tags = tagged(["Baths stay open", "By Nora Aldwin", "7 March 2024", *STORY], {0: 0.9})

    for role, candidates in candidates_of(reading_of(page, tags)).items():
        names = "|".join((PLACE, NEAR[role], OWN[role])).split("|")
        assert names == list(candidates[0].features)
        assert len(load_tagger().choices[role]) == len(names) + 1


ODD = (
    "***",
    "word | " * 400,
    "Baths stay open | Gazette",
    "Baths stay open",
    "浴場の営業",
    "By Bo Ek",
)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_chances_of_candidates_are_probabilities_whatever_the_tagger_says(data):
    """Of any lines, one or many, also without a word or too long to be examined."""
    line = st.sampled_from((*ODD, *STORY, *MENU, "Nora Aldwin", "7 March 2024", "9.3.2024"))
    lines = data.draw(st.lists(line, min_size=1, max_size=20))
    share = st.floats(0, 1).map(lambda value: round(value / len(lines), 3))
    shares = [dict(enumerate(data.draw(st.tuples(*[share] * len(lines))))) for _ in range(3)]
    page, tags = tagged(lines, *shares)

    for candidates in candidates_of(reading_of(page, tags)).values():
        chances = [each.chance for each in candidates]
        assert sorted(chances, reverse=True) == chances
        assert all(0.0 <= chance <= 1.0 for chance in chances)
        assert sum(chances) <= 1.0 + 0.001 * len(chances)


def test_of_candidates_as_probable_as_each_other_the_tagger_chooses():
    """If no feature tells them apart, its own probabilities do, and then the first line."""
    lines = ["Baths stay open", "Pools stay open", "Lakes stay open", *STORY]
    page, tags = tagged(lines, {0: 0.2, 1: 0.3, 2: 0.2})
    equal = {role: [0.0] * len(weights) for role, weights in tags.choices.items()}
    found = headlines(reading_of(page, replace(tags, choices=equal)))

    assert [1, 0, 2] == [each.line.index for each in found]


def test_many_lines_that_begin_alike_are_few_candidates():
    """Each is a headline with a site's name after another: the work would grow as their square."""
    words = [f"w{number}" for number in range(200)]
    long = " ".join(words) + " - Gazette"
    page, tags = tagged([long, *STORY, *(" ".join(words[:end]) for end in range(4, 200))], {0: 0.9})

    assert len(headlines(reading_of(page, tags))) < 20


def test_a_credit_that_is_printed_twice_is_evidence_once():
    """The second line says nothing new, and nothing is no evidence; one more name is."""
    credit = "Nora Aldwin contributed to this report."
    more = "Nora Aldwin and Bo Ek contributed to this report."
    found = clean(*STORY, credit, credit, more)

    assert ("Nora Aldwin", "Bo Ek") == found.contributors
    assert ["Nora Aldwin", "Bo Ek"] == [
        each.value for each in found.evidence if each.field == "contributors"
    ]


@pytest.mark.parametrize("story", [STORY, GERMAN], ids=["en", "de"])
@pytest.mark.parametrize("line", PROMOTIONS)
@pytest.mark.parametrize("place", [-1, 2])
def test_one_line_of_promotion_takes_no_paragraph_along(line, story, place):
    """Wherever it stands, before the last paragraph too, all paragraphs stay."""
    lines = [*story[:place], line, *story[place:]]

    assert "\n\n".join(story) in clean(*lines).text.replace(f"{line}\n\n", "")


@pytest.mark.parametrize(
    ("headline", "byline", "author", "stamp", "story"),
    [
        ("Baths stay open until October", "By Nora Aldwin", "Nora Aldwin", "7 March 2024", STORY),
        ("Freibad bleibt bis Oktober offen", "Von Nora Aldwin", "Nora Aldwin", "7.3.2024", GERMAN),
        ("Baths stay open until October", "Nora Aldwin", "Nora Aldwin", "March 7, 2024", STORY),
    ],
)
@pytest.mark.parametrize("menu", [0, 4, 7])
def test_a_headline_is_found_under_any_menu(headline, byline, author, stamp, story, menu):
    """Beside a byline and a date, however many lines stand above."""
    article = clean(*MENU[:menu], headline, byline, stamp, *story)

    assert headline == article.title
    assert (author,) == article.authors
    assert "2024-03-07" == article.date_published.isoformat()[:10]
    assert "\n\n".join(story) == article.text


@pytest.mark.parametrize(
    "notice",
    [
        ("We value your privacy", "We and our partners use cookies to store data on a device."),
        ("Cookies on this site", "We use cookies to make this page work and to measure visits."),
    ],
)
def test_a_notice_of_consent_is_no_headline(notice):
    """What stands above text that is cut heads no story; the headline below it is found."""
    article = clean(*notice, "Accept all", "Baths stay open until October", *STORY)

    assert "Baths stay open until October" == article.title
    assert "cookies" not in article.text


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from((*MENU, *PROMOTIONS)), max_size=8))
def test_the_headline_never_disappears(above):
    """It is the title, or it stands in the text."""
    article = clean(*above, "Baths of Tarnmouth stay open until October", *STORY)

    assert "Baths of Tarnmouth stay open until October" in f"{article.title}\n{article.text}"


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from((*STORY, *GERMAN, *MENU, *PROMOTIONS)), min_size=1, max_size=15))
def test_a_text_with_long_lines_keeps_some_of_them(lines):
    """Nothing whole is lost: a tenth of the words in long lines stay."""
    article = clean(*lines)
    long = [len(line.split()) for line in lines if len(line.split()) >= 24]

    assert len(article.text.split()) >= 0.1 * sum(long)


@pytest.mark.parametrize("suffix", [" - Gazette", " | Gazette"])
def test_the_headline_is_the_copy_without_the_sites_name(suffix):
    """Wherever it is printed again, also below the story."""
    title = "Baths of Tarnmouth stay open until October"

    assert title == clean(title + suffix, *STORY, "Related", title).title


def test_a_lead_that_is_printed_twice_stays_in_the_story():
    """It is a sentence of the story, not its headline."""
    article = clean(STORY[0], "By Ada Berg", "June 3, 2024", *STORY)

    assert article.title is None
    assert STORY[0] in article.text


def test_a_question_that_is_printed_twice_may_be_the_headline():
    """Above the byline, and again in a list of stories."""
    question = "How long will the baths of Tarnmouth stay open this year, and who pays?"
    article = clean(question, "By Ada Berg", "June 3, 2024", *STORY, "Most read", question)

    assert question == article.title


@pytest.mark.parametrize("first", ["Baths reopen", "# Baths reopen"])
def test_a_short_headline_does_not_disappear(first):
    """It is the title, or it stays in the text."""
    article = clean(first, *STORY)

    assert "Baths reopen" in f"{article.title}\n{article.text}"
