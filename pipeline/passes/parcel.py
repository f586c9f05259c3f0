"""What became of a document, as bytes: without the document, which the other side has."""

from __future__ import annotations

import io
import pickle
from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from pipeline.records import Article, Evidence, Rejection, Removed, Timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.records import Document


def _values_of(noun: type[Any], skip: int = 0) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(*[field.name for field in fields(noun)][skip:])


def _reducer(noun: type[Any]) -> Callable[[Any], tuple[type[Any], tuple[Any, ...]]]:
    values = _values_of(noun)
    return lambda value: (noun, values(value))


_REDUCERS: dict[type, Any] = {
    noun: _reducer(noun) for noun in (Rejection, Removed, Evidence, Timestamp)
}
"""Half the time that pickle takes for frozen dataclasses with slots."""

_article_values = _values_of(Article, skip=1)


def pack(article: Article | None, rejection: Rejection | None) -> bytes:
    """Pack what ``sieve_document`` gives."""
    stream = io.BytesIO()
    pickler = pickle.Pickler(stream, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _REDUCERS
    pickler.dump((None if article is None else _article_values(article), rejection))
    return stream.getvalue()


def unpack(parcel: bytes, document: Document) -> tuple[Article | None, Rejection | None]:
    """Undo the packing of what became of *document*."""
    values, rejection = pickle.loads(parcel)  # noqa: S301 - our own child's
    return None if values is None else Article(document, *values), rejection
