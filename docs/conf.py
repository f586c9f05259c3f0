"""The site of these pages, built by Sphinx: ``make docs``. docs/decisions/0022 says why Sphinx.

The pages stay plain Markdown that also reads well in the repository. So the order of the pages is
here, and links that leave this folder are turned into links within the site.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pipeline.version import VERSION  # noqa: E402 - found through the line above

project = "newsieve"
version = release = VERSION
extensions = ["myst_parser"]
exclude_patterns = ["site", "package.md"]
html_theme = "furo"
html_title = f"newsieve {VERSION}"
html_copy_source = False
html_show_copyright = False
html_extra_path = ["json-schemas.json"]
pygments_style = "friendly"
pygments_dark_style = "monokai"
myst_heading_anchors = 3
myst_links_external_new_tab = False

SECTIONS = {
    "Tutorial": ["tutorial"],
    "How-to": [
        f"how-to/{name}"
        for name in (
            "install",
            "inputs",
            "schedule",
            "monitor",
            "held-runs",
            "investigate",
            "read",
            "incremental",
            "python",
            "remove",
            "compact",
            "backup",
            "object-storage",
        )
    ]
    + ["clusters"],
    "Reference": [
        "cli",
        "settings",
        "output",
        "json",
        "exit-codes",
        "log-and-metrics",
        "glossary",
    ],
    "Explanation": [
        *("algorithm", "security", "scale", "performance"),
        *("results", "measurements", "decisions/README"),
    ],
    "Project": ["contributing", "changelog"],
}
"""Caption in the side bar → its pages."""

OUTSIDE = {"contributing": "CONTRIBUTING.md", "changelog": "CHANGELOG.md"}
"""Page of the site → the file of the repository that it shows."""


def toctrees(page: str) -> str:
    """Give what is appended to *page* so that the side bar has all pages in order."""
    if page == "decisions/README":
        names = sorted(path.stem for path in (ROOT / "docs" / "decisions").glob("0*.md"))
        return tree("", names)
    return "".join(tree(*each) for each in SECTIONS.items()) if page == "index" else ""


def tree(caption: str, pages: list[str]) -> str:
    """Give one hidden toctree."""
    listed = "\n".join(pages)
    heading = f":caption: {caption}\n" if caption else ""
    return f"\n\n```{{toctree}}\n:hidden:\n{heading}\n{listed}\n```\n"


def adapt(_app: Sphinx, page: str, source: list[str]) -> None:
    """Fill in the pages from outside of docs/, and lead links to what the site has."""
    up = "../" * page.count("/")
    if page in OUTSIDE:
        source[0] = (ROOT / OUTSIDE[page]).read_text("utf-8")
        source[0] = source[0].replace("](docs/", "](")
    for name, file in OUTSIDE.items():
        source[0] = source[0].replace(f"](../{up}{file}", f"]({up}{name}.md")
    # Files of the repository that are no pages: their names stay, without a link.
    source[0] = re.sub(rf"\[([^\]]+)\]\(\.\./{up}[^)]*\)", r"\1", source[0])
    source[0] += toctrees(page)


def setup(app: Sphinx) -> None:
    """Register the above."""
    app.connect("source-read", adapt)
