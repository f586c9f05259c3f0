"""Files that change between the plan and the reading: never half old and half new, never lost."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import runs
from factories import story
from runs import rows, run

from pipeline.config import InputConfig
from pipeline.read import read_part, survey
from pipeline.read.parts import Part, digest_look
from pipeline.storage import open_input

CHANGED = "changed_meanwhile"


def records(first: int, last: int, word: str = "calm") -> bytes:
    """Lines of records with ids of their own."""
    lines = [{"id": n, "text": f"{word.title()} {n}. {story(n, 90)}"} for n in range(first, last)]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def run_while(change, file: Path, out: Path, **settings):
    """Run on *file*, which *change* changes when the plan is made."""

    def engine(plan, *rest):
        change()
        runs.in_loop(plan, *rest)

    return run(file, out, engine=engine, **settings)


def told(out: Path) -> list[tuple[str, str, bool]]:
    """Reason, source, and whether it may be retried, of all rejects."""
    return [(row["reason"], row["source"], row["retryable"]) for row in rows(out, "rejects")]


def kept(out: Path) -> list[str]:
    """Ids of all articles and duplicates."""
    found = rows(out, "articles") + rows(out, "duplicates")
    return sorted((row["record_id"] for row in found), key=int)


@pytest.mark.slow
@pytest.mark.parametrize("block_bytes", [1_000, 1_000_000])
@pytest.mark.parametrize("after", [records(0, 13), records(0, 40, "grim"), b""])
def test_another_content_is_left_to_the_next_run(tmp_path, block_bytes, after):
    """Cut off, replaced or emptied: a run that was planned for another takes nothing."""
    file, out, small = tmp_path / "a.jsonl", tmp_path / "out", {"block_bytes": block_bytes}
    file.write_bytes(records(0, 40))

    first = run_while(lambda: file.write_bytes(after), file, out, run=small)
    assert {(CHANGED, "a.jsonl", True)} == set(told(out))
    assert [] == kept(out)
    assert first.account.read == first.account.rejects

    run(file, out, run=small)
    assert [str(n) for n in range(after.count(b"\n"))] == kept(out)


def test_a_content_that_comes_back_is_read(tmp_path):
    """What the plan saw counts as unread where something else lay there."""
    file, out = tmp_path / "a.jsonl", tmp_path / "out"
    file.write_bytes(records(0, 9))
    run_while(lambda: file.write_bytes(records(5, 7, "grim")), file, out)

    file.write_bytes(records(0, 9))
    run(file, out)

    assert [str(n) for n in range(9)] == kept(out)


@pytest.mark.parametrize("added", [records(9, 12), b'{"id": 9, "te'])
def test_what_is_added_waits(tmp_path, added):
    """A file that grows is read up to where it ended; the rest comes with the next run."""
    file, out = tmp_path / "a.jsonl", tmp_path / "out"
    file.write_bytes(records(0, 9))

    def grow():
        with file.open("ab") as stream:
            stream.write(added)

    first = run_while(grow, file, out)
    assert (9, 0) == (first.account.read, first.account.unfinished)
    assert [] == told(out)

    file.write_bytes(records(0, 12))
    assert (12, 9) == ((again := run(file, out).account).read, again.unchanged)
    assert [str(n) for n in range(12)] == kept(out)


@pytest.mark.parametrize("name", ["a.jsonl", "a.txt"])
def test_a_pipe_in_a_files_place_is_not_waited_for(tmp_path, name):
    """It cannot be read, and the run goes on."""
    file, out = tmp_path / name, tmp_path / "out"
    file.write_bytes(records(0, 3))

    def replace():
        file.unlink()
        os.mkfifo(file)

    run_while(replace, file, out)

    assert [("unreadable", name, True)] == told(out)


def planned_part(file: Path) -> Part:
    """The whole file as a plan has it, with its looks."""
    with file.open("rb") as stream:
        found = survey(stream, file.suffix, 1_000_000)
        look = digest_look(os.fstat(stream.fileno()), file.name).hex()
    return Part(str(file), file.name, file.suffix, size=found.size, digest=found.digest, look=look)


def read_while(change, part: Part) -> list[object]:
    """Read *part*; *change* comes when its first bytes have been read."""
    opened = []

    class Stream:
        def __init__(self, path):
            self.stream = open_input(path)
            opened.append(self)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.stream.close()

        def __getattr__(self, name):
            return getattr(self.stream, name)

        def read(self, size):
            content = self.stream.read(min(size, 8_192))
            change()
            return content

    found = list(read_part(part, Stream, InputConfig()))
    assert opened
    return found


def test_a_document_that_is_written_over_while_it_is_read_is_no_document(tmp_path):
    """Half of the one and half of the other is nobody's text."""
    file = tmp_path / "a.txt"
    file.write_bytes(b"The old story. " * 9_000)

    (found,) = read_while(lambda: file.write_bytes(b"The new story. " * 9_000), planned_part(file))

    assert (CHANGED, True) == (found.reason, found.retryable)


def test_records_of_a_file_that_is_written_over_while_it_is_read_are_told_about(tmp_path):
    """Each is whole; that they are of two contents is a reject, and the file is read again."""
    file = tmp_path / "a.jsonl"
    file.write_bytes(records(0, 90))

    *_, last = read_while(lambda: file.write_bytes(records(0, 90, "grim")), planned_part(file))

    assert (CHANGED, True) == (last.reason, last.retryable)


def test_a_file_that_is_replaced_while_it_is_open_is_the_old_one(tmp_path):
    """A rename does not touch what is being read."""
    file = tmp_path / "a.txt"
    file.write_bytes(b"The old story. " * 9_000)

    def replace():
        (tmp_path / "b").write_bytes(b"The new story. ")
        (tmp_path / "b").replace(file)

    (found,) = read_while(replace, planned_part(file))

    assert found.content.startswith("The old story. ")
