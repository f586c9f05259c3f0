"""Clean and judge documents, each under a time and memory limit, in a helper process.

Read ``process_documents`` first, then ``process_records``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import cast

from pipeline.arrays import portions
from pipeline.clean import clean_documents
from pipeline.config import Config, RunConfig
from pipeline.guard import Guard, Killed, Limits
from pipeline.judge import judge_article
from pipeline.passes.reading import BATCH_CHARS, BATCH_RECORDS, limit_of
from pipeline.records import Article, Document, MediaType, Rejection, Stage, identify, rejection_of
from pipeline.text.unicode import digest

_Item = tuple[Document, frozenset[str]]
_Fate = tuple["Article | None", "Rejection | None"]
"""The article (None if cleaning failed), and the rejection (None if the article is kept)."""
_MAX_DETAIL_CHARS = 500

_WARM_UP: dict[MediaType, str] = {
    "text/plain": "The tram to Vellmer stopped at noon because the bridge was closed.",
    "text/html": "<h1>No tram</h1><p>The tram to Vellmer stopped at noon on Tuesday.</p>",
}


def process_records(
    records: Iterable[Document | Rejection],
    config: Config,
    repeated: Callable[[Document], frozenset[str]] = lambda _: frozenset(),
) -> Iterator[_Fate]:
    """Clean and judge each of *records*, in order; rejections are passed through.

    The results are those of ``process_documents``, computed in a helper process. A document that
    exceeds ``run.document_seconds`` or ``run.document_megabytes``, or crashes the process, is
    rejected; other documents are not affected. If both limits are 0, no helper is used. *repeated*
    returns the lines of a document that occur on many pages of its site.
    """
    limits = Limits(config.run.document_seconds, config.run.document_megabytes)
    guard = _guard(limits) if limits.seconds or limits.megabytes else None
    if guard is not None:
        guard.start()
    for batch in portions(records, _chars_of, BATCH_CHARS, BATCH_RECORDS):
        documents = [record for record in batch if not isinstance(record, Rejection)]
        items = [(document, repeated(document)) for document in documents]
        fates = _isolated(items, config, guard) if guard else process_documents(items, config)
        for record in batch:
            yield (None, record) if isinstance(record, Rejection) else next(fates)


def _chars_of(record: Document | Rejection) -> int:
    return 0 if isinstance(record, Rejection) else len(record.content)


@cache
def _guard(limits: Limits) -> Guard:
    return Guard(_fates_in_helper, limits, _load)


def _load() -> None:
    """Load the models for texts and pages before documents are timed."""
    for media_type, content in _WARM_UP.items():
        document = Document(identify("", b""), "", "", media_type, content)
        process_document(document, Config())


def _isolated(items: Sequence[_Item], config: Config, guard: Guard) -> Iterator[_Fate]:
    known = [
        _hit_limit.get(digest(document.content)) if _hit_limit else None for document, _ in items
    ]
    unknown = [item for item, answer in zip(items, known, strict=True) if answer is None]
    (together,) = guard.run([unknown], config) if unknown else ([],)
    if isinstance(together, Killed):
        # One of them exceeded a limit: run them one by one to find it.
        answers = iter(guard.run([[item] for item in unknown], config))
    else:
        answers = iter([fate] for fate in cast("list[_Fate]", together))
    for (document, _), again in zip(items, known, strict=True):
        answer = again or next(answers)
        if isinstance(answer, Killed):
            if answer.how in _LIMITS and len(_hit_limit) < _MOST_KNOWN:
                _hit_limit[digest(document.content)] = answer
            yield None, _killed(document, answer, config.run)
        else:
            yield cast("list[_Fate]", answer)[0]


_LIMITS = ("too_slow", "too_large_in_memory")
_MOST_KNOWN = 10_000
_hit_limit: dict[bytes, Killed] = {}
"""Digests of contents that exceeded a limit in this process, so that copies are not run."""


def _fates_in_helper(items: Sequence[_Item], config: Config) -> list[_Fate]:
    fates = list(process_documents(items, config))
    for _, rejection in fates:
        if rejection is not None and rejection.error_type == MemoryError.__name__:
            raise MemoryError  # the guard's limit was exceeded
    return fates


def _killed(document: Document, killed: Killed, settings: RunConfig) -> Rejection:
    reason = killed.how if killed.how in _LIMITS else "cleaning_crashed"
    rejection = rejection_of(document, "clean", "error", reason, limit_of(killed, settings))
    return replace(rejection, retryable=killed.how == "killed_from_outside")


def process_document(
    document: Document, config: Config, repeated: frozenset[str] = frozenset()
) -> _Fate:
    """Clean and judge one document, given its lines that occur on many pages of its site."""
    return next(process_documents([(document, repeated)], config))


def process_documents(items: Sequence[_Item], config: Config) -> Iterator[_Fate]:
    """Clean and judge documents, each with its repeated lines, plain texts many at a time.

    Any exception becomes a rejection of its document. Yields the article (None if cleaning failed),
    and the rejection (None if the article is kept).
    """
    documents, repeated = [item[0] for item in items], [item[1] for item in items]
    cleaned = clean_documents(documents, config.clean, repeated)
    for document, article in zip(documents, cleaned, strict=True):
        if isinstance(article, Exception):
            yield None, failure(document, "clean", "cleaning_failed", article)
            continue
        try:
            fate: _Fate = judge_article(article, config.judge)
        except Exception as error:  # noqa: BLE001
            fate = article, failure(article, "judge", "judging_failed", error)
        yield fate


def failure(failed: Document | Article, stage: Stage, reason: str, error: Exception) -> Rejection:
    """Reject a document or article because of *error*."""
    detail = str(error)[:_MAX_DETAIL_CHARS] or None
    return rejection_of(failed, stage, "error", reason, detail, type(error).__name__)
