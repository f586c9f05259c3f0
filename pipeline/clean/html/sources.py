"""Where pages state their metadata: names of elements, in order of trust."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


TITLE_META = _words(
    "headline parsely-title sailthru.title dc.title dcterms.title citation_title title"
)
AUTHOR_META = _words(
    "author article:author article:author_name parsely-author sailthru.author "
    "cxenseparse:author byl authors dc.creator dcterms.creator og:author og:article:author "
    "shareaholic:article_author_name citation_author"
)
PUBLISHED_META = _words(
    "article:published_time og:article:published_time datepublished parsely-pub-date "
    "cxenseparse:recs:publishtime cxenseparse:publishtime sailthru.date article:published "
    "article.published dc.date.issued dcterms.issued dc.date.created dcterms.created "
    "citation_publication_date publish-date publish_date publication_date pubdate "
    "shareaholic:article_published_time date dc.date dcterms.date"
)
MODIFIED_META = _words(
    "article:modified_time og:article:modified_time og:updated_time datemodified "
    "article:modified dcterms.modified dc.date.modified last-modified lastmod"
)
SECTION_META = _words(
    "article:section parsely-section cxenseparse:recs:category section articlesection"
)
KEYWORD_META = ("article:tag", "news_keywords", "parsely-tags", "sailthru.tags", "keywords")
SITE_NAME_META = ("og:site_name", "application-name", "apple-mobile-web-app-title")
WRITTEN_BY = frozenset(
    {
        "author", "autor", "автор", "written by", "verfasst von", "geschrieben von", "écrit par",
        "escrito por", "scritto da", "geschreven door", "skrevet av", "skrivet av",
        "napisane przez", "написано",
    }
)  # fmt: skip
"""What ``twitter:label1`` says when ``twitter:data1`` is the author."""

VISIBLE = frozenset({"byline", "rel:author"})
"""Sources that read what people see, not what a program wrote for programs."""

HOUSES = frozenset(
    {"json-ld:author", "twitter:data1", "meta:author", "itemprop:author", "rel:author"}
)
"""Sources that are believed when they name the site itself, and nobody is named elsewhere."""

MAX_BYLINE_CHARS = 150
"""A longer byline is a biography."""

MAX_SITE_WORDS = 9
"""Words that the name of a site may have: in more there is a headline."""

MAX_KEYWORDS = 30
"""More are the index of a whole site."""
