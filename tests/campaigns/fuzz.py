"""Almost valid inputs by the thousand: every reader, the cleaner, the configuration.

usage: python -m tests.campaigns.fuzz [--target NAME]... [--start 0] [--count 20000]

Input number *seed* of a target is always the same, so a range is done again, or gone on
with, by --start and --count. Each runs under a limit of time and memory, in a process of
its own kind (``pipeline.guard``). A failure is a line: target, seed, what happened;
`--target NAME --start SEED --count 1 --show` prints the input. Exit code 1 if any failed.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pipeline.config import Config, InputConfig
from pipeline.config_file import load_config
from pipeline.errors import NewsieveError
from pipeline.explain.cleaned import as_lines, as_object
from pipeline.guard import Guard, Killed, Limits
from pipeline.passes.isolation import process_document
from pipeline.read import read_part
from pipeline.read.parts import Part, Unfinished
from pipeline.records import REASONS, Article, Document, Rejection, identify
from pipeline.write.columns import staged_batch
from tests.campaigns import mutations

LIMITS = Limits(10, 2_000)
AT_ONCE = 100
MAX_BYTES = 50_000


def read(suffix: str, payload: bytes) -> None:
    """Read *payload*: every item is a document or a rejection that a table can hold."""
    part = Part("x", f"in/a.{suffix}", f".{suffix}")
    config = InputConfig(max_bytes=MAX_BYTES)
    items = list(read_part(part, lambda _: io.BytesIO(payload), config, ignored_fields=Counter()))
    rejections = [(n, each) for n, each in enumerate(items) if isinstance(each, Rejection)]
    staged_batch("rejects", rejections)
    for _, each in rejections:
        assert each.reason in REASONS
        assert each.stage == "read"
    for each in items:
        if isinstance(each, Document):
            assert each.content.strip()
            each.content.encode()
        else:
            assert isinstance(each, Rejection | Unfinished)
    again = list(read_part(part, lambda _: io.BytesIO(payload), config))
    assert again == items, "read twice, two answers"


def clean(media_type: str, content: str) -> None:
    """Clean *content*: an article that a table and JSON can hold, its spans within the text."""
    content = content.encode("utf-8", "replace").decode()
    found = Document(identify("a", content.encode()), "a", "a", media_type, content)  # type: ignore[arg-type]
    article, rejection = process_document(found, Config())
    assert rejection is None or rejection.kind == "filtered", f"{rejection}"
    assert article is not None
    _hold(article, rejection)


def _hold(article: Article, rejection: Rejection | None) -> None:
    staged_batch("articles", [(0, article)])
    json.dumps(as_object(article, rejection))
    list(as_lines(article, rejection))
    end = len(article.seen_text)
    for cut in article.removed:
        assert 0 <= cut.start < cut.end <= end, f"{cut} of {end}"
    for each in article.evidence:
        if each.start is not None and each.end is not None:
            assert 0 <= each.start <= each.end <= end, f"{each} of {end}"


def configure(text: str) -> None:
    """Load *text* as a file, and its lines as flags: a Config, or a message for the user."""
    with tempfile.TemporaryDirectory() as folder:
        file, empty = Path(folder, "c.yaml"), Path(folder, "empty.yaml")
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        empty.touch()
        flags = [[], [f"clean.mode={text}"], text.splitlines()[:3]]
        for path, overrides in zip((file, empty, empty), flags, strict=True):
            with suppress(NewsieveError):
                load_config(path, overrides)


READERS = (
    *("txt", "txt.gz", "html", "html.zst", "jsonl", "jsonl.gz", "jsonl.zst", "json", "json.gz"),
    *("warc", "warc.gz", "warc.zst", "csv", "csv.gz", "csv.zst", "parquet"),
)
TARGETS: dict[str, tuple[Callable[[random.Random], object], Callable[..., None]]] = {
    **{
        f"read {suffix}": (
            lambda dice, suffix=suffix: mutations.stored(suffix, dice),
            lambda payload, suffix=suffix: read(suffix, payload),
        )
        for suffix in READERS
    },
    "clean text": (mutations.odd_text, lambda text: clean("text/plain", text)),
    "clean page": (mutations.page, lambda text: clean("text/html", text)),
    "long text": (mutations.long_text, lambda text: clean("text/plain", text)),
    "long page": (mutations.long_page, lambda text: clean("text/html", text)),
    "config": (mutations.yaml_text, configure),
}
"""Name → how an input is made, and what must hold of it."""


def try_seed(item: tuple[str, int], _: object) -> str:
    """Make and check one input; say what failed, else nothing."""
    target, seed = item
    make, check = TARGETS[target]
    try:
        check(make(random.Random(f"{target} {seed}")))
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        return f"{type(error).__name__} at {where}: {str(error)[:300]}"
    return ""


def campaign(target: str, start: int, count: int) -> int:
    """Try the inputs [start, start + count) of *target*; print and count those that fail."""
    from tests.campaigns import fuzz  # noqa: PLC0415 - by a name that the helper can import

    guard = Guard(fuzz.try_seed, LIMITS)
    failed = 0
    begun = time.monotonic()
    for at in range(start, start + count, AT_ONCE):
        seeds = range(at, min(at + AT_ONCE, start + count))
        for seed, answer in zip(seeds, guard.run([(target, n) for n in seeds], None), strict=True):
            if answer:
                failed += 1
                told = f"{answer.how} {answer.detail}" if isinstance(answer, Killed) else answer
                print(f"{target} {seed}: {told}", flush=True)
    guard.close()
    seconds = time.monotonic() - begun
    print(f"{target}: {start}-{start + count - 1}, {failed} failed, {seconds:.0f} s", flush=True)
    return failed


def main() -> None:
    """Run what the flags name."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", action="append", choices=TARGETS)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--show", action="store_true", help="print the inputs, try nothing")
    arguments = parser.parse_args()
    failed = 0
    for target in arguments.target or TARGETS:
        if not arguments.show:
            failed += campaign(target, arguments.start, arguments.count)
            continue
        for seed in range(arguments.start, arguments.start + arguments.count):
            print(repr(TARGETS[target][0](random.Random(f"{target} {seed}"))))
    sys.exit(bool(failed))


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    main()
