"""What the value of a record's field says, whichever tool exported it: nothing, a word, a date.

``scalar`` reads fields of one word or number, ``declared_date`` dates, ``names.declared_names``
authors. Texts and pages are not read here: whatever they say is content.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import groupby

NULL_WORDS = frozenset(
    {
        *("", "null", "none", "undefined", "$null", "dbnull", "<nil>", "(nil)", "[nil]"),
        *("nan", "-nan", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan", "NaT", "NA"),
        *("n/a", "n.a.", "#n/a", "#n/a n/a", "#na", "#null!", "#ref!", "#value!", "#name?"),
        *("#div/0!", "#num!", r"\n", r"\\n", "-", "--", "---", "–", "—", "object object"),
    }
)
"""How programs write that a value is unknown; also within brackets or quotes, such as ``<NA>``.

In lower case: in any case. With capitals: only so, because in another case it is a word or a name.
"""
MAX_PRINTED_CHARS = 20_000
"""Characters of the longest list or object in a string that is read."""
MAX_DEPTH = 6
"""Lists and objects around a value; deeper ones are not read."""
_MAX_SHOWN_CHARS = 200
_AROUND = " \t\r\n[](){}<>\"'`"
_SURROGATES = re.compile("[\ud800-\udfff]")
_PRINTED = re.compile(
    r"[\[{]\s*[\"'\[{].*|\(\s*[\"'\[{].*\)|\[.*\]|\{.*\}|\"\s*[\[{].*\"", re.DOTALL
)
_TOKEN = re.compile(
    r"""(?P<space>\s*)(?:(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<open>[\[({])"""
    r"""|(?P<close>[\])}])|(?P<sign>[,:])|(?P<word>[^\s\[\](){},:"']+))""",
    re.DOTALL,
)
_ESCAPE = re.compile(r'\\(.)|"', re.DOTALL)
_IN_JSON = {None: r"\"", "'": "'", "x": r"\u00"}
"""Character after a backslash in Python, or none before a quote → how JSON writes it."""
_COMMA, _COLON = object(), object()
_SIGNS = {",": _COMMA, ":": _COLON}
_CLOSES = {"[": "]", "(": ")", "{": "}"}
_DATE_KEYS = (
    *("$date", "$timestamp", "t", "$numberLong", "$numberInt", "$numberDouble"),
    *("_seconds", "seconds", "@value", "#text", "value", "date", "datetime", "dateTime", "iso"),
)
"""Names under which exports of databases and of programs wrap a date."""
_CALL = re.compile(r"/?(?:new )?(?:ISODate|Date|Timestamp)\((['\"]?)([^'\"(),]{4,60})\1\)/?")
"""A date as a program prints it: ``ISODate("2024-05-03")``, ``/Date(1714730400000)/``."""
_LEAST_MILLISECONDS = 10**11
"""Smaller numbers would be dates before 1973; they are rather seconds, so their unit is unknown."""


def is_null(text: str) -> bool:
    """Whether *text* is empty or one of ``NULL_WORDS``.

    >>> is_null(" NaN "), is_null("(null)"), is_null("[]"), is_null("Nan Lee"), is_null("Na")
    (True, True, True, False, False)
    """
    return any(
        each in NULL_WORDS or each.casefold() in NULL_WORDS
        for each in (text.strip(), text.strip(_AROUND))
    )


def whole_characters(text: str) -> str:
    """Return *text* with U+FFFD for each lone surrogate, which no file can hold."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def scalar(value: object) -> str | None:
    """Return a string, number or day as a stripped string, also from a list of one.

    None for ``NULL_WORDS`` and anything else. A whole number stored as a float or decimal, as in
    columns with gaps, is written without a point.

    >>> scalar(" 12 "), scalar(12), scalar(12.0), scalar(["12"]), scalar(True), scalar("nan")
    ('12', '12', '12', '12', None, None)
    """
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        return None if is_null(value) else whole_characters(value.strip())
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (float, Decimal)):
        number = Decimal(value)
        exact = isinstance(value, Decimal) or abs(number) < 10**15
        whole = exact and number.is_finite() and number == number.to_integral_value()
        return str(int(number) if whole else value) if number.is_finite() else None
    if isinstance(value, int) and not isinstance(value, bool):
        # Python refuses to print numbers of more than 4,300 digits.
        return str(value) if value.bit_length() < 10_000 else None
    return None


def is_printed(text: str) -> bool:
    """Whether *text* looks like a list or object that was printed into a string, even a broken one.

    >>> is_printed("['Ida Voss'"), is_printed('{"a": 1}'), is_printed("[1] Ida"), is_printed("Ida")
    (True, True, False, False)
    """
    return text[:1] in ("[", "{", "(", '"') and _PRINTED.fullmatch(text) is not None


def unprinted(text: str) -> object:
    """Parse a list or object that was printed: JSON, Python, NumPy or an array of PostgreSQL.

    Returns:
        Lists, dicts, strings and integers, with None for null words, true and false; None for a
        text that is broken, longer than ``MAX_PRINTED_CHARS``, or has other words without quotes.

    >>> unprinted("[{'name': 'Ida Voss', 'id': 3}, None]"), unprinted("['Ida Voss' 'Jo Li']")
    ([{'name': 'Ida Voss', 'id': 3}, None], ['Ida Voss', 'Jo Li'])
    >>> unprinted('{"Ida Voss",NULL}'), unprinted("[Ida Voss]")
    (['Ida Voss', None], None)
    """
    levels: list[tuple[str, list[object]]] = [("", [])]
    at, after_value = 0, False
    text = text.strip()
    if len(text) > MAX_PRINTED_CHARS:
        return None
    try:
        while at < len(text):
            token = _TOKEN.match(text, at)
            if token is None:
                return None
            at, items = token.end(), levels[-1][1]
            begins = not (token["close"] or token["sign"])
            if begins and after_value:  # NumPy prints no commas
                if not token["space"]:
                    return None
                items.append(_COMMA)
            after_value = not (token["open"] or token["sign"])
            if token["open"]:
                levels.append((token["open"], []))
            elif token["close"]:
                opened, items = levels.pop()
                if token["close"] != _CLOSES[opened]:
                    return None
                levels[-1][1].append(_collected(opened, items))
            else:
                items.append(_SIGNS.get(token["sign"]) or _literal(token["string"], token["word"]))
    except (ValueError, KeyError):
        return None
    ((_, found), *unclosed) = levels
    return found[0] if len(found) == 1 and not unclosed else None


def _literal(string: str | None, word: str | None) -> object:
    if string is not None:
        inner = _ESCAPE.sub(lambda found: _IN_JSON.get(found[1], found[0]), string[1:-1])
        return json.loads(f'"{inner}"', strict=False)
    word = word or ""
    if is_null(word) or word.casefold() in ("true", "false"):
        return None
    return int(word[:40])


def _collected(opened: str, items: list[object]) -> object:
    """Return the list or dict of *items*, which have signs between them."""
    parts = [list(part) for comma, part in groupby(items, lambda x: x is _COMMA) if not comma]
    if all(len(part) == 1 and part[0] is not _COLON for part in parts):
        return [part[0] for part in parts]
    if opened != "{" or any(len(part) != 3 or part[1] is not _COLON for part in parts):
        raise ValueError("neither a list nor an object")
    return {str(name): value for name, _, value in parts}


def declared_date(value: object) -> str | None:
    """Return a date as a string that the cleaner can read, without what exports wrap around it.

    A list or object that cannot be read is shown as JSON, so that the date counts as declared, but
    unreadable; None if it says nothing.

    >>> declared_date({"$date": {"$numberLong": "951782400000"}}), declared_date(["2024-05-03"])
    ('2000-02-29T00:00:00+00:00', '2024-05-03')
    >>> declared_date({"y": 1}), declared_date([None])
    ('{"y": 1}', None)
    """
    if _says_nothing(value, MAX_DEPTH):
        return None
    found = _date_within(value, MAX_DEPTH)
    if found is None and isinstance(value, (list, dict)):
        found = type(value).__name__
        with suppress(ValueError, TypeError, RecursionError):
            found = json.dumps(value, ensure_ascii=False, default=str)[:_MAX_SHOWN_CHARS]
    return whole_characters(found) if found else None


def _says_nothing(value: object, depth: int) -> bool:
    if isinstance(value, (list, dict)) and depth:
        members = value.values() if isinstance(value, dict) else value
        return all(_says_nothing(each, depth - 1) for each in members)
    return not isinstance(value, (list, dict)) and scalar(value) is None


def _date_within(value: object, depth: int) -> str | None:
    if isinstance(value, str) and is_printed(value.strip()):
        value = unprinted(value) or value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e19:
        value = int(value)  # nanoseconds, too
    if not isinstance(value, (list, dict)):
        text = scalar(value)
        called = _CALL.fullmatch(text) if text else None
        return called[2] if called else text
    if isinstance(value, list):
        return _date_within(value[0], depth - 1) if len(value) == 1 and depth else None
    keys = [key for key in _DATE_KEYS if value.get(key) is not None]
    if len(keys) != 1 or not depth:
        return None
    found = _date_within(value[keys[0]], depth - 1)
    if keys[0] == "$date" and found and re.fullmatch(r"-?\d{1,18}", found, re.ASCII):
        return _from_milliseconds(int(found))
    return found


def _from_milliseconds(number: int) -> str | None:
    """Return the time *number* milliseconds after 1970, as MongoDB writes it."""
    if abs(number) < _LEAST_MILLISECONDS:
        return None
    with suppress(OverflowError):
        start = datetime(1970, 1, 1, tzinfo=timezone.utc)
        return (start + timedelta(milliseconds=number)).isoformat()
    return None
