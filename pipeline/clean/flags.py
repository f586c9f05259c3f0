"""What a reader of an article should know about how it was cleaned."""

from __future__ import annotations

FLAGS: dict[str, str] = {
    "date_unparsable": "the record declares a date of publication that cannot be read",
    "no_prose": "no line reads as a sentence: a list, a table or an empty text",
    "hard_wrapped": "lines broken at a fixed width were joined to paragraphs",
    "page_too_large": "the page has more elements or characters than any story: not looked into",
    "whole_page": "menus or footers around the story were cut: the text was a page saved whole",
}
"""The closed list of values of ``articles.flags``, each with its meaning."""
