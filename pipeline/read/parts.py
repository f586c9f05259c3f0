"""What is read at once, and what reading yields besides documents and rejections."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """A whole file, or a run of whole lines of an uncompressed JSONL file, or of row groups.

    Attributes:
        path: what the storage opens.
        source: path from the input's root, the name that people see.
        suffix: a key of ``FORMATS``.
        start, stop: the bytes [start, stop) of the file; each cut stands right after a
            newline, or about where a row group begins; None means to the end.
        first_record: number of the range's first line, or row, in the file, from 1.
        size, digest: of the whole file when the run was planned; None: of whatever is there.
        look: what it looked like then (``planned.digest_look``), in hex; None: proves nothing.
    """

    path: str
    source: str
    suffix: str
    start: int = 0
    stop: int | None = None
    first_record: int = 1
    size: int | None = None
    digest: str | None = None
    look: str | None = None

    @property
    def stem(self) -> str:
        """The file's name without its suffix, double suffixes included.

        >>> Part("/in/a/news.2024.JSONL.gz", "a/news.2024.JSONL.gz", ".jsonl.gz").stem
        'news.2024'
        """
        name = self.source.rsplit("/", 1)[-1]
        bare = name[: len(name) - len(self.suffix)]
        return bare if bare and name.lower().endswith(self.suffix) else name


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A last line without its newline: its writer is not done, so it is left to the next run."""

    source: str
    detail: str


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass over a file's bytes tells.

    Attributes:
        digest: 32 hex digits of blake2b of the bytes.
        size: bytes.
        cuts: (start, stop, first_record) of each part, in order and without gaps;
            empty when the file is read whole.
    """

    digest: str
    size: int
    cuts: tuple[tuple[int, int, int], ...]
