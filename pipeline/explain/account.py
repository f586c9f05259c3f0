"""The account of a run as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.ledger.account import Account


def render_account(account: Account, seconds: float) -> str:
    """Lay the account out: what was read, what became of it, and that it adds up.

    >>> from pipeline.ledger.account import Account
    >>> print(render_account(Account(read=3, articles=2, rejects=1, rejects_by_reason={"no_text": 1}), 1.2))
    read           3
    articles       2
    duplicates     0
    rejects        1   no_text 1
    unchanged      0
               -----
                   3   accounted for, in 1.2 s
    """  # noqa: E501
    rows = [
        ("read", account.read, _unfinished(account)),
        ("articles", account.articles, ""),
        ("duplicates", account.duplicates, _by_count(account.duplicates_by_match)),
        ("rejects", account.rejects, _by_count(account.rejects_by_reason)),
        ("unchanged", account.unchanged, ""),
    ]
    width = max(5, len(f"{account.read:,}"))
    lines = [f"{name:<10} {count:>{width},}   {note}".rstrip() for name, count, note in rows]
    lines.append(f"{'':<10} {'-' * width}")
    lines.append(f"{'':<10} {account.read:>{width},}   accounted for, in {seconds:.1f} s")
    lines += [str(cluster) for cluster in account.alarm_clusters]
    return "\n".join(lines)


def _by_count(counts: dict[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return " · ".join(f"{name} {count:,}" for name, count in ordered)


def _unfinished(account: Account) -> str:
    if not account.unfinished:
        return ""
    return f"{account.unfinished:,} unfinished last lines are left for the next run"
