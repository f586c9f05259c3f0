"""Metadata, times and names of something else than the page's story."""

from __future__ import annotations

import pytest
from lxml.html import document_fromstring

from pipeline.clean.html.markup import read_markup
from pipeline.clean.html.stamps import is_labelled
from tests.clean.html.test_metadata import HEADLINE, SAID, ld, read


@pytest.mark.parametrize(
    "node",
    [
        '{"@type":"Article","headline":"Herring fleet sails north","datePublished":"2021-01-05"}',
        '{"@type":"Review","itemReviewed":{"name":"Inn"},"datePublished":"2021-01-05"}',
        '{"@type":"DiscussionForumPosting","headline":"Meinungen","datePublished":"2021-01-05"}',
        '{"@type":"SocialMediaPosting","datePublished":"2021-01-05","author":"Jan Kupfer"}',
    ],
)
def test_json_ld_of_something_else_alone_says_nothing(node: str) -> None:
    """A headline that has no word of the page's is another story's; comments have none."""
    found = read("<title>Rope is dear this winter</title>" + ld(node), HEADLINE + SAID)

    assert (None, ()) == (found.date_published, found.authors)


@pytest.mark.parametrize(
    ("headline", "address"),
    [
        ("Winter prices of ropes", ""),
        ("Hemp market report", "https://harbour.example/hemp-market"),
        ("Seilerware", ""),
    ],
)
def test_json_ld_in_other_words_is_the_storys(headline: str, address: str) -> None:
    """It shares a word with the headline or the address; a single word may be any."""
    node = f'{{"@type":"Article","headline":"{headline}","datePublished":"2024-05-03"}}'
    head = f"<title>Rope is dear this winter</title><link rel=canonical href='{address}'>"

    assert read(head + ld(node), HEADLINE + SAID).date_published


@pytest.mark.parametrize(
    ("body", "stated"),
    [
        ("<p>Ada Winterbourne, <time datetime=2024-05-03>May</time></p>", True),
        ("<p>Publié le <time datetime=2024-05-03>3 mai</time></p>", True),
        ("<div><h1>Rope is dear again</h1><time datetime=2024-05-03>May</time></div>", True),
        ("<p><a href=/ada>Ada Winterbourne</a> <time datetime=2024-05-03>May</time></p>", True),
        ("<p>The mill was opened on <time datetime=2024-05-03>3 May</time> by all.</p>", False),
        ("<p>Anmälan senast <time datetime=2024-05-03>3 maj</time></p>", False),
        ("<p>Réunion : <time datetime=2024-05-03>3 mai</time></p>", False),
        ("<time class=event-date datetime=2024-05-03>3 May</time>", False),
        ("<li><a href=/b>Tar is cheap again</a> <time datetime=2024-05-03>May</time></li>", False),
    ],
)
def test_a_time_in_a_sentence_or_of_an_event_is_not_the_storys(body: str, stated: bool) -> None:
    """What is before it says so, or a link to another story."""
    markup = read_markup(document_fromstring(f"<html><body>{body}</body></html>"))

    assert stated == bool(markup.first("time"))


@pytest.mark.parametrize(
    "body",
    [
        "<div id=comments><a rel=author href=/u>Jan Kupfer</a></div>",
        "<ol class=comment-list><li class=author>Jan Kupfer</li></ol>",
        "<div class='kommentare'><span class=author>Jan Kupfer</span></div>",
        "<div itemprop=comment><b itemprop=author>Jan Kupfer</b></div>",
        "<figure><figcaption>Ropes <span class=author>Jan Kupfer</span></figcaption></figure>",
        "<blockquote>Dear! <span class=author>Jan Kupfer</span></blockquote>",
        "<div class=pull-quote>Dear! <span class=author>Jan Kupfer</span></div>",
    ],
)
def test_who_comments_is_quoted_or_takes_pictures_is_no_author(body: str) -> None:
    """Class and markup call them authors too."""
    own = "<p class=author>Ada Winterbourne</p>"

    assert () == read("", HEADLINE + SAID + body).authors
    assert ("Ada Winterbourne",) == read("", HEADLINE + own + SAID + body).authors


CARD = "<h3><a href=/t>Tar is cheap after a warm summer</a></h3>"
"""The headline of another story."""


@pytest.mark.parametrize(
    "body",
    [
        "<nav><a href=/a>News</a><a rel=author href=/j>Jan Kupfer</a></nav>",
        "<nav><span class=byline>Von Jan Kupfer</span></nav>",
        "<footer><p>Site: <a rel=author href=/j>Jan Kupfer</a></p></footer>",
        "<footer class=site-footer><p class=author>Jan Kupfer</p></footer>",
        "<div id=footer><p class=autor>Jan Kupfer</p></div>",
        f"<aside>{CARD}<p class=byline>By Jan Kupfer</p></aside>",
        f"<article>{CARD}<p class=byline>Par Jan Kupfer</p></article>",
        f"<article><span itemprop=author>Jan Kupfer</span>{CARD}</article>",
        f"<div class=card>{CARD}<div><a rel=author href=/j>Jan Kupfer</a></div></div>",
        f"<div>{CARD}<p>Tar is sold.</p><b class=author>Jan Kupfer</b>{CARD}</div>",
        "<ul><li><a href=/t>El alquitrán está barato</a><i class=autor>Jan Kupfer</i></li></ul>",
        "<a href=/t><h3>Smoła jest tania tego lata</h3><i class=author>Jan Kupfer</i></a>",
        "<ul class=replies><li><b class=author>Jan Kupfer</b><p>Well said!</p></li></ul>",
        "<div><h3>3 Comments</h3><ul><li><b class=author>Jan Kupfer</b></li></ul></div>",
        "<div><h3>Kommentare</h3><div class=author>Jan Kupfer</div></div>",
    ],
)
@pytest.mark.parametrize("above", [True, False])
def test_names_in_menus_footers_and_cards_of_other_stories_are_no_authors(
    body: str, above: bool
) -> None:
    """The card of another story has its headline, with a link; the own headline is the title."""
    title = "<title>Rope is dear this winter | Harbour Post</title>"
    own = "<p class=author>Ada Winterbourne</p>"

    def authors(story: str) -> tuple[str, ...]:
        return read(title, body + story if above else story + body).authors

    assert () == authors(f"<main>{HEADLINE}{SAID}</main>")
    assert ("Ada Winterbourne",) == authors(f"<main>{HEADLINE}{own}{SAID}</main>")


@pytest.mark.parametrize(
    "body",
    [
        "<h2><a href=/r>Rope is dear this winter</a></h2><p class=byline>Ada Lee</p>",
        "<section><h2><a href=/r>Rope is dear this winter</a></h2><a rel=author>Ada Lee</a>",
        f"<article>{HEADLINE}{SAID}<footer><a rel=author href=/a>Ada Lee</a></footer></article>",
        f"<div class=post>{HEADLINE}<footer class=meta><b class=author>Ada Lee</b></footer></div>",
        f"<header>{HEADLINE}<p class=byline>By Ada Lee</p></header>",
        f"<article>{HEADLINE}<aside><span class=author>Ada Lee</span></aside></article>",
        f"{HEADLINE}{SAID}<div><h3><a href=/a>Ada Lee</a></h3><b class=author>Ada Lee</b></div>",
        f"{HEADLINE}<div class=byline><a href=/a>Ada Lee | ada at the harbour post</a></div>",
        f"{HEADLINE}<div><b class=author>Ada Lee</b><a href=/a>See more from Ada Lee</a></div>",
        f"{HEADLINE}<li><a href=/r>May 3, 2024 May 3, 2024</a> <b class=author>Ada Lee</b></li>",
        f"{HEADLINE}<h2><a href=/b>Six smaller facts about rope</a></h2><p>By Ada Lee</p>{SAID}",
    ],
)
def test_the_storys_own_author_may_stand_beside_a_link(body: str) -> None:
    """To the story itself, to the author, to a day; a deck may be a link too."""
    title = "<title>Rope is dear this winter | Harbour Post</title>"

    assert ("Ada Lee",) == read(title, body).authors


DAY_OF_VISIT = "Tuesday, 3 December 2024"
OWN = "<h1>Rope is dear this winter</h1>"


@pytest.mark.parametrize(
    "body",
    [
        f"<header><div>{DAY_OF_VISIT}</div></header>{OWN}",
        f"<header><time datetime=2024-12-03>{DAY_OF_VISIT}</time></header>{OWN}",
        f"<div role=banner><p>Mardi 3 décembre 2024</p></div><main>{OWN}</main>",
        f"<header><p>3 December 2024</p></header><article><header>{OWN}</header></article>",
        f"<div class=masthead><p>Dienstag, 3. Dezember 2024</p></div>{OWN}",
        f"<div class=top-bar><time datetime=2024-12-03>3 dic 2024</time></div>{OWN}",
        f"<div id=current-date>3 dicembre 2024</div>{OWN}",
        f"<div>3 grudnia 2024</div><nav><a href=/a>Sport</a></nav>{OWN}",
        f"{CARD}<p>3 December 2024</p>{OWN}",
        f"<div>{CARD}<p><time datetime=2024-12-03>3 December</time></p></div>{OWN}",
        f"{OWN}{SAID}<div class=card>{CARD}<p><time datetime=2024-12-03>Now</time></p></div>",
    ],
)
def test_a_day_in_the_masthead_or_in_a_card_is_not_the_storys(body: str) -> None:
    """In the masthead stands the day of the visit."""
    title = "<title>Rope is dear this winter</title>"

    assert read(title, body + SAID).date_published is None


@pytest.mark.parametrize(
    "body",
    [
        f"<p>3 December 2024</p>{OWN}",
        f"<article><p>{DAY_OF_VISIT}</p>{OWN}</article>",
        f"<header><p>{DAY_OF_VISIT}</p>{OWN}</header>",
        f"<article><header><p>3. desember 2024</p>{OWN}</header></article>",
        f"<header><p>1 May 2023</p></header>{OWN}<p>3 December 2024</p>",
        f"<h3><a href=/>Harbour Post</a></h3><p>3 December 2024</p>{OWN}",
        f"{OWN}<div class=card><time datetime=2024-12-03>3 December</time></div>",
    ],
)
def test_a_day_above_the_headline_may_be_the_storys(body: str) -> None:
    """Outside a masthead, or in the header that has the headline."""
    found = read("<title>Rope is dear this winter</title>", body + SAID).date_published

    assert found
    assert "2024-12-03" == found.day


@pytest.mark.parametrize(
    ("path", "head", "body", "day"),
    [
        ("2024/11/02/rope", "", f"<p>3 December 2024</p>{OWN}", "2024-11-02"),
        ("2024/11/02/rope", "", f"{OWN}<p>3 December 2024</p>", "2024-11-02"),
        ("2024/11/02/rope", "", f"{OWN}<p>3 November 2024</p>", "2024-11-03"),
        ("2024/11/02/rope", "", f"{OWN}<p>31 October 2024</p>", "2024-10-31"),
        ("rope", "2024-11-02", f"<p>3 December 2024</p>{OWN}", None),
        ("rope", "2024-12-05", f"<p>3 December 2024</p>{OWN}", "2024-12-03"),
        ("rope", "2024-11-02", f"{OWN}<p>3 December 2024</p>", "2024-12-03"),
    ],
)
def test_a_day_after_that_in_the_address_or_of_a_change_is_of_the_visit(
    path: str, head: str, body: str, day: str | None
) -> None:
    """A change counts against a day above the headline; the local day may be the next."""
    meta = (
        f"<meta property='article:modified_time' content='{head}T08:00:00+01:00'>" if head else ""
    )
    url = f"https://harbour.example/{path}"
    found = read(f"<title>Rope is dear this winter</title>{meta}", body + SAID, url=url)

    assert day == (found.date_published and found.date_published.day)


def test_a_story_that_is_open_to_comments_has_its_author() -> None:
    """A class of the whole says nothing of the parts."""
    body = f"<article class='post comments-open'>{HEADLINE}<p class=author>Ada Lee</p></article>"

    assert ("Ada Lee",) == read("", body).authors


@pytest.mark.parametrize(
    ("stated", "printed", "day"),
    [
        ("2024-05-03T08:00:00+02:00", "1 March 2019", "2024-05-03"),
        ("2024-05-03T08:00:00+02:00", "2 May 2024", "2024-05-03"),
        ("2024-05-03T04:00:00+00:00", "2 May 2024", "2024-05-02"),
        ("2024-05-03T18:00:00+00:00", "4 May 2024", "2024-05-04"),
        ("2024-05-03T09:00:00+00:00", "4 May 2024", "2024-05-03"),
    ],
)
def test_an_earlier_day_is_of_something_else_if_three_sources_agree(
    stated: str, printed: str, day: str
) -> None:
    """Except as the local day of a time in UTC."""
    node = f'{{"@type":"Article","headline":"Rope is dear","datePublished":"{stated}"}}'
    head = ld(node) + f'<meta property="article:published_time" content="{stated}">'
    body = f"{HEADLINE}<p>{printed}</p><time datetime='{stated}'></time>{SAID}"

    found = read(f"<title>Rope is dear this winter</title>{head}", body).date_published

    assert found
    assert day == found.day


@pytest.mark.parametrize(
    ("path", "head", "day"),
    [
        ("02-11-2024/rope", "", None),
        ("02-11-2024/rope", "<meta name=date content=2024-11-02>", "2024-11-02"),
        ("02-11-2024/rope", "<meta name=date content=2024-02-11>", "2024-02-11"),
        ("02-11-2024/rope", "<meta name=date content=2024-05-03>", None),
        ("rope-20241102", "", None),
        ("rope-20241102", "<meta name=date content=2024-11-02>", "2024-11-02"),
    ],
)
def test_a_doubtful_day_in_the_address_counts_if_something_has_it_too(
    path: str, head: str, day: str | None
) -> None:
    """It then also supports what alone says too little."""
    found = read(head, HEADLINE + SAID, url=f"https://harbour.example/{path}").date_published

    assert day == (found and found.day)


LOGO = "<div><a href='/'>Harbour Post</a></div>"
NOTICE = "<footer>© 2024 Harbour Post. All rights reserved.</footer>"


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ("Harbour Post", f"<h1>Harbour Post</h1><h2>Rope is dear</h2>{SAID}", "Rope is dear"),
        (
            "Harbour Post: slogan",
            f"<h1>Harbour Post</h1><h3>Rope is dear</h3>{SAID}",
            "Rope is dear",
        ),
        ("Harbour Post", SAID, None),
        ("Rope is dear - Harbour Post", f"<h1>Rope is dear</h1>{SAID}", "Rope is dear"),
        (
            "The Harbour Post closes",
            f"<h1>The Harbour Post closes</h1>{SAID}",
            "The Harbour Post closes",
        ),
        ("Rope is dear | Page 2 of 3", f"<h1>Rope is dear | Page 2</h1>{SAID}", "Rope is dear"),
        ("Tau ist teuer – Seite 2", SAID, "Tau ist teuer"),
        ("La corde est chère (page 2)", SAID, "La corde est chère"),
        ("The story on page 2", SAID, "The story on page 2"),
    ],
)
def test_the_name_in_the_logo_and_a_page_number_are_no_title(
    title: str, body: str, expected: str | None
) -> None:
    """A link to the home page has the name that is in the notice of copyright."""
    assert expected == read(f"<title>{title}</title>", LOGO + body + NOTICE).title


@pytest.mark.parametrize(
    "account",
    [
        "Super User",
        "wp-import",
        "Site Admin",
        "Administrator Gemeinde",
        "Webbeheerder",
        "Администратор сайта",
        "TYPO3 Redakteur",
        "Správce webu",
        "管理员",
    ],
)
def test_accounts_of_systems_are_no_authors(account: str) -> None:
    """A person beside them is."""
    head = f'<meta name="author" content="{account}">'

    assert () == read(head, HEADLINE + SAID).authors
    assert ("Ada Lee",) == read(head, f"{HEADLINE}<p>By Ada Lee</p>{SAID}").authors


@pytest.mark.parametrize(
    ("byline", "authors"),
    [
        ("Foto: Jan Kupfer", ()),
        ("Photos par Jan Kupfer", ()),
        ("Text und Fotos: Ada Lee", ("Ada Lee",)),
        ("Texto y fotos: Ada Lee", ("Ada Lee",)),
        ("Kuva: Jan Kupfer", ()),
        ("Фото: Иван Петров", ()),
        ("Ada Lee, Foto: Jan Kupfer", ("Ada Lee",)),
        ("By Ada Lee | Photos by Jan Kupfer", ("Ada Lee",)),
        ("Text: Ada Lee", ("Ada Lee",)),
        ("Words and photos by Ada Lee", ("Ada Lee",)),
        ("Reuters", ("Reuters",)),
    ],
)
def test_who_took_the_picture_is_no_author(byline: str, authors: tuple[str, ...]) -> None:
    """Unless that is also who wrote the text."""
    assert authors == read("", f"{HEADLINE}<p class=byline>{byline}</p>{SAID}").authors


@pytest.mark.parametrize(
    ("line", "labelled"),
    [
        ("Published: 9 May 2024", True),
        ("Received: 3 April 2024. Accepted: 2 May 2024. Published: 9 May 2024.", True),
        ("Council meeting, published: 9 May 2024", False),
        ("Read more | Published: 9 May 2024", False),
    ],
)
def test_the_history_of_an_article_labels_each_day(line, labelled):
    """What is before the label is another sentence."""
    assert labelled == is_labelled(line, "9 May 2024")


@pytest.mark.parametrize(("posts", "day"), [(6, "2024-12-01"), (1, "2024-12-03")])
def test_the_times_of_posts_in_a_live_blog_do_not_outvote_metadata(posts: int, day: str) -> None:
    """A single later time may be that of publication: metadata may be that of a draft."""
    head = '<meta property="article:published_time" content="2024-12-01T08:00:00+01:00">'
    stamp = "<div><time datetime=2024-12-03T{0}:05:00Z>3 December 2024, {0}:05</time></div>"
    body = HEADLINE + "".join(stamp.format(18 - n) + SAID for n in range(posts))
    found = read(f"<title>Rope is dear this winter</title>{head}", body).date_published

    assert found
    assert day == found.day
