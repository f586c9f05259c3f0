"""Folders, files and globs → the files to read."""

from __future__ import annotations

import errno
import os
import sys
import time
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.ledger.inputs import Inputs, find_inputs
from pipeline.read.formats import FORMATS

BYTE_NAMES = pytest.mark.skipif(sys.platform != "linux", reason="names are Unicode here")


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """A folder, and a function that makes files below it; it lies in the current folder."""
    monkeypatch.chdir(tmp_path)

    def made(*names: str) -> Path:
        for name in names:
            path = tmp_path / "raw" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        return tmp_path / "raw"

    return made


def sources(*patterns: str | Path, min_age_s: float = 0) -> list[str]:
    """The sources of the files that are found."""
    found = find_inputs(tuple(map(str, patterns)), min_age_s)
    return [file.source for file in found.files]


def test_a_folder_means_every_supported_file_below_it(raw):
    """At every depth, in the order of sources, each with its path from the folder."""
    folder = raw("b.txt", "a/z.html", "a/b/c.jsonl", "a.b.jsonl.gz", "A.TXT")

    expected = ["A.TXT", "a.b.jsonl.gz", "a/b/c.jsonl", "a/z.html", "b.txt"]
    assert expected == sources(folder) == sources(f"{folder}/") == sources("raw")


def test_a_file_knows_where_it_is_and_how_it_is_read(raw):
    """Path to open, source for people, suffix for the reader: the longest that fits."""
    folder = raw("in/News.JSONL.gz")
    (file,) = find_inputs((str(folder),)).files

    assert str(folder / "in/News.JSONL.gz") == file.path
    assert ("in/News.JSONL.gz", ".jsonl.gz") == (file.source, file.suffix)
    assert file.suffix in FORMATS


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("raw/*.txt", ["a.txt", "b.txt"]),
        ("raw/[a]*.txt", ["a.txt"]),
        ("raw/?.txt", ["a.txt", "b.txt"]),
        ("raw/*", ["a.txt", "b.txt", "c.html"]),
        ("raw/**", ["a.txt", "b.txt", "c.html", "one/d.txt", "one/two/e.txt"]),
        ("raw/**/*.txt", ["a.txt", "b.txt", "one/d.txt", "one/two/e.txt"]),
        ("raw/o*/*.txt", ["one/d.txt"]),
        ("raw/one/*.txt", ["d.txt"]),
        ("./raw/one/*.txt", ["d.txt"]),
        ("*/*.html", ["raw/c.html"]),
        ("raw/*.warc", []),
        ("nowhere/*.txt", []),
    ],
)
def test_a_glob_has_its_root_before_the_first_wildcard(raw, tmp_path, pattern, expected):
    """Sources start where the pattern does; folders that match are not descended; none is fine."""
    raw("a.txt", "b.txt", "c.html", "one/d.txt", "one/two/e.txt")

    assert expected == sources(pattern)
    assert expected == sources(tmp_path / pattern)


def test_a_file_may_have_the_name_of_a_glob(raw):
    """What exists is taken by its name, wildcards or not."""
    folder = raw("a[1].txt", "a1.txt")

    assert ["a[1].txt"] == sources(folder / "a[1].txt")


def test_a_single_file_has_its_name_for_a_source(raw):
    """The root of a file is its folder."""
    assert ["a.txt"] == sources(raw("one/a.txt") / "one/a.txt")


@pytest.mark.parametrize("name", ["notes.md", "README", "a.txt.bak", "a.gz"])
def test_a_named_file_of_another_kind_is_wrong_usage(raw, name):
    """Who names a file wants it read: the message lists what can be."""
    path = raw(name) / name
    with pytest.raises(UsageError) as caught:
        find_inputs((str(path),))

    assert f"input {path}: unsupported extension; supported: .txt, " in str(caught.value)


@pytest.mark.parametrize("pattern", ["raw/absent", "raw/absent.txt", "nowhere", ""])
def test_what_does_not_exist_is_wrong_usage(raw, pattern):
    """A missing folder or file is a mistake, and the message says what may be named."""
    raw("a.txt")
    with pytest.raises(UsageError) as caught:
        find_inputs(("raw", pattern))

    assert f"input {pattern}: no such file or folder; name a folder, a file" in str(caught.value)


@pytest.mark.usefixtures("raw")
def test_an_empty_folder_holds_nothing(tmp_path):
    """No files are no mistake: an hourly job meets that."""
    (tmp_path / "raw").mkdir()

    assert Inputs() == find_inputs(("raw",))
    assert [] == Inputs().remarks()


def test_hidden_files_and_folders_are_left_out(raw):
    """What starts with a dot is somebody's work in progress, and is not counted either."""
    found = find_inputs((str(raw("a.txt", ".b.txt", ".git/c.txt", "d/.e/f.txt", "d/.g.txt.part")),))

    assert ["a.txt"] == [file.source for file in found.files]
    assert not found.ignored


def test_files_of_other_kinds_are_counted_by_suffix(raw):
    """Nothing is left out without a word."""
    found = find_inputs((str(raw("a.txt", "b.md", "c.MD", "Makefile", "d/x.gz")),))

    assert {".md": 2, "Makefile": 1, ".gz": 1} == found.ignored
    (remark,) = found.remarks()
    assert remark.startswith("skipped: 4 files with an unsupported extension (.md 2, ")


def test_inputs_that_overlap_are_read_once(raw):
    """A file that two inputs name is one file."""
    raw("a.txt", "one/b.txt")

    assert ["a.txt", "one/b.txt"] == sources("raw", "raw/", "raw/*.txt", "raw/a.txt", "./raw")
    assert 2 == len(find_inputs(("raw", "raw/one")).files)


def test_the_order_of_overlapping_inputs_does_not_matter(raw):
    """A file has the same source whichever input is named first, or ids would change."""
    raw("a.txt", "one/b.txt")

    assert sources("raw", "raw/one") == sources("raw/one", "raw")


def test_a_folder_named_in_two_ways_is_read_once(raw, tmp_path):
    """A relative and an absolute path may mean the same folder."""
    raw("a.txt")

    assert ["a.txt"] == sources("raw", tmp_path / "raw")
    assert ["a.txt"] == sources("raw", "raw/../raw")


def test_the_order_of_inputs_and_of_the_disk_does_not_matter(raw, monkeypatch):
    """Files come in the order of their sources, folders of equal names by path."""
    raw("one/a.txt", "two/a.txt", "two/b.txt")
    expected = find_inputs(("raw/one", "raw/two")).files
    walk = os.walk
    monkeypatch.setattr(
        os, "walk", lambda top, **rest: ((p, f, n[::-1]) for p, f, n in walk(top, **rest))
    )

    assert expected == find_inputs(("raw/two", "raw/one")).files
    assert ["a.txt", "a.txt", "b.txt"] == [file.source for file in expected]


def test_links_in_a_circle_end(raw):
    """A link to a folder above, or to itself, is not followed for ever."""
    folder = raw("one/a.txt")
    (folder / "one/loop").symlink_to(folder, target_is_directory=True)
    (folder / "self.txt").symlink_to("self.txt")
    (folder / "broken.txt").symlink_to("absent.txt")

    assert ["broken.txt", "one/a.txt", "self.txt"] == sources(folder), "reading says what is wrong"


def test_a_link_to_a_file_is_a_file(raw):
    """It has the name of the link."""
    folder = raw("one/a.txt")
    (folder / "b.txt").symlink_to("one/a.txt")

    assert ["b.txt", "one/a.txt"] == sources(folder)


@pytest.mark.parametrize("pattern", ["raw", "raw/*", "raw/**"])
def test_a_link_that_leads_out_of_the_input_is_left_out(raw, tmp_path, pattern):
    """Whoever may write there could publish what only newsieve's user can read."""
    folder = raw("a.txt", "sub/b.txt")
    (tmp_path / "secret.txt").write_text("x")
    (folder / "note.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "again.txt").symlink_to("sub/b.txt")
    found = find_inputs((pattern,))

    assert "note.txt" not in [file.source for file in found.files]
    assert "again.txt" in [file.source for file in found.files]
    assert [str(Path("raw/note.txt"))] == found.outside
    assert "1 link leading out of the input, such as raw/note.txt; input" in found.remarks()[-1]
    assert "note.txt" in [f.source for f in find_inputs((pattern,), follow_links="anywhere").files]
    assert ["note.txt"] == sources("raw/note.txt"), "it was named"


def test_a_link_to_the_input_may_lead_anywhere(raw, tmp_path):
    """What counts is where the input lies, not how it was named."""
    raw("a.txt")
    (tmp_path / "link").symlink_to("raw")

    assert ["a.txt"] == sources("link")


@pytest.mark.parametrize(
    ("place", "remedy"),
    [
        ("ftp://host/*.jsonl", "copy or mount it"),
        ("https://example.org/a.html", "copy or mount it"),
        ("file:///srv/raw", "write /srv/raw"),
    ],
)
def test_a_url_is_no_input(place, remedy):
    """A glob that matches nothing would be a quiet end."""
    with pytest.raises(UsageError, match=f"a url, not a path on this machine; {remedy}"):
        find_inputs((place,))


def test_a_file_that_cannot_be_looked_at_is_left_to_the_reader(raw, monkeypatch):
    """A folder that may be listed but not entered, and a path that is too long, are no errors."""
    folder = raw("a.txt", "shut/b.txt")
    stat = os.stat

    def guarded(path, *rest, **more):
        if "shut/" in os.fspath(path):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return stat(path, *rest, **more)

    monkeypatch.setattr(os, "stat", guarded)

    assert ["a.txt", "shut/b.txt"] == sources(folder, min_age_s=0)


def test_only_regular_files_are_inputs(raw):
    """A pipe or a socket of a fitting name is no file to read."""
    folder = raw("a.txt")
    os.mkfifo(folder / "b.txt")

    assert ["a.txt"] == sources(folder)


def test_names_may_hold_anything(raw):
    """Blanks, newlines, hashes and other scripts stand in the source as they are."""
    names = ["a b.txt", "a\nb.txt", "a#1.txt", "été.txt", "字.txt", "\u202e.txt"]
    folder = raw(*names)

    assert sorted(names) == sources(folder)


@BYTE_NAMES
def test_a_name_that_is_no_unicode_is_written_with_escapes(raw):
    """The source is text that any table can hold; the path still opens the file."""
    folder = raw("a.txt")
    (Path(os.fsdecode(os.fsencode(folder) + b"/b\xff\xfe.txt"))).write_bytes(b"found")
    a, b = find_inputs((str(folder),)).files

    assert ["a.txt", r"b\xff\xfe.txt"] == [a.source, b.source]
    assert b"found" == Path(b.path).read_bytes()
    assert b.source.encode()


def test_young_files_wait(raw):
    """A file changed less than min_age_s ago is named as not yet, the others are read."""
    folder = raw("old.txt", "new.txt", "new.md")
    changed = (folder / "new.txt").stat().st_mtime - 100
    os.utime(folder / "old.txt", (changed, changed))
    found = find_inputs((str(folder),), min_age_s=50)

    assert ["old.txt"] == [file.source for file in found.files]
    assert [str(folder / "new.txt")] == found.too_young
    told = "skipped for now: 1 file modified within input.min_age_s, such as"
    assert f"{told} {folder / 'new.txt'}" == found.remarks()[0]
    assert ["new.txt", "old.txt"] == sources(folder, min_age_s=0)


@pytest.mark.parametrize("name", ["shut", ""])
def test_a_folder_that_cannot_be_listed_is_noted(raw, monkeypatch, name):
    """The others are read, and the run will reject it; an input of that kind is wrong usage."""
    folder = raw("a.txt", "shut/b.txt")
    shut = folder / name
    scandir = os.scandir

    def guarded(path="."):
        if Path(path) == shut:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    if not name:
        with pytest.raises(UsageError, match="raw: cannot be listed: Permission denied"):
            find_inputs((str(folder),))
        return
    found = find_inputs((str(folder),))

    assert [(str(shut), "shut")] == [(each.path, each.source) for each in found.unreadable]
    assert ["a.txt"] == [file.source for file in found.files]
    assert [f"not readable: 1 folder, such as {shut}"] == found.remarks()


@pytest.mark.parametrize(("min_age_s", "ahead", "found"), [(0, 9, 1), (50, 9, 0), (50, 9e8, 1)])
def test_a_file_ahead_of_the_clock_is_not_left_out_for_ever(raw, min_age_s, ahead, found):
    """A little ahead it is young; far ahead the time says nothing, and the file is read."""
    folder = raw("a.txt")
    changed = time.time() + ahead
    os.utime(folder / "a.txt", (changed, changed))

    assert found == len(sources(folder, min_age_s=min_age_s))


def test_what_is_written_is_no_input(raw):
    """Not by a folder around the output, by a link or a glob; named itself, it is refused."""
    folder = raw("a.txt", "out/runs/r/articles/part.parquet", "out/views.txt")
    (folder / "again").symlink_to("out")
    output = Path("raw/out")

    for pattern in ("raw", "raw/**", "raw/*/*"):
        found = find_inputs((pattern,), output=output).files
        assert {"a.txt"} >= {file.source for file in found}
    for pattern in ("raw/out", "raw/out/runs", "raw/again/runs"):
        with pytest.raises(UsageError, match="is in the output folder raw/out: newsieve would"):
            find_inputs((pattern,), output=output)


def test_what_is_no_file_is_told_about(raw):
    """Links to folders are not followed, nobody waits at a pipe; the remark names one."""
    folder = raw("a.txt", "b/c.txt")
    os.mkfifo(folder / "pipe.txt")
    (folder / "back").symlink_to(".")
    found = find_inputs((str(folder),))

    assert ["a.txt", "b/c.txt"] == [file.source for file in found.files]
    told = f"skipped: 2 links to folders, pipes or devices, such as {folder / 'back'}"
    assert [told] == found.remarks()


PAGE = b"<!DOCTYPE html>\n<title>A story</title><p>It was told."


@pytest.mark.parametrize(
    ("name", "content", "suffix"),
    [
        ("a-story", PAGE, ".html"),
        ("index.html?p=3", PAGE, ".html"),
        ("v2.0-of-it", b"\xef\xbb\xbf  <!-- saved -->\n<HTML lang=en>", ".html"),
        ("utf-16", PAGE.decode().encode("utf-16"), ".html"),
        ("xhtml", b'<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml">', ".html"),
        ("Makefile", b"all: html", None),
        ("drawing", b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
        ("empty", b"", None),
        ("a.php", PAGE, None),
        ("a.html.bak", PAGE, None),
    ],
)
def test_a_name_without_an_extension_is_a_page_if_it_begins_like_one(
    name, content, suffix, tmp_path
):
    """If it begins like one, as in mirrors of sites; other files are left out as before."""
    (tmp_path / name).write_bytes(content)
    found = find_inputs((str(tmp_path),))

    assert [suffix] * bool(suffix) == [file.suffix for file in found.files]
    assert (not suffix) == bool(found.ignored)


def test_a_sidecar_is_no_input(tmp_path):
    """It is read with its text or page; without one, a .json file is a file like others."""
    for name in ("a.txt", "a.txt.json", "b.txt.json", "c.jsonl", "c.jsonl.json", "d.json"):
        (tmp_path / name).write_text("{}", "utf-8")
    found = find_inputs((str(tmp_path),))

    expected = ["a.txt", "b.txt.json", "c.jsonl", "c.jsonl.json", "d.json"]
    assert expected == [file.source for file in found.files]
    assert [] == found.remarks()


def test_a_sidecar_that_is_named_is_wrong_usage(tmp_path):
    """Its extension is a supported one: the message says what it is, and what to name."""
    for name in ("a.txt", "a.txt.json"):
        (tmp_path / name).write_text("{}", "utf-8")
    with pytest.raises(UsageError, match=r"a\.txt\.json: is the sidecar of .*a\.txt; name that"):
        find_inputs((str(tmp_path / "a.txt.json"),))
