"""newsieve as a library: what it gives, what it costs to import, what stands in its way."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pyarrow.compute as pc
import pytest
from factories import story
from runs import ROOT
from runs import run as run_in_loop

import newsieve
from pipeline.ledger.upkeep.compact import compact

STORY = "The ferry from Kesterby was late again on Monday, said the harbour master. " * 8
PAGE = f"""<html lang="en"><head><title>Late ferry</title>
<meta property="article:published_time" content="2025-03-01T12:30:00+01:00"></head>
<body><nav>Home</nav><article><h1>Late ferry</h1><p>{STORY}</p></article></body></html>"""


def test_a_text_is_cleaned():
    """Text, what was cut and why, what was read of it."""
    text = f"Late ferry\nBy Ann Vole\n\n{STORY}\n\nRelated articles\n"
    article = newsieve.clean(text, url="https://www.kesterby.example/a?utm_source=x")

    assert STORY.strip() == article.text
    assert ("Ann Vole",) == article.authors
    assert "kesterby.example" == article.site
    assert "en" == article.language
    spans = [article.seen_text[span.start : span.end] for span in article.removed]
    assert "Related articles" in spans


@pytest.mark.parametrize("content", [PAGE, PAGE.encode(), "\n " + PAGE, PAGE.encode("utf-16")])
def test_a_page_is_told_from_a_text(content):
    """As text or as bytes in any encoding."""
    article = newsieve.clean(content)

    assert ("Late ferry", STORY.strip()) == (article.title, article.text)
    assert "2025-03-01T12:30:00+01:00" == article.date_published.isoformat()


def test_what_is_known_besides_goes_before_what_the_text_says():
    """Title, authors and date are given by whoever has the document."""
    article = newsieve.clean(STORY, title="T", authors=["A. B."], date_published="2025-03-01")

    assert ("T", ("A. B.",)) == (article.title, article.authors)
    assert "2025-03-01" == article.date_published.isoformat()


def test_what_cannot_be_read_is_an_error_that_says_why():
    """No half an answer."""
    with pytest.raises(newsieve.NewsieveError, match="no_text"):
        newsieve.clean(b"")
    with pytest.raises(newsieve.NewsieveError, match="no such setting"):
        newsieve.clean(STORY, settings={"clean.mood": "careful"})


def test_settings_do_not_come_from_the_working_folder(tmp_path, monkeypatch):
    """A library gives the same answer wherever it is called."""
    (tmp_path / "newsieve.yaml").write_text("judge: {language_min_chars: 100000}")
    monkeypatch.chdir(tmp_path)

    assert "en" == newsieve.clean(STORY).language


def test_an_output_folder_is_opened_as_datasets(tmp_path):
    """Tables, runs, what came in since a run, clusters."""
    run_in_loop(ROOT / "raw/tarnmouth-courier", tmp_path)
    run_in_loop(ROOT / "raw", tmp_path)
    output = newsieve.open_output(tmp_path)
    total = {name: sum(run[name] for run in output.runs) for name in ("articles", "duplicates")}

    assert total["articles"] == output.articles.count_rows()
    assert total["duplicates"] == output.duplicates.count_rows()
    assert output.runs[-1]["rejects"] == output.rejects.count_rows()
    assert output.runs[-1]["articles"] == output.since(1).count_rows()
    copy = output.duplicates.to_table().to_pylist()[0]
    cluster = output.cluster(copy["cluster_id"])
    assert copy["id"] in {row["id"] for row in cluster["duplicates"]}
    assert copy["representative_id"] in {row["id"] for row in cluster["articles"]}
    assert 0 < pc.sum(output.articles.to_table(["word_count"])["word_count"]).as_py()


@pytest.mark.slow
def test_what_came_in_since_does_not_change_when_runs_are_merged(tmp_path):
    """A reader that has seen the first run gets the second and the third, then as before."""
    (tmp_path / "in").mkdir()
    for number in range(4):
        (tmp_path / "in" / f"{number}.txt").write_text(f"{story(number)}", "utf-8")
        run_in_loop(tmp_path / "in", tmp_path / "out")
    output = newsieve.open_output(tmp_path / "out")

    def sources(*arguments, **bounds):
        found = output.since(*arguments, **bounds).to_table(columns=["source"])
        return sorted(found["source"].to_pylist())

    expected = ["1.txt", "2.txt"]
    assert expected == sources(1, until=3)
    compact(tmp_path / "out", date(2027, 1, 1))
    assert expected == sources(1, until=3)
    assert [f"{number}.txt" for number in range(4)] == sources(0)
    assert [] == sources(4)


def test_a_folder_without_runs_is_an_error(tmp_path):
    """The message says what to name."""
    with pytest.raises(newsieve.NewsieveError, match="no runs here"):
        newsieve.open_output(tmp_path)


@pytest.mark.beam
def test_a_run_gives_its_account_and_its_folder(tmp_path):
    """As the command line does; the second time nothing is new."""
    outcome = newsieve.run(ROOT / "raw", tmp_path, logical_date=date(2026, 1, 1))
    assert 27 == outcome.account.read
    assert outcome.folder.parent.parent == tmp_path
    assert () == newsieve.run([ROOT / "raw"], tmp_path).published
    with pytest.raises(newsieve.NewsieveError, match="logical date 2999-01-01: in the future"):
        newsieve.run(ROOT / "raw", tmp_path, logical_date=date(2999, 1, 1))


def python(code, cwd=ROOT, **environment):
    """Run *code* in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )


def test_importing_it_loads_nothing_heavy():
    """No engine, no arrays, no models: what a name needs is loaded when it is used."""
    done = python("import sys, newsieve; dir(newsieve); print(*sys.modules)")

    heavy = {"apache_beam", "pyarrow", "numpy", "pydantic", "trafilatura", "scipy", "click"}
    assert not heavy & set(done.stdout.split())


@pytest.mark.slow
def test_cleaning_needs_no_engine():
    """Neither Beam nor what only deduplication needs."""
    done = python("import sys, newsieve; newsieve.clean('A text.'); print(*sys.modules)")

    assert not {"apache_beam", "datasketch", "scipy"} & set(done.stdout.split()), done.stderr


def test_templates_are_loaded_by_what_formats_text():
    """Neither cleaning nor listing runs waits for jinja2."""
    code = "import sys, pipeline.library, pipeline.explain.report.facts; print(*sys.modules)"
    done = python(code)

    assert "pipeline.explain.text" in done.stdout.split(), done.stderr
    assert "jinja2" not in done.stdout.split()


def test_a_file_called_pipeline_in_the_way_is_named(tmp_path):
    """Whoever has a pipeline.py of their own is told, not shown an AttributeError."""
    (tmp_path / "pipeline.py").write_text("STEPS = []\n", "utf-8")
    for code in ("import newsieve", "from newsieve.__main__ import main"):
        done = python(f"import sys; sys.path[:0] = ['', {str(ROOT)!r}]; {code}", cwd=tmp_path)
        assert 0 != done.returncode
        assert f"finds another one first: {tmp_path}/pipeline.py" in done.stderr


def test_every_name_is_there_and_typed():
    """What is promised can be imported; type checkers are told that there are types."""
    for name in newsieve.__all__:
        assert getattr(newsieve, name)
    with pytest.raises(AttributeError):
        newsieve.cleen  # noqa: B018
    for package in ("newsieve", "pipeline"):
        assert (Path(ROOT) / package / "py.typed").is_file()
