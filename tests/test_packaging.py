"""Wheel and source distribution: what is in them, what their page says, and that they work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from email.parser import Parser

import pytest
from command_lines import parse
from runs import ROOT

from pipeline.version import VERSION

pytestmark = pytest.mark.slow

NAME = f"newsieve-{VERSION}"
FEW = ("tests/test_urls.py", "tests/test_docs.py", "tests/test_records.py", "tests/test_runs.py")
"""Tests that read documentation, cases and the sample, and run the passes."""


def build(kind, source, target):
    """Build without a network, with the setuptools that is installed."""
    program = f"from setuptools import build_meta as b; b.build_{kind}({str(target)!r})"
    subprocess.run([sys.executable, "-c", program], cwd=source, check=True, capture_output=True)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The source distribution of a copy of this checkout, unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    checkout = folder / "checkout"
    found = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(found, cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("this is no checkout: only one makes a source distribution")
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        if (ROOT / name).is_file():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            (checkout / name).write_bytes((ROOT / name).read_bytes())
    build("sdist", checkout, folder)
    subprocess.run(["tar", "-xzf", f"{NAME}.tar.gz"], cwd=folder, check=True)
    return folder / NAME


@pytest.fixture(scope="module")
def wheel(unpacked):
    """The wheel that is built from the source distribution."""
    build("wheel", unpacked, unpacked.parent)
    (path,) = unpacked.parent.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_a_few_tests_pass_in_the_unpacked_source_distribution(unpacked):
    """They test its own code, not that of the checkout."""
    here = os.environ | {"PYTHONPATH": str(unpacked)}
    code = "import pipeline; print(pipeline.__file__)"
    started = [sys.executable, "-c", code]
    told = subprocess.run(started, cwd=unpacked, env=here, capture_output=True, check=True)
    assert str(unpacked / "pipeline" / "__init__.py") == told.stdout.decode().strip()

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-m", "not beam", *FEW],
        cwd=unpacked,
        env=here,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == done.returncode, done.stdout[-3000:]
    assert re.search(r"\d{2,} passed", done.stdout)


def test_the_wheel_has_the_two_packages_and_their_data(wheel):
    """Models, templates and marks for type checkers; no tests, no sample, no documentation."""
    names = set(wheel.namelist())
    found = (path for name in ("newsieve", "pipeline") for path in (ROOT / name).rglob("*.*"))
    data = {path.relative_to(ROOT).as_posix() for path in found if path.suffix != ".pyc"}

    assert {"pipeline/explain/templates/trace.txt", "pipeline/write/views.sql"} <= data
    assert set() == data - names
    assert {"newsieve", "pipeline", f"{NAME}.dist-info"} == {each.split("/")[0] for each in names}


def test_the_page_of_the_package_has_no_link_into_the_repository(wheel):
    """It is Markdown, its commands exist, and each of its links is absolute."""
    metadata = Parser().parsestr(wheel.read(f"{NAME}.dist-info/METADATA").decode())
    page = metadata.get_payload()
    commands = re.findall(r"^newsieve (.*?)(?:  +#|$)", page, re.MULTILINE)

    assert "text/markdown" == metadata["Description-Content-Type"]
    assert [] == re.findall(r"\]\((?!https://)[^)]*\)", page)
    assert len(commands) >= 6
    for command in commands:
        parse(command.replace(" news/", f" {ROOT}"))
