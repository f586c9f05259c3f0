"""The data types that stages pass to one another.

    Document     an input record as found, decoded but not judged
    Article      a cleaned document
    Rejection    a record that is not kept, and why
    Timestamp    an instant, with the offset and precision that the source states

Within a block these are plain frozen values. Between steps and processes they travel as Arrow
batches: ``write.columns`` has the schema of the tables, ``dedup.steps.layouts`` that of
signatures and verdicts.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta, timezone
from functools import cache
from hashlib import blake2b
from operator import attrgetter
from typing import Any, Literal

MediaType = Literal["text/plain", "text/html"]
Stage = Literal["read", "clean", "judge"]
Kind = Literal["filtered", "error"]
Precision = Literal["second", "minute", "day"]

REASONS: dict[str, str] = {
    "unreadable": "the file cannot be opened or listed",
    "changed_meanwhile": "the file changed after it was planned; the next run reads it again",
    "undecodable": "the bytes are not text in any known encoding",
    "broken_compression": "the compressed stream ends early or is damaged",
    "broken_record": "not a whole record of its format: WARC, CSV, Parquet",
    "too_large": "the record is larger than input.max_bytes",
    "not_json": "the line is not JSON",
    "not_an_object": "the line is JSON, but not an object",
    "no_text": "the record has neither a text nor an html field with content",
    "taken_down": "the id, address or site was taken down with `newsieve remove`",
    "no_body_left": "nothing remained after cleaning",
    "cleaning_failed": "the cleaner raised an error on this document",
    "cleaning_crashed": "the process that cleaned and judged this document crashed",
    "too_slow": "cleaning and judging took more than run.document_seconds",
    "too_large_in_memory": "cleaning and judging took more than run.document_megabytes",
    "judging_failed": "language detection or a filter raised an error on this document",
    "too_short": "fewer words than judge.min_words",
    "language_not_wanted": "the language is not in judge.languages",
}
"""The closed list of values of ``rejects.reason``, each with its meaning."""


class _Record:
    """Pickled by its fields: takes half the time of the default for frozen dataclasses."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        noun: Any = type(self)
        return noun, _values_of(noun)(self)


@cache
def _values_of(noun: Any) -> attrgetter[tuple[Any, ...]]:
    return attrgetter(*(field.name for field in fields(noun)))


@dataclass(frozen=True, slots=True)
class Timestamp(_Record):
    """An instant, with the offset and precision that the source states.

    Attributes:
        instant: in UTC; midnight UTC if only a day is known.
        offset_min: minutes east of UTC as printed; None if the source states none.
        precision: the smallest unit that the source states.
    """

    instant: datetime
    offset_min: int | None
    precision: Precision

    @property
    def day(self) -> str:
        """The day in its own offset, as ISO 8601 writes it."""
        return self.isoformat()[:10]

    def isoformat(self) -> str:
        """Format as ISO 8601 in its own offset: a day, or a time with its offset if known.

        >>> Timestamp(datetime(2023, 9, 15, 12, 4, tzinfo=timezone.utc), 540, "minute").isoformat()
        '2023-09-15T21:04:00+09:00'
        >>> Timestamp(datetime(2024, 4, 10, tzinfo=timezone.utc), None, "day").isoformat()
        '2024-04-10'
        """
        if self.precision == "day":
            return self.instant.date().isoformat()
        if self.offset_min is None:
            return self.instant.replace(tzinfo=None).isoformat(timespec="seconds")
        own = timezone(timedelta(minutes=self.offset_min))
        return self.instant.astimezone(own).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class Document(_Record):
    """An input record as found: decoded, identified, not yet judged.

    Attributes:
        id: 32 hex digits that name this content at this place (``identify``).
        record_id: the record's own id, else the file's stem, else ``<stem>#<n>``.
        source: path from the input's root, and ``#n`` (from 1) in files of many records.
        content: the decoded text or page; a text without entities and tags.
        url, title, authors, date_published, fetched_at: fields of the record, as given;
            None or () if it has none. Titles and authors are on one line, without markup.
        site: the registrable domain of its url; without a url, that of the record or its path.
        flags: names from ``FLAGS``.
        text: of a record with a page, its own text, in case that the page has no story.
    """

    id: str
    record_id: str
    source: str
    media_type: MediaType
    content: str
    url: str | None = None
    title: str | None = None
    authors: tuple[str, ...] = ()
    date_published: str | None = None
    fetched_at: str | None = None
    site: str | None = None
    flags: tuple[str, ...] = ()
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Removed(_Record):
    """Code points [start, end) of the raw text that a rule removed from the body."""

    start: int
    end: int
    rule: str


@dataclass(frozen=True, slots=True)
class Evidence(_Record):
    """Where a metadata value comes from.

    Attributes:
        field: the column, such as ``title``.
        value: the value as found.
        source: where it was found, such as ``record``, ``byline``, ``og:title``.
        start, end: code points of the raw text, for values found in the text; None for
            values from markup or from the record.
    """

    field: str
    value: str
    source: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Article(_Record):
    """A cleaned document: its story, its metadata, and what was cut.

    None means unknown, never a guess. Paragraphs of ``text`` are separated by a blank line; it
    has no headline, byline or time stamp.

    Attributes:
        extraction: the text extracted from a page before lines were cut; None for plain text.
            ``removed`` and ``evidence`` count code points of ``seen_text``.
    """

    document: Document
    text: str
    extractor: str
    title: str | None = None
    authors: tuple[str, ...] = ()
    contributors: tuple[str, ...] = ()
    date_published: Timestamp | None = None
    date_modified: Timestamp | None = None
    fetched_at: Timestamp | None = None
    url: str | None = None
    site: str | None = None
    dateline: str | None = None
    section: str | None = None
    keywords: tuple[str, ...] = ()
    language: str | None = None
    language_score: float | None = None
    removed: tuple[Removed, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    flags: tuple[str, ...] = ()
    raw_char_count: int = 0
    extraction: str | None = None

    @property
    def seen_text(self) -> str:
        """The text that spans refer to: the extraction of a page, else the document."""
        return self.document.content if self.extraction is None else self.extraction


@dataclass(frozen=True, slots=True)
class Rejection(_Record):
    """A record that is not kept, with the stage and the reason.

    Attributes:
        reason: a key of ``REASONS``.
        kind: ``filtered`` if judged and not wanted, ``error`` if it could not be judged.
        detail: the value and the limit, human-readable.
        error_type: class name of the exception, for errors.
        excerpt: the record's beginning, at most 500 characters.
        retryable: whether a later run should read it again.
        url: the address, if the record or the page states it.
        site: as in ``Document``; without a url, that of the record, its text or its path.
    """

    source: str
    stage: Stage
    kind: Kind
    reason: str
    detail: str | None = None
    id: str | None = None
    record_id: str | None = None
    error_type: str | None = None
    excerpt: str | None = None
    retryable: bool = False
    url: str | None = None
    site: str | None = None


EXCERPT_CHARS = 500


def excerpt(content: str) -> str | None:
    r"""Return the beginning of a record: at most 500 printable characters on one line, or None.

    >>> excerpt('{"a":\t\x00}\n')
    '{"a": �}'
    """
    line = " ".join(content[: 4 * EXCERPT_CHARS].split())[:EXCERPT_CHARS]
    return "".join(char if char.isprintable() else "\ufffd" for char in line) or None


def rejection_of(
    rejected: Document | Article,
    stage: Stage,
    kind: Kind,
    reason: str,
    detail: str | None,
    error_type: str | None = None,
) -> Rejection:
    """Reject a document, or the article it became, for a reason of ``REASONS``."""
    document = rejected if isinstance(rejected, Document) else rejected.document
    return Rejection(
        source=document.source,
        stage=stage,
        kind=kind,
        reason=reason,
        detail=detail,
        id=document.id,
        record_id=document.record_id,
        error_type=error_type,
        excerpt=excerpt(document.content),
        url=rejected.url or document.url,
        site=rejected.site,
    )


def identify(identity: str, payload: bytes) -> str:
    """Return the id of *payload* at *identity*: 32 hex digits, independent of config and cleaning.

    Args:
        identity: the canonical url, else the record's own id, else the path.
        payload: the bytes of the text or html, as found.

    >>> identify("https://example.org/a", b"text")
    '0bf824285f0cdc4aa56739176ad4dedd'
    """
    digest = blake2b(digest_size=16)
    name = identity.encode("utf-8", "surrogatepass")
    digest.update(len(name).to_bytes(8, "little"))
    digest.update(name)
    digest.update(payload)
    return digest.hexdigest()


SOURCES: dict[str, str] = {
    "record": "a field of the input record",
    "byline": "a line, or an element marked as one, that says who wrote it",
    "credit": "a line such as 'contributed to this report'",
    "timestamp": "a line that says when",
    "dateline": "the beginning of the first sentence: place and agency, a day, reporters",
    "contact": "an address of the site that is printed in the text",
    "printed": "text next to the headline of a page; printed:above: before it",
    "json-ld": "JSON-LD of a page, with the property",
    "meta": "a meta element of a page, with its name",
    "og": "Open Graph of a page, with the property",
    "twitter": "a Twitter card of a page, with its field",
    "itemprop": "an element of a page with that property of schema.org",
    "rel": "a link of a page with that relation",
    "link": "a link element of a page with that relation",
    "h1": "a heading of a page",
    "h2": "a heading of a page that has no h1 of its own",
    "title": "the title element of a page",
    "time": "a time element of a page",
    "url": "a day in the address of a page",
    "htmldate": "the library htmldate (older versions)",
    "tagger": "a line of a plain text that the tagger takes for this field",
    "block_model": "the page model changed trafilatura's extraction",
}
"""Values of ``source`` in ``articles.evidence`` up to a colon, each with its meaning."""

FLAGS: dict[str, str] = {
    "markup_in_text": "tags were removed from a text, or it was a page: see its media type",
    "date_unparsable": "the record declares an unreadable or implausible date of publication",
    "no_prose": "no line reads as a sentence: a list, a table or an empty text",
    "hard_wrapped": "lines broken at a fixed width were joined into paragraphs",
    "other_story_at_url": "an earlier article at the same page has another story",
    "partly_in_another": "a part of it, too small to remove all, is in an article of its cluster",
    "page_too_large": "the page has more elements or characters than any story: not analyzed",
    "sidecar_unreadable": "its sidecar is half written, no JSON object or not readable: not used",
    "story_doubtful": "almost all text, or the largest block of prose, looked like boilerplate",
    "text_used": "the record's page has hardly any story, or is a wall: its own text was used",
    "truncated": "the crawler cut the record off (WARC-Truncated): its end may be missing",
    "whole_page": "menus or footers around the story were cut: the text was a whole saved page",
}
"""The closed list of values of ``articles.flags``, each with its meaning."""
