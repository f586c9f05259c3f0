"""The account of a run as text: what happened to the records, why, and what to do next."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Mapping
from typing import Any, get_args

from pipeline.config import FieldName
from pipeline.explain.text import as_text
from pipeline.ledger.account import Account
from pipeline.ledger.history import example_of, first_rejects
from pipeline.storage import Place
from pipeline.text.terminal import pasted

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
) -> list[str]:
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
    examples = first_rejects(folder) if folder is not None and account.rejects else {}
    ignored = most_first(account.ignored_fields)
    answer = account.as_dict() | {
        "seconds": seconds,
        "matches": most_first(account.duplicates_by_match),
        "reasons": most_first(account.rejects_by_reason),
        "alarm_clusters": [str(cluster) for cluster in account.alarm_clusters],
        "examples": {reason: example_of(row) for reason, row in examples.items()},
        "ignored": ignored,
        "meant": _meant(account),
        "folder": folder and str(folder),
        "commands": _next(folder, examples, command) if folder is not None else [],
    }
    return as_text("account", answer)


def most_first(counts: Mapping[Any, int]) -> list[tuple[Any, int]]:
    """Sort counts, largest first, then by name; the name None means unknown."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0] or ""))


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


def _meant(account: Account) -> dict[str, str]:
    """Guess the field of each ignored name; not text or html, if records with it had a text."""
    without_text = account.rejects_by_reason.get("no_text", 0)
    guesses = ((name, n, meant_field(name)) for name, n in most_first(account.ignored_fields))
    return {
        name: field
        for name, count, field in guesses
        if field and field != name and (field not in {"text", "html"} or count <= without_text)
    }


def _next(folder: Place, examples: Mapping[str, dict[str, Any]], command: str) -> list[str]:
    """Return the next commands: a report, and the trace of a reject if there is one."""
    output = pasted(folder.parent.parent)
    commands = [f"{command} report {output} --html report.html"]
    for example in list(examples.values())[:1]:
        dashes = "-- " if example["source"].startswith("-") else ""
        commands.append(f"{command} trace {dashes}{output} {shlex.quote(example['source'])}")
    return commands
