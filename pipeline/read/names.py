"""The authors of a record, in any form that exports have: ``declared_names``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.read.encoding import UndecodableError, decode
from pipeline.read.markup import decode_field
from pipeline.read.values import MAX_DEPTH, is_null, is_printed, scalar, unprinted
from pipeline.text.unicode import SCRIPTS, SPACELESS_LETTER

_NAME_KEYS = (
    *("name", "fullname", "displayname", "authorname", "author", "authors", "@value", "#text"),
    "value",
)
"""Names of fields with the whole name, without ``_``, ``-`` and case."""
_GIVEN = ("firstname", "givenname", "forename", "first", "given")
_MIDDLE = ("middlename", "middle")
_FAMILY = ("lastname", "familyname", "surname", "last", "family")
_UNSPACED = re.compile(f"[{SCRIPTS['Han']}{SCRIPTS['Hangul']}]+")
_OTHER_ORDER = re.compile(f"{SPACELESS_LETTER.pattern}|[{SCRIPTS['Hangul']}]")


def declared_names(value: object) -> tuple[str, ...]:
    """Return the names in a string split at ``;``, a list or an object, also a printed one.

    What looks like a list or object but cannot be read names nobody.

    >>> declared_names("Ida Voss; Jo Li"), declared_names([["Ida Voss"], {"name": "Jo Li"}, 3])
    (('Ida Voss', 'Jo Li'), ('Ida Voss', 'Jo Li'))
    >>> declared_names('[{"firstName": "Ida", "lastName": "Voss"}]'), declared_names("['Ida")
    (('Ida Voss',), ())
    """
    return tuple(dict.fromkeys(_names(value, MAX_DEPTH)))


def _names(value: object, depth: int) -> Iterator[str]:
    if not depth:
        return
    if isinstance(value, bytes):
        try:
            value = decode(value, html=False).text
        except UndecodableError:
            return
    if isinstance(value, list) and value and all(map(_is_entry, value)):
        value = dict(value)
    if isinstance(value, str):
        yield from _names_in(decode_field(value).strip(), depth)
    elif isinstance(value, dict):
        yield from _names_of(value, depth)
    elif isinstance(value, list):
        for member in value:
            yield from _names(member, depth - 1)


def _is_entry(value: object) -> bool:
    """Tell whether *value* is a key with its value, as in maps of Parquet."""
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str)


def _names_in(text: str, depth: int) -> Iterator[str]:
    """Yield the names in a string; those of a printed list or object if it is one."""
    if is_printed(text):
        yield from _names(unprinted(text), depth - 1)
        return
    parts = text.split(";")
    for part in parts:
        if is_printed(part.strip()):
            yield from _names(unprinted(part), depth - 1)
        elif (name := scalar(part)) and not all(map(is_null, name.split())):
            yield name


def _names_of(person: dict[object, object], depth: int) -> Iterator[str]:
    """Yield the names in an object: of a person, of several numbered ones, or of a list."""
    fields = {re.sub("[-_ ]", "", str(key)).casefold(): value for key, value in person.items()}
    if fields and all(key.isdecimal() and len(key) < 9 for key in fields):
        yield from _names([fields[key] for key in sorted(fields, key=int)], depth)
        return
    for key in _NAME_KEYS:
        if found := list(_names(fields.get(key), depth - 1)):
            yield from found
            return
    given, middle, family = (
        next(filter(None, (scalar(fields.get(key)) for key in keys)), None)
        for keys in (_GIVEN, _MIDDLE, _FAMILY)
    )
    parts = [part for part in (given, middle, family) if part]
    if len(parts) > 1 and _OTHER_ORDER.search("".join(parts)):
        if given and family and not middle and _UNSPACED.fullmatch(family + given):
            yield family + given
    elif given or family:
        yield " ".join(parts)
