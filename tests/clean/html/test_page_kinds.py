"""Kinds of pages on which other tools were reported to fail, each in several variants."""

from __future__ import annotations

import pytest

from pipeline.clean.html.extract import extract_page
from pipeline.records import Article, Document

TITLE = "Rope is dear this winter in Norhaven"
STORY = [
    "The harbour council met on Tuesday night and spoke of nothing but the price of rope.",
    "Its chair, who has sold rope for thirty years, left the room before the vote was taken.",
    "Fishermen at the back of the hall said that they would splice what they had until spring.",
    "A second meeting is planned for next month, when the ferry company will show its accounts.",
    "Nobody expects the price to fall before the new mill on the river begins its work in June.",
    "Until then the boats will share their lines, as they did in the winter of the great frost.",
]
OTHER = "Growers in the valley expect the smallest harvest of apples in eleven years, after frost."
MENU = "<nav><ul><li><a href='/n'>News</a></li><li><a href='/s'>Sport</a></li></ul></nav>"
FOOTER = "<footer><p>&copy; 2024 Norhaven Lantern. All rights reserved.</p></footer>"


def page(
    *, head: str = "", before: str = "", top: str = "", inside: str = "", after: str = ""
) -> str:
    """A page with *before* and *after* its article, *top* and *inside* within its story."""
    paragraphs = [f"<p>{text}</p>" for text in STORY]
    story = "".join([*paragraphs[:3], inside, *paragraphs[3:]])
    return (
        f"<html lang=en><head><title>{TITLE}</title><meta name=viewport content=x>{head}</head>"
        f"<body>{before}{MENU}<article><h1>{TITLE}</h1>{top}{story}</article>{after}{FOOTER}</body>"
        "</html>"
    )


def article(content: str) -> Article:
    """The article of a page."""
    return extract_page(Document("0" * 32, "a", "a.html", "text/html", content))


WHOLE = "\n\n".join(STORY)


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>{}</p>",
        "<div style='display:none'><p>{}</p></div>",
        "<div style='color:red; DISPLAY : NONE'>{}</div>",
        "<p style='visibility:hidden'>{}</p>",
        "<p aria-hidden=true>{}</p>",
        "<p class=hidden>{}</p>",
        "<p class='note d-none'>{}</p>",
        "<p class=sr-only>{}</p>",
        "<p class=visually-hidden>{}</p>",
        "<div class=screen-reader-text><p>{}</p></div>",
        "<dialog><p>{}</p></dialog>",
        "<dialog open><p>{}</p></dialog>",
        "<template><p>{}</p></template>",
        "<noscript><p>{}</p></noscript>",
        "<div role=dialog><p>{}</p></div>",
    ],
)
@pytest.mark.parametrize("place", ["before", "inside", "after"])
def test_hidden_text_stays_out(hidden: str, place: str) -> None:
    """What a page does not show is in no text, wherever it stands."""
    assert WHOLE == article(page(**{place: hidden.format(OTHER)})).text


@pytest.mark.parametrize(
    ("inline", "expected"),
    [
        (
            "The <a href=x>mill<span class=sr-only> (opens in a new tab)</span></a> pays.",
            "The mill pays.",
        ),
        (
            "The mill<span hidden> or not</span> pays its men on Friday.",
            "The mill pays its men on Friday.",
        ),
        (
            "<span class=sr-only>The</span><span aria-hidden=true>The</span> mill pays its men.",
            "The mill pays its men.",
        ),
        (
            "The mill pays <span class=hidden-xs>its</span> men on Friday.",
            "The mill pays its men on Friday.",
        ),
    ],
)
def test_hidden_words_leave_their_sentence(inline: str, expected: str) -> None:
    """Within a line too; a name that hides on some screens only hides nothing."""
    assert expected in article(page(inside=f"<p>{inline}</p>")).text.split("\n\n")


def test_a_story_that_a_script_shows_stays() -> None:
    """Where most of a page is hidden, it is the page."""
    paragraphs = "".join(f"<p>{text}</p>" for text in STORY)
    whole = (
        f"<html><title>{TITLE}</title><body><h1>{TITLE}</h1><div class=hidden>{paragraphs}</div>"
    )

    assert WHOLE == article(whole).text


@pytest.mark.parametrize(
    "line",
    [
        "Advertisement",
        "Story continues below advertisement",
        "Read also: Market moves indoors",
        "Lesen Sie auch: Der Markt zieht um",
        "Anzeige",
        "Publicité",
        "Publicidad",
        "広告",
        "Lire aussi : Le marché déménage",
        "Читайте также: Рынок переехал",
        "Photo: Ada Winterbourne",
        "Sign up for our newsletter",
        "Share this article",
        "© 2024 AFP",
    ],
)
@pytest.mark.parametrize("tag", ["p", "div"])
def test_known_lines_between_paragraphs_go(line: str, tag: str) -> None:
    """What the rules of texts know by name goes from a page as well."""
    assert line not in article(page(inside=f"<{tag}>{line}</{tag}>")).text


@pytest.mark.parametrize(
    "line",
    [
        "The paper lives from advertisement and from small notices, its owner told the council.",
        "Readers were asked to share the photo that the old mayor had hung in the hall.",
        "Watch and wait was the advice that his father had given to every man on the quay.",
        "By Monday the price had risen again, and no ship had come in from the north.",
    ],
)
def test_sentences_that_speak_of_such_things_stay(line: str) -> None:
    """A rule needs the line as a whole."""
    assert line in article(page(inside=f"<p>{line}</p>")).text


@pytest.mark.parametrize(
    "stamp",
    [
        "Published March 7, 2024",
        "Thu 7 Mar 2024 10.15 GMT",
        "Mar 7, 2024 | 4 min read",
        "7. März 2024",
        "7 mars 2024",
        "7 de marzo de 2024",
        "7 марта 2024, 10:15",
        "2024年3月7日 10時15分",
        "7 มีนาคม 2567",
        "٧ مارس ٢٠٢٤",
        "7 Mart 2024",
    ],
)
def test_a_printed_day_is_a_field_and_no_paragraph(stamp: str) -> None:
    """It is read from the line below the headline, which leaves the text."""
    found = article(page(top=f"<p>{stamp}</p>"))

    assert WHOLE == found.text
    assert found.date_published is not None
    assert found.date_published.isoformat().startswith("2024-03-07")


@pytest.mark.parametrize(
    "elsewhere",
    [
        {},
        {"after": "<p>Norhaven Lantern Ltd, registered on 27 November 2018.</p>"},
        {"after": "<p>Terms of use of 3 May 2021</p>"},
        {"inside": "<p>The mill was opened on 3 May 1998 by the mayor of the town.</p>"},
        {"inside": "<img src='/uploads/2021/05/03/rope.jpg'>"},
        {"head": "<link rel=stylesheet href='/style.css?v=20210503'>"},
        {"head": "<meta property='article:published_time' content='3/7/2024 10:00:00 PM'>"},
        {"head": "<meta property='article:published_time' content='1970-01-01T00:00:00Z'>"},
        {"top": "<p>Updated 8 March 2024</p>"},
        {"top": "<p>Zuletzt aktualisiert: 8. März 2024</p>"},
        {"top": "<p>Actualizado a 7 de marzo de 2024</p>"},
        {"top": "<p>Updated <time datetime=2024-03-08>8 March</time></p>"},
        {"after": "<section id=comments><b>ed</b> <span class=date>12 June 2016</span></section>"},
        {"after": "<div class=comment-list><time datetime=2016-06-12>12 June 2016</time></div>"},
        {"after": "<div class=related-posts><h3>Mill</h3><time datetime=2016-06-12>x</time></div>"},
        {"after": "<div class=teaser><a href=x>Mill<time datetime=2016-06-12>x</time></a></div>"},
    ],
)
def test_an_undated_page_has_no_date(elsewhere: dict[str, str]) -> None:
    """No day of a licence, a change, a comment, another story or a placeholder is its own."""
    assert article(page(**elsewhere)).date_published is None


@pytest.mark.parametrize(
    ("top", "published", "changed"),
    [
        ("Updated 8 March 2024", None, "2024-03-08"),
        (
            "Updated: Oct 01, 2014 09:00 | Published: MARCH 28, 2014 10:00",
            "2014-03-28",
            "2014-10-01",
        ),
        ("Published 7 March 2024, updated 8 March 2024", "2024-03-07", "2024-03-08"),
        ("7 March 2024 (updated 8 March 2024)", "2024-03-07", "2024-03-08"),
        ("Stand: 8. März 2024", None, "2024-03-08"),
        (
            "<a rel=bookmark href=/r><time datetime=2024-03-07>7 March</time></a>",
            "2024-03-07",
            None,
        ),
        ("7 March 2024", "2024-03-07", None),
    ],
)
def test_the_day_of_a_change_is_not_that_of_publication(
    top: str, published: str | None, changed: str | None
) -> None:
    """A label says which is which."""
    found = article(page(top=f"<div class=date>{top}</div>"))
    days = [each and each.isoformat()[:10] for each in (found.date_published, found.date_modified)]

    assert [published, changed] == days


@pytest.mark.parametrize(
    "block",
    [
        {
            "before": "<div id=onetrust-banner-sdk role=alertdialog><h2>We value your privacy</h2>"
            "<p>We and our 812 partners store and access information on a device.</p></div>"
        },
        {"before": "<div class=cookie-banner><p>We use cookies to make it work.</p></div>"},
        {
            "before": "<div class=gdpr-consent><h2>Privacy</h2><p>We store and read cookies, and"
            " our partners do so too, to show you what you like.</p></div>"
        },
        {
            "inside": "<div class=wp-caption><img src=x><p class=wp-caption-text>Rope in a shop"
            " old harbour.</p></div>"
        },
        {
            "before": "<div><p>We and our partners use cookies to store and read data on your"
            " device. You can change your choice at any time.</p></div>"
        },
        {
            "before": "<div><p>Mit Ihrer Zustimmung verwenden wir und unsere Partner Cookies, um"
            " Daten auf Ihrem Gerät zu speichern.</p></div>"
        },
        {"inside": "<figure><img src=x><figcaption>Rope in a shop.</figcaption></figure>"},
        {
            "inside": "<div class=image><div class=image-caption>Rope in a shop of the harbour."
            "</div></div>"
        },
        {
            "after": "<div class=paywall-box><h3>Keep reading with a subscription</h3><p>You have"
            " read three of your three free stories of this month, as you may know.</p></div>"
        },
        {"inside": "<div class=photo-credit>Rope in a shop of the old harbour</div>"},
        {"inside": "<p class=u-hiddenVisually>Rope in a shop of the old harbour</p>"},
        {
            "after": "<div class=paywall><p>You have read three of your three free stories this"
            " month. Subscribe to go on reading.</p></div>"
        },
        {"after": "<div><p>This story is for subscribers only. Subscribe for 1 euro.</p></div>"},
        {
            "after": "<div class=bottom><div><p>Lantern Media GmbH</p><p>Quay 3, Norhaven, licence"
            " 1108 of the ministry of trade</p></div></div>"
        },
        {
            "after": f"<article class=next><h2>Apples</h2><p class=byline>By Jan Kupfer</p>"
            f"<p>{OTHER}</p>"
            f"<p>{OTHER} No more are seen.</p></article>"
        },
        {"after": f"<article><h1>Apples</h1><p>{OTHER}</p></article>"},
        {"after": f"<div><div><h2>Apples</h2><p>By Jan Kupfer</p><p>{OTHER}</p></div></div>"},
        {"after": f"<div class=related><h3>Apples</h3><p>{OTHER}</p></div>"},
        {
            "after": f"<div><div><h3><a href=/1>Apples are dear</a></h3><p>{OTHER}</p></div><div>"
            f"<h3><a href=/2>Pears are dear</a></h3><p>{OTHER}</p></div></div>"
        },
    ],
)
def test_what_is_no_story_is_not_added(block: dict[str, str]) -> None:
    """Consent, captions, walls, imprints and other stories stay out; the story stays whole."""
    assert WHOLE == article(page(**block)).text


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("<form id=aspnetForm action=/x method=post><input type=hidden value=1>", "</form>"),
        (
            "<div id=app aria-hidden=true>",
            "</div><div role=dialog><p>Subscribe to read on</p></div>",
        ),
        ("<aside>", "</aside>"),
        ("<div class='content related-layout'>", "</div>"),
        ("<div class=gdpr-wrapper>", "</div>"),
        ("<div class='comments-open cookies-not-set hidden-nav'>", "</div>"),
        ("<div class='hidden lg:block'>", "</div>"),
        ("<div hidden id=S:0>", "</div>"),
    ],
)
def test_a_story_stays_whatever_is_around_it(opening: str, closing: str) -> None:
    """Names and elements around all of a page say nothing about its story."""
    content = page().replace("<article>", opening).replace("</article>", closing)

    assert WHOLE == article(content).text


@pytest.mark.parametrize(
    "panel",
    [
        "<details><summary>When?</summary><p>{}</p></details>",
        "<button aria-controls=p1>When?</button><div id=p1 hidden><p>{}</p></div>",
        "<div role=tabpanel hidden><p>{}</p></div>",
        "<div role=region aria-labelledby=b1 style='display:none'><p>{}</p></div>",
    ],
)
def test_panels_that_readers_open_stay(panel: str) -> None:
    """Accordions and tabs are closed, not hidden."""
    assert OTHER in article(page(inside=panel.format(OTHER))).text


GARDENS = [
    "The walled garden of the Attley family near Stoke Orchard",
    "The mill garden in Lower Teme with its old pear trees",
    "The herb beds behind the former hospital",
    "The station master's garden at Aldersea",
]
TEASERS = [
    "Council delays vote on the ferry",
    "Mill on the river opens in June",
    "Frost kills most of the blossom",
    "Mayor leaves the room before the vote",
]
LINK = "<li><a href=/x>{}</a></li>"
OPEN = "<p>Our correspondent walked through the four gardens that open this weekend:</p>"


def entries(texts: list[str], entry: str = "<li>{}</li>") -> str:
    """The texts as entries of a list."""
    return "".join(map(entry.format, texts))


@pytest.mark.parametrize(
    "inside",
    [
        f"{OPEN}<ul>{entries(GARDENS, LINK)}</ul>",
        f"{OPEN}<ol>{entries(GARDENS, LINK)}</ol>",
        f"<ul>{entries(GARDENS, LINK)}</ul>",
        f"{OPEN}<ul>{entries(GARDENS)}</ul>",
        f"{OPEN}<ol>{entries(GARDENS)}</ol>",
        f"{OPEN}<ul>{entries(GARDENS[:2], LINK)}{entries(GARDENS[2:])}</ul>",
        f"{OPEN}<ul>{entries(GARDENS, '<li><a href=/x>{}</a>, open from ten</li>')}</ul>",
        f"{OPEN}<ul>{entries(GARDENS, LINK)}<li>{OTHER}</li></ul>",
        f"{OPEN}<ul>{entries(GARDENS)}<li><ul>{entries(['Rope', 'Tar', 'Oakum'])}</ul></ul>",
        f"{OPEN}<ol>{entries(GARDENS, '<li><h3>{}</h3><p>' + OTHER + '</p></li>')}</ol>",
    ],
)
def test_the_entries_of_a_list_in_a_story_all_stay(inside: str) -> None:
    """Linked or not, short or long, alone or with a paragraph; so do the paragraphs around it."""
    lines = article(page(inside=inside)).text.split("\n\n")

    assert GARDENS == [each for each in GARDENS if any(line.startswith(each) for line in lines)]
    assert STORY == [line for line in lines if line in STORY]


@pytest.mark.parametrize(
    "block",
    [
        {"after": f"<div><h3>Related</h3><ul>{entries(TEASERS, LINK)}</ul></div>"},
        {"after": f"<div class=related><ol>{entries(TEASERS, LINK)}</ol></div>"},
        {"inside": f"<div class=more><h4>Read more</h4><ul>{entries(TEASERS, LINK)}</ul></div>"},
        {"before": f"<ul>{entries(['Rope', 'Tar', 'Oakum'], LINK)}</ul>"},
        {"before": f"<div class=sidebar><h2>Most read</h2><ol>{entries(TEASERS, LINK)}</ol></div>"},
        {"after": f"<aside><ul>{entries(TEASERS, LINK)}</ul></aside>"},
        {"top": f"<nav><ul>{entries(['The vote', 'The mill'], LINK)}</ul></nav>"},
        {"inside": f"<ul>{entries(['Facebook', 'WhatsApp', 'Email'], LINK)}</ul>"},
        {"after": f"<ul class=tags>{entries(['Rope', 'Tar', 'Oakum'], LINK)}</ul>"},
        {"after": f"<div class=footer><ul>{entries(['About us', 'Privacy'], LINK)}</ul></div>"},
    ],
)
def test_a_list_of_links_elsewhere_goes_whole(block: dict[str, str]) -> None:
    """Related stories, even one whose words the story repeats, menus, contents, share buttons."""
    assert WHOLE == article(page(**block)).text


TABLE = [["Town", "Inhabitants"], ["Marsh End", "14,210"], ["Coldwater", "911"], ["Quay", "58.6"]]


def rows(cell: str = "<td>{}</td>") -> str:
    """The rows of ``TABLE``."""
    return "".join("<tr>" + "".join(map(cell.format, row)) + "</tr>" for row in TABLE)


@pytest.mark.parametrize(
    "table",
    [
        f"<table>{rows()}</table>",
        f"<table><tbody>{rows()}</tbody></table>",
        f"<table border=1>{rows('<td><p>{}</p></td>')}</table>",
        f"<figure><table>{rows()}</table></figure>",
        f"<div class=table-wrapper><table class=data>{rows('<td><b>{}</b></td>')}</table></div>",
        f"<table><caption>Towns of the county</caption>{rows()}</table>",
        f"<table>{rows('<td>{}<br></td>')}</table>",
        f"<table>{rows('<th>{}</th>')}</table>",
    ],
)
def test_a_data_table_keeps_its_rows(table: str) -> None:
    """All cells come out, row by row."""
    paragraphs = article(page(inside=table)).text.split("\n\n")

    assert [" | ".join(row) for row in TABLE] == [each for each in paragraphs if " | " in each]


@pytest.mark.parametrize(
    "layout",
    [
        "<table role=presentation><tr><td><p>{0}</p></td><td><p>{1}</p></td></tr></table>",
        "<table><tr><td>{0}</td></tr><tr><td>{1}</td></tr></table>",
    ],
)
def test_a_layout_table_is_read_cell_by_cell(layout: str) -> None:
    """A table that only divides the page has paragraphs, not rows."""
    text = article(page(inside=layout.format(OTHER, STORY[0] + " Again."))).text

    assert " | " not in text


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "<pre><code>def f(x):\n    return x\n\nf(1)\n</code></pre>",
            "def f(x):\n    return x\nf(1)",
        ),
        ("<pre>\n  a = 1\n  b = 2\n</pre>", "a = 1\nb = 2"),
        ("<pre>O rope\n  that binds\nthe boat</pre>", "O rope\n  that binds\nthe boat"),
        ("<pre>a = 1<br>b = 2</pre>", "a = 1\nb = 2"),
        (f"<pre>{STORY[0]}\n{STORY[1]}\n{STORY[2]}</pre>", " ".join(STORY[:3])),
    ],
)
def test_preformatted_lines_stay_lines(code: str, expected: str) -> None:
    """Code and verse keep lines and indents; hard-wrapped prose is joined."""
    assert expected in article(page(inside=code)).text.split("\n\n")


@pytest.mark.parametrize(
    "heading",
    [
        "<h3><button aria-expanded=false>{}</button></h3>",
        "<h3><button><span>{}</span></button></h3>",
        "<h3>{}</h3>",
        "<button><h3>{}</h3></button>",
    ],
)
def test_headings_that_are_buttons_stay(heading: str) -> None:
    """Accordions keep their questions."""
    questions = ["When does the mill open?", "Who will run the mill?", "What will rope cost?"]
    inside = "".join(f"<div>{heading.format(q)}<div><p>{OTHER}</p></div></div>" for q in questions)

    assert questions == [
        each for each in article(page(inside=inside)).text.split("\n\n") if "?" in each
    ]


def ld(author: str, key: str = "author") -> str:
    """JSON-LD of the story with these authors."""
    return (
        f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"{TITLE}",'
        f'"{key}":{author}}}</script>'
    )


BYLINE = "<div class=byline>By Ada Winterbourne</div>"


@pytest.mark.parametrize(
    ("head", "top", "expected"),
    [
        (ld('{"@type":"Organization","name":"Coast Media Group"}'), BYLINE, ["Ada Winterbourne"]),
        (ld('{"@type":"Person","name":"Lantern Feed Import"}'), BYLINE, ["Ada Winterbourne"]),
        (ld('"awinter"'), BYLINE, ["Ada Winterbourne"]),
        (ld('{"@type":"Person","name":"Jan Kupfer"}'), BYLINE, ["Jan Kupfer"]),
        (ld('{"@type":"Organization","name":"Coast Media Group"}'), "", ["Coast Media Group"]),
        (ld('["Ada Winterbourne","Coast Media Group"]'), "", ["Ada Winterbourne"]),
        (ld('[[{"@type":"Person","name":"Ada Winterbourne"}]]'), "", ["Ada Winterbourne"]),
        (ld('["Ada Winterbourne"]', "creator"), "", ["Ada Winterbourne"]),
        (ld('{"@type":"Person","name":"Winterbourne, Ada"}'), "", ["Ada Winterbourne"]),
        (
            "<meta name=citation_author content='Ibarrondo, Rafael Ángel'>",
            "",
            ["Rafael Ángel Ibarrondo"],
        ),
        (
            "<meta name=author content='Ada Winterbourne, Jan Kupfer'>",
            "",
            ["Ada Winterbourne", "Jan Kupfer"],
        ),
        ("<meta name=author content=undefined>", "", []),
        (
            "",
            "<div class=byline>By Ada Winterbourne | <a href='mailto:x'>Email the author</a></div>",
            ["Ada Winterbourne"],
        ),
        ("", "<div class=byline>Ada Winterbourne Follow</div>", ["Ada Winterbourne"]),
        ("", "<div class=author>Ada Winterbourne Bio</div>", ["Ada Winterbourne"]),
        ("", "<div class=byline>Special to the Lantern</div>", []),
        ("", "<div class=byline>Monday</div>", []),
        (
            "",
            "<p>By Ada Winterbourne in Paris and Jan Kupfer in Rome</p>",
            ["Ada Winterbourne", "Jan Kupfer"],
        ),
    ],
)
def test_persons_go_before_houses_and_buttons(head: str, top: str, expected: list[str]) -> None:
    """Who wrote the story is decided by kind and by how many places say so."""
    assert expected == list(article(page(head=head, top=top)).authors)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Текст: Мария Петрова", "Мария Петрова"),
        ("Автор: Мария Петрова", "Мария Петрова"),
        ("文／記者王小明", "王小明"),
        ("记者 张三丰", "张三丰"),
        ("홍길동 기자", "홍길동"),
        ("מאת נועה לוי", "נועה לוי"),
        ("بقلم: ليلى حداد", "ليلى حداد"),
        ("लेखक: राम कुमार", "राम कुमार"),
        ("Yazan: Ayşe Demir", "Ayşe Demir"),
        ("Szerző: Kovács Anna", "Kovács Anna"),
        ("Teksti: Aino Virtanen", "Aino Virtanen"),
        ("โดย สมชาย ใจดี", "สมชาย ใจดี"),
        ("Propos recueillis par Léa Martin", "Léa Martin"),
        ("Tekst: Ola Nordmann", "Ola Nordmann"),
        ("Texte : Léa Martin", "Léa Martin"),
        ("Oleh: Budi Santoso", "Budi Santoso"),
        ("Tác giả: Trần Văn Nam", "Trần Văn Nam"),
        ("Συντάκτης: Ελένη Παππά", "Ελένη Παππά"),
    ],
)
def test_bylines_have_labels_in_many_languages(line: str, name: str) -> None:
    """The label is not part of the name."""
    found = article(page(top=f"<div class=byline>{line}</div>"))

    assert [name] == list(found.authors)
    assert line not in found.text


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("<h1><span class=kicker>Exclusive</span> {}</h1>", f"{TITLE} - Lantern"),
        ("<h1><span>Exclusive</span> {}</h1>", TITLE),
        ("<h1><span class=visually-hidden>Article:</span> {}</h1>", "Lantern"),
        ("<h1><span class=eyebrow>Harbour</span>{}</h1>", "Lantern"),
        ("<h1>Lan&shy;tern</h1><h2>{}</h2>", f"{TITLE} - Lantern"),
        ("<h1></h1><h2>{}</h2>", "News"),
        ("<h2>{}</h2>", "Untitled Document"),
        ("<h2 class=entry-title>{}</h2>", "Home"),
        ("<h1>{}</h1>", "News"),
        ("<h1>{}</h1>", f"Lantern | {TITLE}"),
    ],
)
def test_the_headline_is_the_title(heading: str, title: str) -> None:
    """Kickers, sections and hidden words are not in it, and it is not in the text."""
    content = page().replace(f"<h1>{TITLE}</h1>", heading.format(TITLE))
    found = article(content.replace(f"<title>{TITLE}", f"<title>{title}"))

    assert TITLE == found.title
    assert TITLE not in found.text


def test_first_level_headings_within_the_story_stay() -> None:
    """Sections of a story may be h1; only the headline leaves the text."""
    content = page().replace(f"<p>{STORY[1]}", f"<h1>The chair leaves</h1><p>{STORY[1]}")
    found = article(content.replace(f"<p>{STORY[2]}", f"<h1>Fishermen wait</h1><p>{STORY[2]}"))

    assert TITLE == found.title
    assert [STORY[0], "The chair leaves", STORY[1], "Fishermen wait"] == found.text.split("\n\n")[
        :4
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Ro&shy;pe is dear this winter", "Rope is dear this winter"),
        ("Rope\u200b is dear\u200e this winter", "Rope is dear this winter"),
        ("Rope &amp;amp; tar are dear this winter", "Rope & tar are dear this winter"),
        ("Rope&nbsp;is dear this winter", "Rope is dear this winter"),
    ],
)
def test_a_title_has_no_invisible_characters(written: str, read: str) -> None:
    """Soft hyphens, direction marks and entities escaped twice are not part of a title."""
    assert read == article(page().replace(TITLE, written)).title
