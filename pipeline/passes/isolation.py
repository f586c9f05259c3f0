"""Clean and judge documents, each under a time and memory limit, in a helper process.

Read ``process_document`` first, then ``process_records``.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from functools import cache
from hashlib import blake2b
from operator import attrgetter
from typing import Any, cast

from pipeline.clean import clean_document, clean_documents
from pipeline.config import Config, RunConfig
from pipeline.guard import Guard, Killed, Limits
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
    rejection_of,
)

_Item = tuple[Document, frozenset[str]]
_Fate = tuple["Article | None", "Rejection | None"]
"""The article (None if cleaning failed), and the rejection (None if the article is kept)."""
_MAX_DETAIL_CHARS = 500

_WARM_UP: dict[MediaType, str] = {
    "text/plain": "The tram to Vellmer stopped at noon because the bridge was closed.",
    "text/html": "<h1>No tram</h1><p>The tram to Vellmer stopped at noon on Tuesday.</p>",
}

_BATCH_RECORDS = 64
_BATCH_CHARS = 1_000_000
"""Limits of a batch: enough for the tagger to be efficient; batches are in memory twice."""


def process_records(
    records: Iterable[Document | Rejection],
    config: Config,
    repeated: Callable[[Document], frozenset[str]] = lambda _: frozenset(),
) -> Iterator[_Fate]:
    """Clean and judge each of *records*, in order; rejections are passed through.

    The results are those of ``process_document``, computed in a helper process. A document that
    exceeds ``run.document_seconds`` or ``run.document_megabytes``, or crashes the process, is
    rejected; other documents are not affected. If both limits are 0, no helper is used.

    Args:
        repeated: returns the lines of a document that occur on many pages of its site.
    """
    limits = Limits(config.run.document_seconds, config.run.document_megabytes)
    guard = _guard(limits) if limits.seconds or limits.megabytes else None
    if guard is not None:
        guard.start()
    for batch in _batches(records):
        documents = [record for record in batch if not isinstance(record, Rejection)]
        items = [(document, repeated(document)) for document in documents]
        fates = _isolated(items, config, guard) if guard else process_documents(items, config)
        for record in batch:
            yield (None, record) if isinstance(record, Rejection) else next(fates)


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
    return Guard(_packed_fates, limits, _load)


def _load() -> None:
    """Load the models for texts and pages before documents are timed."""
    for media_type, content in _WARM_UP.items():
        document = Document(identify("", b""), "", "", media_type, content)
        process_document(document, Config())


def _isolated(items: Sequence[_Item], config: Config, guard: Guard) -> Iterator[_Fate]:
    known = [_hit_limit.get(_digest(document)) if _hit_limit else None for document, _ in items]
    unknown = [item for item, answer in zip(items, known, strict=True) if answer is None]
    (together,) = guard.run([unknown], config) if unknown else ([],)
    if isinstance(together, Killed):
        # One of them exceeded a limit: run them one by one to find it.
        answers = iter(guard.run([[item] for item in unknown], config))
    else:
        answers = iter([packed] for packed in cast("list[bytes]", together))
    for (document, _), again in zip(items, known, strict=True):
        answer = again or next(answers)
        if isinstance(answer, Killed):
            if answer.how in _LIMITS and len(_hit_limit) < _MOST_KNOWN:
                _hit_limit[_digest(document)] = answer
            yield None, _killed(document, answer, config.run)
        else:
            yield unpack(cast("list[bytes]", answer)[0], document)


_LIMITS = ("too_slow", "too_large_in_memory")
_MOST_KNOWN = 10_000
_hit_limit: dict[bytes, Killed] = {}
"""Digests of contents that exceeded a limit in this process, so that copies are not run."""


def _digest(document: Document) -> bytes:
    content = document.content.encode("utf-8", "surrogatepass")
    return blake2b(content, digest_size=16).digest()


def _packed_fates(items: Sequence[_Item], config: Config) -> list[bytes]:
    packed = []
    for article, rejection in process_documents(items, config):
        if rejection is not None and rejection.error_type == MemoryError.__name__:
            raise MemoryError  # the guard's limit was exceeded
        packed.append(pack(article, rejection))
    return packed


def _killed(document: Document, killed: Killed, settings: RunConfig) -> Rejection:
    """Name the limit that *document* exceeded, but not its value, which varies between runs."""
    reason, detail = {
        "too_slow": ("too_slow", f"run.document_seconds = {settings.document_seconds:g}"),
        "too_large_in_memory": (
            "too_large_in_memory",
            f"run.document_megabytes = {settings.document_megabytes:,}",
        ),
        "crashed": ("cleaning_crashed", killed.detail),
        "killed_from_outside": ("cleaning_crashed", killed.detail),
    }[killed.how]
    rejection = rejection_of(document, "clean", "error", reason, detail)
    return replace(rejection, retryable=killed.how == "killed_from_outside")


def process_document(
    document: Document, config: Config, repeated: frozenset[str] = frozenset()
) -> tuple[Article, None] | tuple[Article | None, Rejection]:
    """Clean and judge *document*.

    Any exception becomes a rejection, so it does not affect other documents.

    Args:
        repeated: its lines that occur on many pages of its site.

    Returns:
        The article and None if it is kept; else the article, None if cleaning failed, and the
        rejection.
    """
    try:
        article = clean_document(document, config.clean, repeated)
    except Exception as error:  # noqa: BLE001
        return None, failure(document, "clean", "cleaning_failed", error)
    return _judged(article, config)


def process_documents(items: Sequence[_Item], config: Config) -> Iterator[_Fate]:
    """Clean and judge documents like ``process_document``, but in one batch.

    Args:
        items: documents, each with its lines that occur on many pages of its site.
    """
    documents, repeated = [item[0] for item in items], [item[1] for item in items]
    cleaned = clean_documents(documents, config.clean, repeated)
    for document, article in zip(documents, cleaned, strict=True):
        if isinstance(article, Exception):
            yield None, failure(document, "clean", "cleaning_failed", article)
        else:
            yield _judged(article, config)


def _judged(
    article: Article, config: Config
) -> tuple[Article, None] | tuple[Article | None, Rejection]:
    try:
        article, rejection = judge_article(article, config.judge)
    except Exception as error:  # noqa: BLE001
        return article, failure(article, "judge", "judging_failed", error)
    if rejection is None:
        return article, None
    return article, rejection


def failure(failed: Document | Article, stage: Stage, reason: str, error: Exception) -> Rejection:
    """Reject a document or article because of *error*."""
    detail = str(error)[:_MAX_DETAIL_CHARS] or None
    return rejection_of(failed, stage, "error", reason, detail, type(error).__name__)


def _values_of(noun: type[Any], skip: int = 0) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(*[field.name for field in fields(noun)][skip:])


def _reducer(noun: type[Any]) -> Callable[[Any], tuple[type[Any], tuple[Any, ...]]]:
    values = _values_of(noun)
    return lambda value: (noun, values(value))


_REDUCERS: dict[type, Any] = {
    noun: _reducer(noun) for noun in (Rejection, Removed, Evidence, Timestamp)
}
"""Twice as fast as pickle's default for frozen dataclasses with slots."""

_article_values = _values_of(Article, skip=1)


def pack(article: Article | None, rejection: Rejection | None) -> bytes:
    """Serialize the result of ``process_document``."""
    stream = io.BytesIO()
    pickler = pickle.Pickler(stream, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _REDUCERS
    pickler.dump((None if article is None else _article_values(article), rejection))
    return stream.getvalue()


def unpack(packed: bytes, document: Document) -> tuple[Article | None, Rejection | None]:
    """Deserialize the result of *document*, which is not part of *packed*."""
    values, rejection = pickle.loads(packed)  # noqa: S301 - our own child's
    return None if values is None else Article(document, *values), rejection
