"""Where things live: each library in its home, modules and functions of a size to read."""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "pipeline").rglob("*.py"))
}
TREES = {name: ast.parse(text) for name, text in MODULES.items()}

HOMES = {
    "apache_beam": ("pipeline/beam/",),
    "grpc": ("pipeline/beam/",),
    "trafilatura": ("pipeline/clean/html/",),
    "lxml": ("pipeline/clean/html/",),
    "resiliparse": ("pipeline/clean/html/candidates.py", "pipeline/read/encoding.py"),
    "datasketch": ("pipeline/dedup/signatures.py",),
    "scipy": ("pipeline/dedup/clusters.py",),
    "langdetect": ("pipeline/judge/",),
    "tld": ("pipeline/urls.py",),
    "click": ("pipeline/cli/",),
    "yaml": ("pipeline/config_file.py", "pipeline/clean/words.py"),
    "pydantic": (
        "pipeline/config.py",
        "pipeline/config_file.py",
        "pipeline/ledger/plan.py",
        "pipeline/staging.py",
    ),
    "pydantic_core": ("pipeline/config_file.py",),
    "prometheus_client": ("pipeline/monitor/metrics_file.py",),
    "rich": ("pipeline/monitor/progress.py", "pipeline/explain/report/tables.py"),
    "jinja2": (
        "pipeline/explain/text.py",
        "pipeline/explain/report/page.py",
        "pipeline/write/views.py",
    ),
    "pygal": ("pipeline/explain/report/page.py",),
    "filelock": ("pipeline/ledger/lock.py",),
    "obstore": ("pipeline/storage/objects.py",),
    "zstandard": ("pipeline/read/",),
    "warcio": ("pipeline/read/warc_records.py", "pipeline/read/warc.py"),
    "brotli": ("pipeline/read/warc.py",),
    "charset_normalizer": ("pipeline/read/encoding",),
    "pyarrow": (
        "pipeline/write/",
        "pipeline/ledger/",
        "pipeline/passes/",
        "pipeline/staging.py",
        "pipeline/dedup/steps/",
        "pipeline/explain/lookup.py",
        "pipeline/explain/report/",
        "pipeline/library.py",
        "pipeline/read/parquet.py",
    ),
}
"""Library → the beginnings of paths that may import it."""

ANYWHERE = {"numpy"}
"""The arrays that whole blocks are worked on with have no single home."""

IMPORT_NAMES = {
    "apache-beam": "apache_beam",
    "grpcio": "grpc",
    "pyyaml": "yaml",
    "charset-normalizer": "charset_normalizer",
    "prometheus-client": "prometheus_client",
}
"""Distributions that are imported under another name."""

NEVER_IMPORTED = {"lxml_html_clean", "fsspec"}
"""Needed by libraries of ours at run time only."""


@cache
def imported(tree: ast.Module) -> set[str]:
    """The first parts of all names that a module imports, wherever it does."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def foreign(tree: ast.Module) -> set[str]:
    """Those that are neither ours nor Python's."""
    return imported(tree) - sys.stdlib_module_names - {"pipeline"}


def requirements() -> dict[str, str]:
    """The lines of dependencies in pyproject.toml, those of extras too, by name."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    blocks = re.findall(
        r"^(?:dependencies|metrics|cloud) = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL
    )
    lines = [line.strip() for block in blocks for line in block.splitlines() if line.strip()]
    return {re.match(r'"([\w-]+)', line)[1]: line for line in lines}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_libraries_at_home_there(module):
    """A library is known in one place, so that replacing it touches one place."""
    strangers = [
        library
        for library in sorted(foreign(TREES[module]) - ANYWHERE)
        if not module.startswith(HOMES.get(library, ()) or ("?",))
    ]

    assert [] == strangers, f"{module}: these have their home elsewhere, see HOMES: {strangers}"


@pytest.mark.parametrize("name", requirements())
def test_a_dependency_has_a_reason_and_a_use(name):
    """Beside each stands what it is for; what nothing imports is not needed."""
    line = requirements()[name]
    reason = line.partition("#")[2].strip()

    assert len(reason) > 10, f"{name}: say beside it what it is for"
    if name not in NEVER_IMPORTED:
        library = IMPORT_NAMES.get(name, name)
        assert library in {*HOMES, *ANYWHERE}
        assert any(library in imported(tree) for tree in TREES.values()), f"{name} is never used"


def test_every_library_is_declared():
    """What is imported is installed because we say so, not because another needs it."""
    declared = {IMPORT_NAMES.get(name, name) for name in requirements()} | {"pydantic_core"}

    assert set() == set().union(*map(foreign, TREES.values())) - declared


@pytest.mark.parametrize("module", MODULES)
def test_a_module_fits_in_the_head(module):
    """At most 500 lines, and a docstring that says what it is about."""
    lines = len(MODULES[module].splitlines())

    assert lines <= 500, f"{module} has {lines} lines: split it by noun"
    assert ast.get_docstring(TREES[module])


@pytest.mark.parametrize("module", MODULES)
def test_a_function_fits_on_a_screen(module):
    """At most 40 lines, its documentation not counted: that may be as long as it needs."""
    long = [
        f"{node.name} ({length})"
        for node in ast.walk(TREES[module])
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := _code_lines(node)) > 40
    ]

    assert [] == long


def _code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    documentation = 0
    if ast.get_docstring(function) is not None:
        documentation = function.body[0].end_lineno - function.body[0].lineno + 1
    return function.end_lineno - function.lineno + 1 - documentation


def test_no_module_is_named_after_nothing():
    """A name says what is inside: there is no drawer for the rest."""
    names = {part.removesuffix(".py") for module in MODULES for part in module.split("/")}

    assert not names & {"utils", "util", "helpers", "helper", "base", "common", "misc", "core"}


def test_the_homes_are_not_out_of_date():
    """Every place in the table exists."""
    for places in HOMES.values():
        for place in places:
            assert any(module.startswith(place) for module in MODULES), place


def test_the_stages_do_not_know_one_another():
    """read, clean, judge and dedup meet in the passes only; write lies below."""
    stages = ("read", "clean", "judge", "dedup")
    for module, tree in TREES.items():
        stage = module.split("/")[1]
        if stage not in stages:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pipeline."):
                other = node.module.split(".")[1]
                assert other == stage or other not in stages, f"{module} imports {node.module}"


def test_no_committed_text_knows_this_machine():
    """No absolute path of somebody's machine stands in the package."""
    for module, text in MODULES.items():
        assert not re.search(r"[\"'(]/(home|work|tmp|root|Users)/", text), module
