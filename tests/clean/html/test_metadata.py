"""Metadata by vote."""

from __future__ import annotations

import pytest
from lxml.html import document_fromstring

from pipeline.clean.html.blocks import read_blocks
from pipeline.clean.html.markup import article_nodes, read_markup
from pipeline.clean.html.metadata import PageMetadata, read_metadata
from pipeline.clean.html.title import without_site
from pipeline.clean.names import author_names
from pipeline.records import Document


def read(head: str, body: str = "", **declared: str) -> PageMetadata:
    """The metadata of a page with *head* and *body*."""
    page = f"<html><head>{head}</head><body>{body}</body></html>"
    document = Document("0" * 32, "r", "r.html", "text/html", page, **declared)  # type: ignore[arg-type]
    root = document_fromstring(page)
    return read_metadata(read_markup(root), read_blocks(root), document)


def ld(json: str) -> str:
    """A script that states *json*."""
    return f'<script type="application/ld+json">{json}</script>'


SITE = frozenset({"the lantern", "lantern example"})


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Rope is dear | The Lantern", "Rope is dear"),
        ("Rope is dear - Local - The Lantern", "Rope is dear - Local"),
        ("The Lantern: Rope is dear", "The Lantern: Rope is dear"),
        ("The Lantern | Rope is dear", "Rope is dear"),
        ("Rope is dear - and thin", "Rope is dear - and thin"),
        ("Rope-making is dear", "Rope-making is dear"),
        ("The Lantern", ""),
        ("Who lit The Lantern tower? | The Lantern", "Who lit The Lantern tower?"),
    ],
)
def test_a_title_loses_the_name_of_the_site(title: str, expected: str) -> None:
    """Only the site's name at either end is cut, behind a separator with spaces."""
    assert expected == without_site(title, SITE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("By Ada Winterbourne", ("Ada Winterbourne",)),
        ("Written by Ada Winterbourne and Tomas Quill", ("Ada Winterbourne", "Tomas Quill")),
        ("Von Lena Ofenrohr, Jan Kupfer", ("Lena Ofenrohr", "Jan Kupfer")),
        ("Ada Winterbourne, Jr.", ("Ada Winterbourne, Jr",)),
        ("Veröffentlicht von Jan Kupfer", ("Jan Kupfer",)),
        ("Ada Winterbourne Updated May 3, 2024", ("Ada Winterbourne",)),
        ("Ada Winterbourne (Norhaven)", ("Ada Winterbourne",)),
        ("Ada Winterbourne; ADA WINTERBOURNE", ("Ada Winterbourne",)),
        ("https://www.example.org/ada-winterbourne", ()),
        ("ada@example.org", ()),
        ("@ada", ()),
        ("The Lantern", ()),
        ("admin", ()),
        ("12 March 2024", ()),
        ("A sentence about the writer which goes on for a while", ()),
        ("Ludwig von Norden", ("Ludwig von Norden",)),
        ("Posted on 3 May 2024 by Jan Kupfer", ("Jan Kupfer",)),
        ("View all posts by Jan Kupfer", ("Jan Kupfer",)),
        ("Authored by: Jan Kupfer", ("Jan Kupfer",)),
        ("Read more about Jan Kupfer", ("Jan Kupfer",)),
        ("Ada Winterbourne @adawinter", ("Ada Winterbourne",)),
        ("By Ada Winterbourne on 3 May 2024", ("Ada Winterbourne",)),
        ("Ada Winterbourne Senior Politics Editor", ("Ada Winterbourne",)),
        ("Ada Winterbourne Founder at Oakgrove", ("Ada Winterbourne",)),
        ("By Ada Winterbourne, Rope and Canvas Expert", ("Ada Winterbourne",)),
        ("The Harbour editors", ("The Harbour editors",)),
        ("Written By", ()),
        ("Sat, 20 Dec, 2025", ()),
        ("Wednesday 3 May 2024 10:44 am PST by Jan Kupfer", ("Jan Kupfer",)),
        ("", ()),
        ("Byron Bylund", ("Byron Bylund",)),
        ("Andrea Sandoval", ("Andrea Sandoval",)),
        ("By Ada Winterbourne, DVM. Reviewed by Jan Kupfer, DVM", ("Ada Winterbourne",)),
        ("Ada Winterbourne. Fact-checked by Jan Kupfer", ("Ada Winterbourne",)),
        ("Ada Winterbourne Head of Rope and Canvas", ("Ada Winterbourne",)),
        (
            "Ada Winterbourne, Vice President of Rope; Jan Kupfer",
            ("Ada Winterbourne", "Jan Kupfer"),
        ),
        ("Quelle: sid/dpa", ()),
        ("red, Agenturen", ()),
        ("By Ada Winterbourne Email the author", ("Ada Winterbourne",)),
        ("By Ada Winterbourne | Senior Reporter", ("Ada Winterbourne",)),
    ],
)
def test_a_byline_is_split_into_names(text: str, expected: tuple[str, ...]) -> None:
    """Names are kept as printed; addresses, the site and sentences are no names."""
    assert expected == author_names([text], SITE)


def test_one_wrong_title_is_outvoted() -> None:
    """The headline that two places agree on wins over a teaser for social networks."""
    head = ld('{"@type":"NewsArticle","headline":"Rope is dear in Norhaven"}')
    head += '<meta property="og:title" content="You will not believe this rope">'
    metadata = read(head, "<h1>Rope is dear in Norhaven</h1>")

    assert metadata.title == "Rope is dear in Norhaven"
    assert "You will not believe this rope" in [item.value for item in metadata.evidence]


GUIDE = "Rope prices: what to know"
HEAD = (
    '<meta property="og:site_name" content="Lantern"><title>{0} - Lantern</title>'
    '<meta property="og:title" content="{0}"><meta name="twitter:title" content="{0}">'
)


@pytest.mark.parametrize(
    ("head", "headings", "kind", "expected"),
    [
        (GUIDE, ["Why the price of rope is up"], "", "Why the price of rope is up"),
        (GUIDE, ["What you know: rope prices"], "", "What you know: rope prices"),
        ("Rope prices 2024: the guide", ["Rope prices 2024"], "", "Rope prices 2024"),
        # Other words, more headings, one word: any of these may be a section or the site.
        (GUIDE, ["Our shop"], "", GUIDE),
        (GUIDE, ["What you know: rope prices", "Tar"], "", GUIDE),
        (GUIDE, ["Rope"], "", GUIDE),
        # A newsroom's JSON-LD is a second voice, and so is any that adds a kicker.
        (GUIDE, ["What you know: rope prices"], "NewsArticle", GUIDE),
        (GUIDE, ["What you know: rope prices"], "BlogPosting", "What you know: rope prices"),
        ("Exclusive: rope prices up", ["Rope prices up"], "Article", "Exclusive: rope prices up"),
    ],
)
def test_the_only_heading_is_the_headline_if_it_is_about_the_same(
    head: str, headings: list[str], kind: str, expected: str
) -> None:
    """The head of a page is written once, for search engines, however often it says so."""
    node = ld(f'{{"@type":"{kind}","headline":"{head}"}}') if kind else ""
    body = "".join(f"<h1>{heading}</h1>" for heading in headings)

    assert expected == read(HEAD.format(head) + node, body).title


SHOUT = "Rope prices in Norhaven: the big guide"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<nav><ol><li>Local<li><h1>{1}</h1></ol></nav><h2>{0}</h2>", GUIDE),
        ("<div class=breadcrumb><a>Local</a> <h1>{1}</h1></div><p>Trade<h2>{0}</h2>", GUIDE),
        ("<div role=navigation><h1>{1}</h1></div><h1>{0}</h1>", GUIDE),
        ("<nav><h1>{1}</h1></nav><h3>{0}</h3>", GUIDE),
        # Not in the breadcrumbs; another heading; a line; too far below; in the menu itself.
        ("<h1>{1}</h1><h2>{0}</h2>", SHOUT),
        ("<nav><h1>{1}</h1></nav><h2>Tar is cheap</h2>", SHOUT),
        ("<nav><h1>{1}</h1></nav><p>{0}</p>", SHOUT),
        ("<nav><h1>{1}</h1></nav><p>One<p>Two<p>Three<h2>{0}</h2>", SHOUT),
        ("<nav><h1>{1}</h1><h2>{0}</h2></nav>", SHOUT),
    ],
)
def test_the_heading_below_the_breadcrumbs_is_the_headline(body: str, expected: str) -> None:
    """An h1 in the breadcrumbs is for search engines; JSON-LD has the headline that is printed."""
    node = ld(f'{{"@type":"NewsArticle","headline":"{GUIDE}"}}')

    assert expected == read(HEAD.format(SHOUT) + node, body.format(GUIDE, SHOUT)).title


def test_a_logo_is_no_headline() -> None:
    """A first heading that the title ends with is the site's name."""
    head = "<title>Rope is dear in Norhaven - Lantern</title>"
    metadata = read(head, "<h1>Lantern</h1><h1>Rope is dear in Norhaven</h1>")

    assert metadata.title == "Rope is dear in Norhaven"


@pytest.mark.parametrize(
    "json",
    [
        '{"@type":"NewsArticle","headline":"Rope"}',
        '[{"@type":"WebSite"},{"@type":"NewsArticle","headline":"Rope"}]',
        '{"@graph":[{"@type":"NewsArticle","headline":"Rope"}]}',
        '{"@type":["Thing","Report"],"headline":"Rope"}',
        '{"@type":"http://schema.org/BlogPosting","headline":"Rope"}',
        '{"@type":"WebPage","mainEntity":{"@type":"Article","headline":"Rope"}}',
        '<!-- {"@type":"Article","headline":"Rope"} -->',
        '/* */{"@type":"Article","headline":"Rope",',
        '//<![CDATA[\n{"@type":"Article","headline":"Rope",}\n//]]>',
        '{"@type":"Article","headline":"Rope",};',
        '{"@type":"Article","headline":"Rope","text":"a\tb\nc"}',
        '{"@type":"Article","headline":"Rope","text":"a "b" c"}',
        '{"@type":"Article","headline":"R&#111;pe"}',
        '{"@type":"Article","headline":"R&amp;#111;pe"}',
    ],
)
def test_json_ld_is_read_in_all_its_forms(json: str) -> None:
    """Lists, graphs, wrappings and usual breaks hide no headline."""
    assert read(ld(json)).title == "Rope"


@pytest.mark.parametrize(
    "json",
    [
        "",
        "[]",
        "null",
        "7",
        '"a"',
        "{",
        '{"headline":7}',
        "[[[",
        '{"@type":"Organization","name":"Rope"}',
    ],
)
def test_json_ld_without_a_story_gives_no_node(json: str) -> None:
    """What says nothing of an article is passed over."""
    assert [] == article_nodes(document_fromstring(f"<html>{ld(json)}</html>"))


def published(text: str) -> str:
    """A meta element that states the date *text*."""
    return f'<meta property="article:published_time" content="{text}">'


def story(date: str) -> str:
    """JSON-LD that states *date*."""
    return ld(f'{{"@type":"Article","datePublished":"{date}"}}')


def canonical(href: str) -> str:
    """A link that states the address *href*."""
    return f'<link rel="canonical" href="{href}">'


UTC = published("2024-02-28T23:30:00Z")
DAY = published("2024-02-28")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (UTC, "2024-02-28T23:30:00+00:00"),
        (UTC + story("2024-02-29T01:30:00+02:00"), "2024-02-29T01:30:00+02:00"),
        (DAY + '<meta name="date" content="2024-02-28">' + story("2019-01-01"), "2024-02-28"),
        (DAY + story("2019-01-01"), "2019-01-01"),
        (DAY + story('2019-01-01","dateCreated":"2024-02-28'), "2019-01-01"),
        (UTC + canonical("https://example.org/2024/02/29/rope"), "2024-02-29"),
        (UTC + canonical("https://example.org/2024/02/20/rope"), "2024-02-28T23:30:00+00:00"),
        (published("03/04/2024"), None),
        (published("2030-01-01"), None),
        ("", None),
    ],
)
def test_a_date_is_the_pages_own_day(head: str, expected: str | None) -> None:
    """Most places win, then trust; the page's own offset before UTC; never after the fetch."""
    date = read(head, fetched_at="2025-01-01T00:00:00Z").date_published

    assert expected == (date and date.isoformat())


VAGUE = '<meta name="date" content="2024-02-28">'
CHANGED_LATER = '<meta property="article:modified_time" content="2024-02-28T09:00:00Z">'
ITEM = '<span itemprop="datePublished" content="2024-02-20"></span>'
CLOCK = '<time datetime="2024-02-28T13:56:20+01:00">Wednesday, 28 February 2024</time>'


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        # A name that does not say what is dated needs somebody to agree.
        (VAGUE, "", None),
        (VAGUE + published("2024-02-28T08:00:00Z"), "", "2024-02-28T08:00:00+00:00"),
        (VAGUE, ITEM, "2024-02-20"),
        (VAGUE + canonical("https://example.org/2024/02/28/rope"), "", "2024-02-28"),
        # The day of the last change against one long before.
        (DAY + story("2021-02-01") + CHANGED_LATER + VAGUE, "", None),
        (DAY + story("2024-02-20") + CHANGED_LATER + VAGUE, "", "2024-02-28"),
        (DAY + CHANGED_LATER, "", "2024-02-28"),
        # A full hour in the evening of UTC may be midnight where the page is.
        (published("2024-02-28T23:00:00Z"), "", None),
        (published("2024-02-28T23:00:00+01:00"), "", "2024-02-28T23:00:00+01:00"),
        (published("2024-02-28T20:00:00Z"), "", "2024-02-28T20:00:00+00:00"),
        (published("2024-02-28T23:00:00Z") + story("2024-02-28"), "", "2024-02-28"),
        (published("2024-02-28T23:00:00Z") + story("2024-02-29T00:00:00+01:00"), "",
         "2024-02-29T00:00:00+01:00"),
        # What belongs to other stories, to a change, or to the day of reading.
        ("", f'<div class="related">{ITEM}</div>', None),
        ("", f"<aside>{ITEM}</aside>", None),
        ("", f"<article>{ITEM}</article>", "2024-02-20"),
        ("", f"<header>{CLOCK}</header><p>Rope</p>", None),
        ("", f"<header><h1>Rope</h1>{CLOCK}</header>", "2024-02-28T13:56:20+01:00"),
        ("", f"<article><header>{CLOCK}</header></article>", "2024-02-28T13:56:20+01:00"),
        ("", '<time datetime="2024-02-28">Updated 28 February 2024</time>', None),
        ("", '<time datetime="2024-02-28">28 February 2024</time>', "2024-02-28"),
    ],
)  # fmt: skip
def test_a_date_that_nobody_vouches_for_is_none(head: str, body: str, expected: str | None) -> None:
    """Vague, contradicted and shifted days, and days of something else, give null."""
    date = read(head, body).date_published

    assert expected == (date and date.isoformat())


def test_a_time_in_utc_stays_where_the_page_prints_its_day() -> None:
    """The day of an address is not better than one that people read."""
    head = f"<title>{ROPE}</title>" + published("2024-02-28T01:30:00Z")
    head += canonical("https://example.org/2024/02/27/rope")

    unseen, seen = read(head), read(head, BELOW.format("28 February 2024"))
    assert "2024-02-27" == (unseen.date_published and unseen.date_published.isoformat())
    assert "2024-02-28" == (seen.date_published and seen.date_published.isoformat()[:10])


ROPE = "Rope prices rise again in the old harbour"
BELOW = f"<h1>{ROPE}</h1><p>{{}}</p><p>The council met and spoke of nothing but rope.</p>"
ABOVE = f"<p>{{}}</p><h1>{ROPE}</h1><p>The council met and spoke of nothing but rope.</p>"
TIME = '<time datetime="2024-03-05"></time>'
CHANGED = '<meta property="article:modified_time" content="2024-03-05T08:00:00Z">'


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        ("", BELOW.format("5 March 2024"), "2024-03-05"),
        ("", ABOVE.format("5 March 2024"), "2024-03-05"),
        ("", TIME + BELOW.format("1 March 2024"), "2024-03-01"),
        (DAY, BELOW.format("26 February 2024"), "2024-02-26"),
        (DAY, ABOVE.format("26 February 2024"), "2024-02-28"),
        (DAY, BELOW.format("5 March 2024"), "2024-02-28"),
        (DAY, BELOW.format("29 February 2024"), "2024-02-28"),
        (UTC, BELOW.format("29 February 2024"), "2024-02-29"),
        (UTC + CHANGED.replace("03-05", "02-29"), BELOW.format("29 February 2024"), "2024-02-29"),
        (UTC, BELOW.format("1 March 2024"), "2024-02-28T23:30:00+00:00"),
        (DAY, TIME + BELOW.format("5 March 2024"), "2024-03-05"),
        (DAY + CHANGED, TIME + BELOW.format("5 March 2024"), "2024-02-28"),
        (CHANGED, TIME + BELOW.format("5 March 2024"), "2024-03-05"),
        (published("Di., 27.02.2024 - 14:45"), "", "2024-02-27T14:45:00"),
        (published("20240227T14:45:00Z"), "", "2024-02-27T14:45:00+00:00"),
        (published("2024-02-27T14:45:0Z"), "", None),
    ],
)
def test_the_day_beside_the_headline_votes(head: str, body: str, expected: str | None) -> None:
    """Below it wins if earlier, and is seen unless of a change; above only if markup is silent."""
    date = read(head + f"<title>{ROPE}</title>", body).date_published

    assert expected == (date and date.isoformat())


@pytest.mark.parametrize(
    ("href", "own", "expected"),
    [
        ("https://example.org/rope", "https://m.example.org/rope?utm_source=a", "https://example.org/rope"),
        ("/rope", "https://example.org/rope/amp", "https://example.org/rope"),
        ("https://elsewhere.example/rope", "https://example.org/rope", "https://example.org/rope"),
        ("https://example.org/", "https://example.org/rope", "https://example.org/rope"),
        ("http://[", "https://example.org/rope", "https://example.org/rope"),
        ("https://example.org/rope", None, "https://example.org/rope"),
        ("/rope", None, None),
    ],
)  # fmt: skip
def test_a_canonical_link_is_believed_on_its_own_site(
    href: str, own: str | None, expected: str | None
) -> None:
    """A page may name another address for itself, but on the same site, and not the home page."""
    declared = {"url": own} if own else {}

    assert expected == read(canonical(href), **declared).url


def test_a_house_byline_stands_only_where_nobody_else_is_named() -> None:
    """The site as its own author gives way to a person."""
    site = '<meta property="og:site_name" content="The Lantern">'
    house = ld('{"@type":"Article","headline":"Rope","author":{"name":"The Lantern"}}')

    assert ("The Lantern",) == read(site + house).authors
    assert ("Tomas Quill",) == read(site + house, '<p class="byline">By Tomas Quill</p>').authors


def test_initials_give_way_to_the_house_that_is_stated() -> None:
    """``amw`` below a story is its editor's sign; a blogger's handle is a name."""
    house = ld(
        '{"@type":"Article","headline":"Rope","author":{"@type":"Organization","name":"Tar Co"}}'
    )
    signed = '<p class="byline">amw</p>'

    assert ("Tar Co",) == read(house, signed).authors
    assert ("amw",) == read("", signed).authors


def test_a_first_name_is_given_in_full() -> None:
    """Where one other place has the name with a family name, that is the name."""
    head = '<meta name="author" content="Ada">'

    assert ("Ada Winter",) == read(head, f"{HEADLINE}<p>By Ada Winter</p>").authors
    assert ("Ada",) == read(head, f"{HEADLINE}<p>By Jan Kupfer</p>").authors


def test_the_address_is_asked_last() -> None:
    """A day in the address fills what the page leaves open, and overrules nothing."""
    url = "https://example.org/2024/02/28/rope"
    silent = read("<title>Rope is dear</title>", url=url)
    stated = read(published("2024-01-02"), url=url)

    assert silent.date_published is not None
    assert silent.date_published.isoformat() == "2024-02-28"
    assert stated.date_published is not None
    assert stated.date_published.isoformat() == "2024-01-02"


def test_the_json_ld_of_other_stories_is_not_this_ones() -> None:
    """The node with this page's headline counts, wherever it stands."""
    other = (
        '{"@type":"Article","headline":"Tar","datePublished":"2021-01-05","author":"Jan Kupfer"}'
    )
    own = (
        '{"@type":"NewsArticle","headline":"Rope is dear","datePublished":"2024-02-28",'
        '"author":"Ada Winterbourne"}'
    )
    found = read("<title>Rope is dear</title>" + ld(f"[{other},{own}]"))

    assert ("Ada Winterbourne",) == found.authors
    assert found.date_published is not None
    assert found.date_published.isoformat() == "2024-02-28"


@pytest.mark.parametrize("headline", ['{"@value":"Tar"}', f'"{"Tar " * 300}"', "7", '["Tar", 7]'])
def test_json_ld_whose_headline_cannot_be_read_is_of_another_story(headline: str) -> None:
    """Where one has this page's headline; else it is all that there is."""
    other = f'{{"@type":"Article","headline":{headline},"datePublished":"2021-01-05"}}'
    own = '{"@type":"Article","headline":"Rope is dear","datePublished":"2024-05-03"}'
    body = "<h1>Rope is dear</h1>"

    for nodes, day in ((f"[{other},{own}]", 3), (f"[{own},{other}]", 3), (other, 5)):
        found = read(ld(nodes), body).date_published
        assert found is not None
        assert day == found.instant.day


def test_authors_beside_other_stories_are_not_this_ones() -> None:
    """Of several marked authors those that stand beside the first count."""
    body = (
        "<div><p><b itemprop='author'>Ada Winterbourne</b>"
        " <b itemprop='author'>Tomas Quill</b></p></div>"
        "<aside><ul><li><i itemprop='author'>Jan Kupfer</i></li></ul></aside>"
    )

    assert ("Ada Winterbourne", "Tomas Quill") == read("", body).authors


HEADLINE = "<h1>Rope is dear this winter</h1>"
SAID = "<p>The council said so on Tuesday, and nobody in the harbour disagreed with it.</p>"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"{HEADLINE}<div>By Ada Winterbourne</div>{SAID}", ("Ada Winterbourne",)),
        (f"{HEADLINE}<div>ByAda Winterbourne</div>{SAID}", ("Ada Winterbourne",)),
        (f"<div>Von Lena Ofenrohr</div>{HEADLINE}{SAID}", ("Lena Ofenrohr",)),
        (
            f"{HEADLINE}<div>3 min read · By Ada Winterbourne and Jan Kupfer</div>{SAID}",
            ("Ada Winterbourne", "Jan Kupfer"),
        ),
        (f"{HEADLINE}<div>Posted by Jan Kupfer on 3 May 2024</div>{SAID}", ("Jan Kupfer",)),
        (f"{HEADLINE}<div>Norhaven Harbour</div>{SAID}", ()),
        (f"{HEADLINE}<figure>Photo<figcaption>By Jan Kupfer</figcaption></figure>{SAID}", ()),
        (f"{HEADLINE}{SAID * 9}<div>By Ada Winterbourne</div>", ()),
        (f"<div>By Ada Winterbourne</div>{SAID}", ("Ada Winterbourne",)),
        (f"{SAID}<div>By Ada Winterbourne</div>", ()),
        (f"<div>By Ada Winterbourne</div><div>By Jan Kupfer</div>{SAID}", ()),
        (f"{HEADLINE}{SAID * 9}<div>Written by Ada Winterbourne</div>", ("Ada Winterbourne",)),
        (f"{HEADLINE}{SAID * 9}<div>Autorin: Ada Winterbourne</div>", ("Ada Winterbourne",)),
        (
            f"{HEADLINE}{SAID * 9}<div>Written by Ada Winterbourne, Head of Rope</div>",
            ("Ada Winterbourne",),
        ),
        (f"{HEADLINE}{SAID * 9}<aside>Written by Ada Winterbourne</aside>", ()),
        (
            f"{HEADLINE}{SAID * 9}<div>Written by Ada Winter</div><div>Written by Jan Kupfer</div>",
            (),
        ),
        (
            f"{HEADLINE}<div>By Ada Winterbourne</div>{SAID}<i class='author'>Tomas Quill</i>",
            ("Ada Winterbourne",),
        ),
        (
            f"{HEADLINE}<div>By Ada Winterbourne</div><a rel='author'>Jan Kupfer</a>",
            ("Jan Kupfer",),
        ),
    ],
)
def test_a_byline_beside_the_headline_names_the_authors(
    body: str, expected: tuple[str, ...]
) -> None:
    """Where no program is told, the line that says *by* next to the headline counts."""
    assert expected == read("", body).authors


def test_the_shortest_spelling_of_a_name_is_the_name() -> None:
    """What one place writes behind a name that another writes alone is no part of it."""
    body = (
        "<div class='author'>Ada Winterbourne Keeper of Lamps <b class='author'>"
        "Ada Winterbourne</b></div>"
    )

    assert ("Ada Winterbourne",) == read("", body).authors


@pytest.mark.parametrize("place", ["meta", "item"])
def test_a_site_is_its_own_author_where_nobody_else_is(place: str) -> None:
    """Markup that names the house is believed when there is no person."""
    house = '<meta property="og:site_name" content="The Lantern">'
    head = house + ('<meta name="author" content="The Lantern">' if place == "meta" else "")
    body = "<b itemprop='author'>The Lantern</b>" if place == "item" else ""

    assert ("The Lantern",) == read(head, body).authors
    assert ("Jan Kupfer",) == read(head, body + "<i class='byline'>By Jan Kupfer</i>").authors


def both(title: str, shared: str) -> str:
    """A head with a title, and another for social networks."""
    return f'<title>{title}</title><meta property="og:title" content="{shared}">'


LOGO = "<h1>The Lantern</h1>"


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        # A heading without a word of the title is a logo, a section or a box.
        ("<title>Rope is dear this winter</title>", "<h1>Local</h1>", "Rope is dear this winter"),
        ("<title>Rope is dear this winter</title>", LOGO, "Rope is dear this winter"),
        ("<title>The Lantern</title>", "<h1>Rope is dear</h1>", "Rope is dear"),
        # What the title begins or ends with, beside what another place gives, is the site.
        (
            both("The Lantern: Rope is dear this winter", "Rope is dear this winter"),
            LOGO,
            "Rope is dear this winter",
        ),
        # A title that breaks off is completed by the place that goes on.
        (
            both("Rope is dear this...", "Rope is dear this..."),
            "<h1>Rope is dear this winter</h1>",
            "Rope is dear this winter",
        ),
        (
            both("Rope is dear this win", "Rope is dear this win"),
            "<h1>Rope is dear this winter</h1>",
            "Rope is dear this winter",
        ),
        (
            both("Rope is", "Rope is"),
            '<h1>Rope is "dear" this winter</h1>',
            'Rope is "dear" this winter',
        ),
        # Behind a bar in the page's head follows a name, if it is short.
        ("<title>Rope is dear | Lantern</title>", "", "Rope is dear"),
        (
            "<title>Rope is dear | And so is all the tar</title>",
            "",
            "Rope is dear | And so is all the tar",
        ),
        ("", "<h1>Rope is dear | Lantern</h1>", "Rope is dear | Lantern"),
        ("", "<h1>Rope is dear ¶</h1>", "Rope is dear"),
        # Two places that are written together do not outvote a heading that says it in full.
        (
            both("Rope prices this winter", "Rope prices this winter"),
            "<h1>What rope prices mean this winter</h1>",
            "What rope prices mean this winter",
        ),
    ],
)
def test_the_title_is_the_headline(head: str, body: str, expected: str) -> None:
    """Logos, cut ends and the names of sites lose against what the story is called."""
    assert expected == read(head, body).title
