"""Elements that a page does not show: ``hidden_elements`` finds them, callers take them out.

Hidden are ``hidden``, ``display: none``, ``aria-hidden``, ``<dialog>``, ``<template>``, dialogs by
role, and the class names with which the common frameworks hide text or leave it to screen readers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from lxml.etree import XPath, _Element

HIDDEN_CLASSES = frozenset(
    "hidden d-none hide is-hidden u-hidden invisible sr-only visually-hidden visuallyhidden"
    " is-visually-hidden u-visually-hidden screen-reader-text screen-reader-only screenreader-text"
    " screen-reader sr-text show-for-sr element-invisible a11y-hidden assistive-text"
    " accessibly-hidden offscreen visually-hide print-only only-print".split()
)
"""Class names that hide an element; longer ones (``hidden-xs``) do so on some screens only."""

MAX_CLASS_CHARS = 300
"""Characters of a class attribute that are looked at."""
STORY_SHARE = 0.4
"""Minimum share of the text in paragraphs for hidden elements to be the story itself, which a
script shows later, or all of the page behind an open dialog."""
PANELS = frozenset({"region", "tabpanel"})
"""Roles of the parts of accordions and tabs: readers open them, as others with a button for it."""
_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_UTILITY = re.compile(
    r"(?:^|[_-])(?:visually-?hidden|hidden-?visually|screen-?reader(?:-text|-only)?|sr-only)$"
)
"""The same names with a prefix of their own, such as ``css-visually-hidden``."""
_ON_SOME_SCREENS = re.compile(r"(?:sm|md|lg|xl|2xl|xxl):|d-(?:sm|md|lg|xl|xxl)-(?!none)")
_TEXT_LINES = frozenset("h1 h2 h3 h4 h5 h6 p a span li em strong b i td figcaption".split())
_ROOTS = frozenset({"html", "body", "head", "main", "article"})
_STATED = XPath("boolean(descendant-or-self::*[@itemprop or @datetime or self::meta or self::h1])")


def hidden_elements(elements: Sequence[_Element]) -> tuple[list[_Element], list[_Element]]:
    """List the elements of a page that are not shown.

    Args:
        elements: of the page, all of them, outer before inner, the root first.

    Returns:
        Those within a line of text, and all others: these may hold metadata, such as microdata,
        that must be read before they are removed.
    """
    opened = {each.get("aria-controls") for each in elements if each.get("aria-controls")}
    lines: list[_Element] = []
    others: list[_Element] = []
    for element in elements:
        parent = element.getparent() if _is_hidden(element) else None
        if parent is None or element.get("id") in opened:
            continue
        inline = parent.tag in _TEXT_LINES and not _STATED(element)
        (lines if inline else others).append(element)
    prose = [each for each in others if next(each.iter("p"), None) is not None]
    if prose and sum(map(_paragraph_chars, prose)) >= STORY_SHARE * _paragraph_chars(elements[0]):
        others = [each for each in others if each not in prose or each.tag == "dialog"]
    return lines, others


def _is_hidden(element: _Element) -> bool:
    get = element.get
    named = get("class")
    found: object = True
    if (named and _hides(named)) or element.tag in ("dialog", "template"):
        pass
    elif get("aria-hidden") == "true":
        found = not _has_spoken_twin(element)
    else:
        style, hidden = get("style"), get("hidden")
        found = (style and _STYLE.search(style)) or (hidden is not None and hidden != "until-found")
        found = found or get("role") in ("dialog", "alertdialog")
    return bool(found) and element.tag not in _ROOTS and get("role") not in PANELS


@lru_cache(maxsize=20_000)
def _hides(classes: str) -> bool:
    """Whether one of the names of a class attribute hides the element."""
    names = classes[:MAX_CLASS_CHARS].lower().split()
    if any(_ON_SOME_SCREENS.match(name) for name in names):
        return False
    return any(name in HIDDEN_CLASSES or _UTILITY.search(name) for name in names)


def _has_spoken_twin(element: _Element) -> bool:
    """Whether a hidden sibling says the same for screen readers, as after an initial letter."""
    parent = element.getparent()
    if parent is None:
        return False
    return any(each is not element and _hides(each.get("class") or "") for each in parent)


def _paragraph_chars(element: _Element) -> int:
    return sum(len(str(text)) for each in element.iter("p") for text in each.itertext())
