"""What elements are called: tags, and words in class, id and role, that tell story from chrome."""

from __future__ import annotations

import re
from functools import lru_cache

BLOCK_TAGS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav "
    "ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
"""Elements that begin and end a line of text; all others stand within one."""

SKIPPED_TAGS = frozenset(
    "audio button canvas datalist embed head iframe input map math meter noembed noframes noscript "
    "object option progress script select style svg template textarea video".split()
)
"""Elements whose content is no text of the page."""

TAG_FLAGS = (
    "article", "main", "aside", "nav", "header", "footer", "form", "figure", "figcaption", "table",
    "ul", "ol", "dl", "blockquote", "section", "details", "p", "li", "td", "pre", "div",
)  # fmt: skip
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

WORDS = {
    "comment": "comment|disqus|repl(?:y|ies)|respon[ds]|discussion|livefyre|talkback|feedback",
    "related": "relat|recommend|similar|read-?(?:next|more|also)|(?:more|next)[-_]|popular|trend"
    "|outbrain|taboola|suggest|promo|teaser|latest|recirc|further|also|mostread|most-|interest",
    "share": "shar(?:e|ing)|social|follow|facebook|twitter|addthis|whatsapp|bookmark|print|email",
    "nav": "nav|menu|crumb|pager|paginat|toolbar|tabs|skip|toc\\b|sitemap|search",
    "foot": "foot|copyright|legal|disclaim|colophon|imprint|bottom|after",
    "side": "side|rail|widget|secondary|right|left|tertiary|panel|module|box",
    "head": "head(?!line)|masthead|banner|topbar|logo|brand",
    "byline": "byline|author|writer|bio\\b|contribut|credit|source|profile|avatar",
    "date": "date|time(?!line)|publi|posted|meta|info",
    "lead": "dek|standfirst|sub-?(?:title|head)|summary|lead|lede|excerpt|abstract|intro|chapo"
    "|deck|descri|teaser-text|perex|bajada|sommaire",
    "headline": "headline|title|heading",
    "caption": "caption|image|img|photo|picture|gallery|slide|video|player|media|thumb",
    "ad": "\\bads?\\b|ad[-_]|[-_]ad\\b|advert|sponsor|commercial|dfp|affiliat|deal|product|shop"
    "|price|buy|offer",
    "account": "newsletter|subscri|sign-?(?:up|in)|regist|paywall|log-?in|premium|donat|member"
    "|cookie|consent|gdpr|modal|popup|overlay|optin|cta\\b|callout|alert",
    "tag": "tag|keyword|topic|categor|label|kicker|rubri|section-name",
    "hidden": "hidden|sr-only|visually|screen-?reader|d-none|invisib|collaps|print-only",
    "list": "list|grid|card|item|feed|stream|row\\b|carousel|swiper",
    "live": "live|timeline|update|ticker|event",
    "quote": "quote|embed|tweet|instagram|inset|pull",
    "body": "(?:article|story|post|entry|content|news|text|main|page|item|single|detail)[-_]*"
    "(?:body|content|text|copy|inner|html)|bodytext|body[-_]|[-_]body|rich-?text|prose|paragraph"
    "|maincontent|wysiwyg|copy\\b|fulltext",
    "story": "article|story|post|entry|content|text|main|news|artikel|articulo",
}
"""Kind → what class, id, role or itemprop of an element hold, in lower case."""

_PATTERNS = tuple(re.compile(pattern) for pattern in WORDS.values())
_ROLES = {
    "navigation": "nav", "complementary": "aside", "contentinfo": "footer", "banner": "header",
    "main": "main", "article": "article", "search": "nav",
}  # fmt: skip
FLAGS = (*TAG_FLAGS, "heading", "hidden_now", "article_body", *WORDS)
"""Names of the bits of a mask, from the lowest."""
_BIT = {name: 1 << place for place, name in enumerate(FLAGS)}
_WORD_BITS = tuple(_BIT[kind] for kind in WORDS)


def mask_with(*flags: str) -> int:
    """The bit mask that has *flags*, names from ``FLAGS``, and no others."""
    return sum(_BIT[flag] for flag in flags)


_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden")


@lru_cache(maxsize=20_000)
def mask_of(tag: str, names: str, role: str, style: str) -> int:
    """The flags of an element as a bit mask.

    Args:
        tag: lower case.
        names: its class, id and itemprop.
        role: its ARIA role.
        style: its style attribute.
    """
    mask = _BIT.get(tag, 0)
    if tag in HEADINGS:
        mask |= _BIT["heading"]
    if role in _ROLES:
        mask |= _BIT[_ROLES[role]]
    if style and _HIDDEN.search(style):
        mask |= _BIT["hidden_now"]
    for name in names.lower().split():
        mask |= _named(name)
    return mask


@lru_cache(maxsize=20_000)
def _named(name: str) -> int:
    """The flags that a single *name* speaks of: looking for them costs most, and names recur."""
    mask = _BIT["article_body"] if "articlebody" in name else 0
    for pattern, bit in zip(_PATTERNS, _WORD_BITS, strict=True):
        if pattern.search(name):
            mask |= bit
    return mask
