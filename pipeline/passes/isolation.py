"""Documents through cleaning and judging, each under a limit of time and of memory."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from functools import cache
from operator import attrgetter
from typing import Any, cast

from pipeline.clean import clean_document, clean_documents
from pipeline.config import Config, RunConfig
from pipeline.guard import Ended, Guard, Limits
from pipeline.judge import judge_article
from pipeline.records import (
    Article,
    Document,
    Evidence,
    MediaType,
    Rejection,
    Removed,
    Stage,
    Timestamp,
    identify,
)

EXCERPT_CHARS = 500

_Item = tuple[Document, frozenset[str]]

_Fate = tuple["Article | None", "Rejection | None"]

_ANY: dict[MediaType, str] = {
    "text/plain": "The tram to Vellmer stopped at noon because the bridge was closed.",
    "text/html": "<h1>No tram</h1><p>The tram to Vellmer stopped at noon on Tuesday.</p>",
}

_BATCH_RECORDS = 64

_BATCH_CHARS = 1_000_000
"""What is cleaned together: enough for the line model to pay, little enough to be held twice."""


def sieve_records(
    records: Iterable[Document | Rejection],
    config: Config,
    repeated: Callable[[Document], frozenset[str]] = lambda _: frozenset(),
) -> Iterator[_Fate]:
    """Clean and judge each of *records*, in their order; rejections pass.

    The answers are those of ``sieve_document``, given in a helper process. A document that
    takes more than ``run.document_seconds`` or ``run.document_megabytes``, or kills the
    process otherwise, is rejected for it, alone. Where both are 0 there is no such process.

    Args:
        repeated: gives the lines of a document that stand on many pages of its site.
    """
    limits = Limits(config.run.document_seconds, config.run.document_megabytes)
    guard = _guard(limits) if limits.seconds or limits.megabytes else None
    if guard is not None:
        guard.start()
    for batch in _batches(records):
        documents = [record for record in batch if not isinstance(record, Rejection)]
        items = [(document, repeated(document)) for document in documents]
        sieved = _apart(items, config, guard) if guard else sieve_documents(items, config)
        for record in batch:
            yield (None, record) if isinstance(record, Rejection) else next(sieved)


def _batches(records: Iterable[Document | Rejection]) -> Iterator[list[Document | Rejection]]:
    batch: list[Document | Rejection] = []
    chars = 0
    for record in records:
        batch.append(record)
        chars += 0 if isinstance(record, Rejection) else len(record.content)
        if len(batch) == _BATCH_RECORDS or chars >= _BATCH_CHARS:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch


@cache
def _guard(limits: Limits) -> Guard:
    """Give this process's guard: its helper serves one block after the other."""
    return Guard(_parcels, limits, _load)


def _load() -> None:
    """Have the models read, of texts and of pages, before a document is timed."""
    for media_type, content in _ANY.items():
        document = Document(identify("", b""), "", "", media_type, content)
        sieve_document(document, Config())


def _apart(items: Sequence[_Item], config: Config, guard: Guard) -> Iterator[_Fate]:
    if not items:
        return
    (together,) = guard.run([items], config)
    if isinstance(together, Ended):
        # One of them goes too far: each alone, to see which.
        answers = guard.run([[item] for item in items], config)
    else:
        answers = [[parcel] for parcel in cast("list[bytes]", together)]
    for (document, _), answer in zip(items, answers, strict=True):
        if isinstance(answer, Ended):
            yield None, _ended(document, answer, config.run)
        else:
            yield unpack(cast("list[bytes]", answer)[0], document)


def _parcels(items: Sequence[_Item], config: Config) -> list[bytes]:
    """Do the work of ``sieve_documents`` in the helper."""
    parcels = []
    for article, rejection in sieve_documents(items, config):
        if rejection is not None and rejection.error_type == MemoryError.__name__:
            raise MemoryError  # the limit is ours: the guard says so
        parcels.append(pack(article, rejection))
    return parcels


def _ended(document: Document, ended: Ended, settings: RunConfig) -> Rejection:
    """Say which limit *document* hit; not by how much, which is never twice the same."""
    reason, detail = {
        "too_slow": ("too_slow", f"run.document_seconds = {settings.document_seconds:g}"),
        "too_large_in_memory": (
            "too_large_in_memory",
            f"run.document_megabytes = {settings.document_megabytes:,}",
        ),
        "crashed": ("cleaning_crashed", ended.detail),
    }[ended.how]
    return _rejected(document, "clean", reason, detail)


def sieve_document(
    document: Document, config: Config, repeated: frozenset[str] = frozenset()
) -> tuple[Article, None] | tuple[Article | None, Rejection]:
    """Clean and judge *document*.

    This is the one place that catches whatever a document provokes: the rest of its
    block must not suffer, and the reason must be on record.

    Args:
        repeated: lines of it that stand on many pages of its site.

    Returns:
        The article and None when it is kept; else the article, as far as it got, and
        the rejection.
    """
    try:
        article = clean_document(document, config.clean, repeated)
    except Exception as error:  # noqa: BLE001
        return None, failure(document, "clean", "cleaning_failed", error)
    return _judged(document, article, config)


def sieve_documents(items: Sequence[_Item], config: Config) -> Iterator[_Fate]:
    """Clean and judge documents as ``sieve_document`` does each; they are cleaned together.

    Args:
        items: each document, and the lines of it that stand on many pages of its site.
    """
    documents, repeated = [item[0] for item in items], [item[1] for item in items]
    cleaned = clean_documents(documents, config.clean, repeated)
    for document, article in zip(documents, cleaned, strict=True):
        if isinstance(article, Exception):
            yield None, failure(document, "clean", "cleaning_failed", article)
        else:
            yield _judged(document, article, config)


def _judged(
    document: Document, article: Article, config: Config
) -> tuple[Article, None] | tuple[Article | None, Rejection]:
    """The article and what the judge says of it."""
    try:
        article, rejection = judge_article(article, config.judge)
    except Exception as error:  # noqa: BLE001
        return article, failure(document, "judge", "judging_failed", error)
    if rejection is None:
        return article, None
    return article, replace(rejection, id=document.id, record_id=document.record_id)


def failure(document: Document, stage: Stage, reason: str, error: Exception) -> Rejection:
    """Say that *document* provoked *error*, as a rejection."""
    rejection = _rejected(document, stage, reason, str(error)[:EXCERPT_CHARS] or None)
    return replace(rejection, error_type=type(error).__name__)


def _rejected(document: Document, stage: Stage, reason: str, detail: str | None) -> Rejection:
    return Rejection(
        source=document.source,
        stage=stage,
        kind="error",
        reason=reason,
        detail=detail,
        id=document.id,
        record_id=document.record_id,
        excerpt=document.content[:EXCERPT_CHARS],
    )


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
