"""newsieve as a library: clean single documents, run the pipeline, open its output.

    import newsieve

    article = newsieve.clean(page, url="https://example.org/a")
    article.title, article.authors, article.date_published, article.language, article.text

    newsieve.run("scraped/", "news/")
    output = newsieve.open_output("news/")
    output.articles.to_table(columns=["title", "site"])

The code is in the package ``pipeline``; this one only re-exports it. Modules are loaded when a
name is first used, so importing newsieve takes milliseconds.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pipeline

if TYPE_CHECKING:
    from pipeline.errors import NewsieveError as NewsieveError
    from pipeline.job import Outcome as Outcome
    from pipeline.library import Output as Output
    from pipeline.library import clean as clean
    from pipeline.library import open_output as open_output
    from pipeline.library import run as run
    from pipeline.records import Article as Article

_HOMES = {
    "clean": "pipeline.library",
    "run": "pipeline.library",
    "open_output": "pipeline.library",
    "Output": "pipeline.library",
    "Article": "pipeline.records",
    "Outcome": "pipeline.job",
    "NewsieveError": "pipeline.errors",
}
"""Name → its module."""

if not hasattr(pipeline, "__version__"):
    place = getattr(pipeline, "__file__", None) or next(iter(pipeline.__path__))
    raise ImportError(
        f"newsieve's code is in a package called pipeline, but Python finds another one first: "
        f"{place}; rename that, or start Python in another folder"
    )

__version__: str = pipeline.__version__
__all__ = [*_HOMES, "__version__"]  # noqa: PLE0604 - names of the table


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'newsieve' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
