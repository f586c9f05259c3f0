"""What is told on stderr, in a form that no name or record can use for something else."""

from __future__ import annotations


def on_one_line(text: str) -> str:
    r"""Escape what is not printable: a file may be named so as to forge lines, or to colour them.

    >>> on_one_line("tide\n\x1b[31m tables.txt")
    'tide\\n\\x1b[31m tables.txt'
    """
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
