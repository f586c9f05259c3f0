"""The account of a run as text: what happened to the records, why, and what to do next."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pipeline.config import FieldName
from pipeline.explain.lookup import read_rows
from pipeline.ledger.account import Account
from pipeline.storage import Place
from pipeline.text.terminal import paint, pasted, shown

REASONS_SHOWN = 5
FIELDS_SHOWN = 8
EXAMPLE_CHARS = 90
FIELDS = get_args(FieldName)
SYNONYMS = {
    "authors": ("author", "byline", "creator", "writer", "dc_creator", "article_author"),
    "title": ("headline", "name", "heading", "og_title", "dc_title"),
    "text": ("body", "content", "articlebody", "maintext", "plain_text", "article", "fulltext"),
    "html": ("page", "raw_html", "source_html", "markup", "raw"),
    "date_published": (
        *("date", "published", "pubdate", "publish_date", "publication_date", "published_at"),
        *("datepublished", "published_date", "published_time", "posted", "time", "timestamp"),
    ),
    "url": ("link", "uri", "href", "address", "canonical_url", "source_url", "permalink"),
    "id": ("guid", "uuid", "_id", "article_id", "doc_id", "key"),
    "fetched_at": ("crawled_at", "scraped_at", "download_date", "date_download", "retrieved"),
}
"""Our field → its names elsewhere, in lower case."""


def account_lines(
    account: Account, seconds: float, folder: Place | None = None, command: str = "newsieve"
) -> Iterator[str]:
    r"""Format the account as text, with examples of rejects and the next commands.

    Args:
        folder: of the published run, from which rejects get examples.
        command: how to call newsieve from here.

    >>> from pipeline.ledger.account import Account
    >>> from pipeline.text.terminal import uncoloured
    >>> account = Account(read=3, articles=2, rejects=1, rejects_by_reason={"no_text": 1})
    >>> print(uncoloured("\n".join(account_lines(account, 1.2))))
    read           3
    articles       2
    duplicates     0
    rejects        1   no_text 1
    unchanged      0
               -----
                   3   accounted for, in 1.2 s
    """
    left = f"{account.unfinished:,} unfinished last lines are left for the next run"
    rows: list[tuple[str, int, str, str]] = [
        ("read", account.read, left if account.unfinished else "", "bold"),
        ("articles", account.articles, "", "green"),
        ("duplicates", account.duplicates, _by_count(account.duplicates_by_match), "cyan"),
        ("rejects", account.rejects, _by_count(account.rejects_by_reason), "red"),
        ("unchanged", account.unchanged, "", "dim"),
    ]
    width = max(5, len(f"{account.read:,}"))
    for name, count, note, style in rows:
        number = f"{count:>{width},}"
        painted = paint(number, style) if count else number
        yield f"{name:<10} {painted}   {note}".rstrip()
    yield f"{'':<10} {'-' * width}"
    yield f"{'':<10} {account.read:>{width},}   accounted for, in {seconds:.1f} s"
    yield from (paint(shown(str(cluster)), "yellow") for cluster in account.alarm_clusters)
    examples = first_rejects(folder) if folder is not None and account.rejects else {}
    yield from _examples(account, examples)
    yield from _ignored(account.ignored_fields)
    if folder is not None:
        yield from _next(folder, examples, command)


def most_first(counts: Mapping[Any, int]) -> list[tuple[Any, int]]:
    """Sort counts, largest first, then by name; the name None means unknown."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0] or ""))


def _by_count(counts: dict[str, int]) -> str:
    return " · ".join(f"{name} {count:,}" for name, count in most_first(counts))


def _examples(account: Account, examples: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    if not examples:
        return
    reasons = most_first(account.rejects_by_reason)
    yield ""
    for number, (reason, count) in enumerate(reasons[:REASONS_SHOWN]):
        text = f"{paint(reason, 'red')} {count:,}"
        if example := examples.get(reason):
            what = example["detail"] or example["excerpt"]
            line = ": ".join(filter(None, (example["source"], what)))
            text += f", such as {shown(' '.join(line.split()))[:EXAMPLE_CHARS]}"
        yield f"{'' if number else 'rejected':<10} {text}"
    if len(reasons) > REASONS_SHOWN:
        yield f"{'':<10} … and {len(reasons) - REASONS_SHOWN} more reasons"


def first_rejects(folder: Place) -> dict[str, dict[str, Any]]:
    """Find the first reject of each reason in the run in *folder*."""
    found: dict[str, dict[str, Any]] = {}
    for row in read_rows(folder, "rejects", ("reason", "source", "detail", "excerpt")):
        found.setdefault(row["reason"], row)
    return found


def _ignored(fields: dict[str, int]) -> Iterator[str]:
    if not fields:
        return
    yield ""
    ordered = most_first(fields)
    guesses = {name: field for name, _ in ordered if (field := meant_field(name))}
    for number, (name, count) in enumerate(ordered[:FIELDS_SHOWN]):
        hint = f"; did you mean {guesses[name]}?" if name in guesses else ""
        yield f"{'' if number else 'ignored':<10} {shown(name)} {count:,}{paint(hint, 'yellow')}"
    if len(ordered) > FIELDS_SHOWN:
        yield f"{'':<10} … and {len(ordered) - FIELDS_SHOWN} more fields"
    if guesses:
        name, field = next(iter(guesses.items()))
        yield f"{'':<10} to use it: --set 'input.fields={{{shown(name)}: {field}}}'"


def meant_field(name: str) -> str | None:
    """Guess which of our fields *name* means; None if none is similar.

    >>> [meant_field(each) for each in ("Author", "date-published", "warc:request", "tags")]
    ['authors', 'date_published', None, None]
    """
    plain = name.lower().replace("-", "_").replace(" ", "_").rpartition(".")[2]
    for field, others in SYNONYMS.items():
        if plain == field or plain in others:
            return field
    near = difflib.get_close_matches(plain, FIELDS, n=1, cutoff=0.8) if ":" not in plain else []
    return near[0] if near else None


def _next(folder: Place, examples: Mapping[str, dict[str, Any]], command: str) -> Iterator[str]:
    output = pasted(folder.parent.parent)
    yield ""
    yield f"{'result':<10} {shown(str(folder))}/articles/*.parquet"
    report = f"{command} report {output} --html report.html"
    yield f"{'next':<10} {shown(report)}"
    for example in list(examples.values())[:1]:
        dashes = "-- " if example["source"].startswith("-") else ""
        trace = f"{command} trace {dashes}{output} {shlex.quote(example['source'])}"
        yield f"{'':<10} {shown(trace)}"
