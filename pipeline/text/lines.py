"""Lines: splits text into lines with their positions, and rejoins hard-wrapped paragraphs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import chain, compress, pairwise
from typing import NamedTuple

from pipeline.text.unicode import SPACELESS_LETTER, beyond_ascii, is_plain, normalize

MIN_WIDTH = 50
"""Minimum columns of a line that is evidence of wrapping: verse and lists are narrower."""
MAX_WIDTH = 100
"""Maximum columns of a line that an editor wrapped; mail and wires use 65 to 80."""
MIN_BREAKS = 3
"""Minimum breaks inside sentences that are not chance."""
MIN_EXPLAINED = 0.9
"""Minimum share of the breaks inside sentences that wrapping explains."""
MIN_FULL = 0.6
"""Minimum share of all breaks after wide lines that wrapping explains: others end paragraphs."""
MAX_WIDER = 0.03
"""Maximum share of lines that are wider than the wrapped ones, such as addresses."""
MIN_HYPHENS = 2
"""Minimum lines that end inside a word if the editor hyphenates (then the hyphens are removed): a
single hyphen may belong to a compound."""
TOLERANCE = 3
"""Columns by which the widths of editors differ."""
MANY_CHARACTERS = 40
"""Maximum distinct characters outside ASCII for which folding one by one is faster."""
_SOFT_HYPHEN = "\u00ad"
_AROUND = "\"'“”„‘’«»()[],.;:!?…"
_FULL_STOP = re.compile(r"[.!?…:;。！？][\"'”’»)\]]?$")
_FOLDED = bytes(
    code if code > 127 or code in b"_\n" else ord(chr(code).lower() if chr(code).isalnum() else " ")
    for code in range(256)
)
"""Byte of UTF-8 → itself, in lower case, or a space for a sign; line ends stay."""


class Line(NamedTuple):
    """A line, or a paragraph joined from hard-wrapped ones.

    Attributes:
        text: normalised, never empty.
        start, end: code points of the raw text, without the white space around it.
        blank_before: whether an empty line precedes it; True for the first.
        indent: characters of white space before it.
    """

    text: str
    start: int
    end: int
    blank_before: bool
    indent: int = 0


def split_lines(raw: str) -> list[Line]:
    r"""Split *raw* at every Unicode line break; empty lines are left out.

    >>> [line.text for line in split_lines("a\r\nb\u2028\n c\f")]
    ['a', 'b', 'c']
    """
    lines: list[Line] = []
    position = 0
    blank = True
    plain = is_plain(raw)
    for piece in raw.splitlines(keepends=True):
        body = piece.strip()
        text = body if plain and "  " not in body else normalize(body)
        if text:
            if body[-1] == _SOFT_HYPHEN:  # visible at the end of a line
                text += "-"
            indent = 0 if piece[0] == body[0] else len(piece) - len(piece.lstrip())
            start = position + indent
            lines.append(Line(text, start, start + len(body), blank, indent))
        blank = not text
        position += len(piece)
    return lines


VOWEL_SIGNS = frozenset(
    char for char in map(chr, range(0x900, 0xE00)) if unicodedata.category(char) in ("Mn", "Mc")
)
"""Vowel signs and other marks of Indic scripts, which are parts of words."""


def folded_words(lines: Sequence[str]) -> list[list[str]]:
    r"""List the case-folded words of each of *lines*: its runs of letters, digits and ``_``.

    Equals ``re.findall(r"\w+", line.casefold())`` for each, in a fraction of the time, except that
    ``VOWEL_SIGNS`` do not end a word. Lines must not contain line ends or lone surrogates.

    >>> folded_words(["Don’t stop:", "3.5 km"])
    [['don', 't', 'stop'], ['3', '5', 'km']]
    """
    text = "\n".join(lines).encode().translate(_FOLDED).decode()
    strange = beyond_ascii(text)
    if len(strange) > MANY_CHARACTERS:
        text = text.casefold()
        strange = {char for char in beyond_ascii(text) if not char.isalnum()} - VOWEL_SIGNS
    for char in strange:
        folded = "".join([c if c.isalnum() or c in VOWEL_SIGNS else " " for c in char.casefold()])
        if folded != char:
            text = text.replace(char, folded)
    return [line.split() for line in text.split("\n")] if lines else []


def join_wrapped(lines: list[Line]) -> list[Line]:
    """Join lines that an editor wrapped at a fixed width; other lines stay as they are.

    Wrapping explains a break if the first word of the next line would not have fitted. Lines are
    only joined if that holds for nearly all breaks inside sentences (not so in menus, lists, verse
    and one line per paragraph). Short lines of boilerplate do not count. A deeper indent starts a
    paragraph.
    """
    width = _wrap_width(lines)
    if not width:
        return lines
    compounds = None
    if sum(_breaks_word(*each) for each in pairwise(lines)) >= MIN_HYPHENS:
        words = chain.from_iterable(line.text.split() for line in lines)
        compounds = {word.strip(_AROUND) for word in words if "-" in word}
    joined: list[Line] = []
    group: list[Line] = []
    for line in lines:
        if group and not _continues(group, line, width):
            joined.append(_join(group, compounds))
            group = []
        group.append(line)
    if group:
        joined.append(_join(group, compounds))
    return joined


def _columns(text: str) -> int:
    """Return the width on a terminal: characters of scripts without spaces take two columns."""
    return len(text) if text.isascii() else len(text) + len(SPACELESS_LETTER.findall(text))


def _first_word(text: str) -> int:
    """Return the columns of the first unbreakable piece of *text*, with the space before it."""
    return 2 if SPACELESS_LETTER.match(text) else len(text.split(" ", 1)[0]) + 1


def _wrap_width(lines: list[Line]) -> int:
    """Return the columns at which the text was wrapped; 0 if it was not."""
    if any(len(line.text) > 2 * MAX_WIDTH for line in lines):
        return 0
    breaks = [
        (line, following)
        for line, following in pairwise(lines)
        if not following.blank_before
        and following.indent <= line.indent
        and MIN_WIDTH <= _width(line) <= MAX_WIDTH
    ]
    inside = [_goes_on(*each) for each in breaks]
    if sum(inside) < MIN_BREAKS:
        return 0
    width = max(_width(line) for line, _ in compress(breaks, inside))
    if sum(_width(line) > width + TOLERANCE for line in lines) > MAX_WIDER * len(lines):
        return 0
    full = [_is_full(*each, width) for each in breaks]
    explained = sum(compress(full, inside)) >= MIN_EXPLAINED * sum(inside)
    return width if explained and sum(full) >= MIN_FULL * len(breaks) else 0


def _width(line: Line) -> int:
    """Return the columns of *line* with its indent."""
    return _columns(line.text) + line.indent


def _goes_on(line: Line, following: Line) -> bool:
    """Tell whether *following* seems to begin inside a sentence.

    It begins with a lower-case letter, or with one of a script without case.
    """
    first = following.text[0]
    small = first.islower() or (first.isalpha() and first.lower() == first.upper())
    return small and not _FULL_STOP.search(line.text[-3:])


def _is_full(line: Line, following: Line, width: int) -> bool:
    """Tell whether the first word of *following* would not have fitted on *line*, or is divided.

    The tolerance does not apply where a paragraph may end.
    """
    if _breaks_word(line, following):
        return True
    tolerance = TOLERANCE if _goes_on(line, following) else 0
    return _width(line) + _first_word(following.text) > width - tolerance


def _continues(group: list[Line], line: Line, width: int) -> bool:
    """Tell whether *line* is the next line of the paragraph in *group*."""
    last = group[-1]
    wider = max(_width(last), _width(line)) > width + TOLERANCE
    if line.blank_before or wider or not _is_full(last, line, width):
        return False
    # Only the first line of a paragraph may be indented deeper than the others.
    return line.indent <= last.indent


def _breaks_word(before: Line, line: Line) -> bool:
    """Tell whether *before* ends with a hyphen inside a word that *line* continues."""
    return before.text[-1] == "-" and before.text[-2:-1].isalpha() and line.text[0].islower()


def _join(group: list[Line], compounds: set[str] | None) -> Line:
    """Join the lines of one paragraph; no space between letters of scripts without spaces.

    *compounds* keep their hyphens; None if the editor does not hyphenate.
    """
    if len(group) == 1:
        return group[0]
    parts = [group[0].text]
    for before, line in pairwise(group):
        spaceless = SPACELESS_LETTER.match(before.text[-1]) and SPACELESS_LETTER.match(line.text[0])
        broken_word = _breaks_word(before, line)
        if broken_word and compounds is not None:
            word = before.text.rpartition(" ")[2] + line.text.partition(" ")[0]
            if word.strip(_AROUND) not in compounds:
                parts[-1] = parts[-1][:-1]
        parts.append("" if spaceless or broken_word else " ")
        parts.append(line.text)
    text = normalize("".join(parts))
    first = group[0]
    return Line(text, first.start, group[-1].end, first.blank_before, first.indent)
