"""Markup in what is declared to be plain text: entities and tags. See ``read_text``.

Scrapers store escaped strings and fragments of HTML in fields that should be text. Entities are
decoded, tags become line breaks or nothing. A text that begins like a page is treated as one.
"""

from __future__ import annotations

import html
import re
from typing import NamedTuple

from pipeline.records import MediaType
from pipeline.text.unicode import normalize

FLAG = "markup_in_text"
_NAME = r"(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
_ENTITY = re.compile("&" + _NAME)
_TWICE = re.compile(f"&(?:amp;){{0,3}}({_NAME})")

_PAGE = re.compile(
    r"\ufeff?\s*(?:<\?xml[^<>]{0,200}\?>\s*)?(?:<!--[^<>]{0,500}-->\s*)?"
    r"<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE,
)

_PARAGRAPH = frozenset(
    "address article aside blockquote center dd details div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hr main nav ol p pre section summary table ul".split()
)
_LINE = frozenset("br caption li option td th tr".split())
_BREAKS = dict.fromkeys(_PARAGRAPH, "\n\n") | dict.fromkeys(_LINE, "\n")
_CODE = frozenset("script style template noscript".split())
_INLINE = frozenset(
    "a abbr acronym amp-img b big button cite code del dfn em embed font i iframe img input ins "
    "kbd label mark object picture q s samp small source span strike strong sub sup svg tbody "
    "tfoot thead time tt u var video wbr".split()
)
_TAGS = _PARAGRAPH | _LINE | _CODE | _INLINE
_TAG = re.compile(r"<(?P<close>/?)(?P<name>[A-Za-z][A-Za-z0-9-]{0,15})(?:[\s/][^<>]*)?>|<!--")

# Markdown, as some scrapers save it; recognised by its links.
_LINK = re.compile(
    r"(!?)\[((?:!\[[^\[\]\n]{0,300}\]\([^()\s]{1,2000}\)|[^\[\]\n]){0,300})\]"
    r"\((?:https?://|mailto:|[/#])[^()\s]{0,2000}(?:[ ]\"[^\"\n]{0,300}\")?\)"
)
_HEADING = re.compile(r"^#{1,6}[ ]+", re.MULTILINE)
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)([^*_\n]{1,500})(?<=\S)\1")


def _link_text(found: re.Match[str]) -> str:
    return "" if found[1] or found[2].startswith("![") else found[2]


class Content(NamedTuple):
    """A document's content, with its media type and flags from ``records.FLAGS``."""

    media_type: MediaType
    content: str
    flags: tuple[str, ...] = ()


def begins_like_page(content: str) -> bool:
    """Return whether *content* begins as an HTML page does.

    >>> begins_like_page("<!DOCTYPE html>"), begins_like_page("<p>Not a page")
    (True, False)
    """
    return _PAGE.match(content[:1_000]) is not None


def read_text(content: str) -> Content:
    r"""Decode the entities and strip the tags, or the Markdown, of a plain text.

    Angle brackets and ampersands that are not markup stay as they are.

    >>> read_text("<p>Ida &amp; Jo</p><p>a < b</p>")
    Content(media_type='text/plain', content='Ida & Jo\n\na < b', flags=('markup_in_text',))
    """
    if "](" in content and (plain := _LINK.sub(_link_text, content)) != content:
        plain = _EMPHASIS.sub(r"\2", _HEADING.sub("", plain))
        return _without_html(plain)._replace(flags=(FLAG,))
    return _without_html(content)


def _without_html(content: str) -> Content:
    if "<" not in content and "&" not in content:
        return Content("text/plain", content)
    if begins_like_page(content):
        return Content("text/html", content, (FLAG,))
    if has_tags(content):
        return Content("text/plain", _stripped(content), (FLAG,))
    decoded = decode_entities(content)
    if decoded != content and has_tags(decoded):  # HTML that was escaped as a whole
        return Content("text/plain", _stripped(decoded), (FLAG,))
    return Content("text/plain", decoded)


def read_field(value: str) -> str | None:
    """Decode the entities, even those escaped twice, and strip the tags of a field on one line.

    >>> read_field("Bakers &amp;amp; millers&#039; <em>guild</em>")
    "Bakers & millers' guild"
    """
    value = decode_field(value)
    if "<" in value and has_tags(value):
        value = _stripped(value, decode=False)
    return normalize(value) or None


def decode_field(value: str) -> str:
    """Decode named and numeric entities, even those escaped twice."""
    return _TWICE.sub(lambda found: html.unescape("&" + found[1]), value) if "&" in value else value


def decode_entities(text: str) -> str:
    """Decode named and numeric entities, once; those without a semicolon stay.

    >>> decode_entities("Q&amp;A at AT&T&#8217;s, &amp;lt;, ?a=1&copy=2")
    'Q&A at AT&T’s, &lt;, ?a=1&copy=2'
    """
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text) if "&" in text else text


def has_tags(text: str) -> bool:
    """Return whether *text* has HTML elements, not just angle brackets or the name of a tag."""
    opened: set[str] = set()
    paragraphs = 0
    for tag in _TAG.finditer(text):
        name = (tag["name"] or "").lower()
        if tag["close"]:
            if name in opened:
                return True
        elif name in _TAGS:
            opened.add(name)
            spaced = text[tag.start() - 1 : tag.start()] == " " == text[tag.end() : tag.end() + 1]
            paragraphs += name in ("p", "br", "img") and not spaced
            if name == "br" and not spaced:
                return True
    return paragraphs > 1


def _stripped(text: str, *, decode: bool = True) -> str:
    """Strip tags, comments and scripts; decode entities in what is left."""
    # Where tags break lines, line breaks of the source mean nothing.
    spaces = any((tag["name"] or "").lower() in ("p", "br", "div") for tag in _TAG.finditer(text))
    pieces: list[str] = []
    at = 0
    missing: set[str] = set()
    for tag in _TAG.finditer(text):
        if tag.start() < at:
            continue
        name = (tag["name"] or "!--").lower()
        if name not in _TAGS and name != "!--":
            continue
        end = tag.end()
        if (name == "!--" or (name in _CODE and not tag["close"])) and name not in missing:
            closing = "-->" if name == "!--" else f"</{name}[^<>]*>"
            found = re.compile(closing, re.IGNORECASE).search(text, end)
            if found is None:
                missing.add(name)
            else:
                end = found.end()
        piece = text[at : tag.start()]
        pieces += [" ".join(piece.splitlines()) if spaces else piece, _BREAKS.get(name, "")]
        at = end
    pieces.append(" ".join(text[at:].splitlines()) if spaces else text[at:])
    joined = "".join(map(decode_entities, pieces) if decode else pieces)
    lines = [line.strip() for line in joined.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
