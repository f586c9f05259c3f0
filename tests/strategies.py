"""Hypothesis strategies for the nouns, and for what a configuration file may hold."""

from __future__ import annotations

from datetime import datetime, timezone

from factories import article, document
from hypothesis import settings
from hypothesis import strategies as st

from pipeline.config import CleanConfig, Config, InputConfig, JudgeConfig, RunConfig, WriteConfig
from pipeline.records import Article, Evidence, Removed, Timestamp

# No deadline: a busy machine is no defect. Fewer examples than usual: each run tries others.
settings.register_profile("newsieve", deadline=None, max_examples=40)
settings.load_profile("newsieve")

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NAMES = st.sampled_from(["title", "byline", "menu", "dateline", "Ann Vole", "字"])
SPANS = st.tuples(st.integers(0, 50), st.integers(0, 50)).map(sorted)

TIMESTAMPS = st.builds(
    Timestamp,
    st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(timezone.utc)),  # noqa: DTZ001
    st.none() | st.integers(-720, 840),
    st.sampled_from(["second", "minute", "day"]),
)
REMOVED = st.builds(lambda span, rule: Removed(*span, rule), SPANS, NAMES)
EVIDENCE = st.builds(
    lambda field, value, source, span: Evidence(field, value, source, *span),
    NAMES,
    TEXTS,
    NAMES,
    st.just((None, None)) | SPANS,
)


def articles() -> st.SearchStrategy[Article]:
    """Draw articles with every column filled or unknown."""
    optional = {name: st.none() | TEXTS for name in ("title", "url", "site", "dateline", "section")}
    lists = {
        name: st.lists(NAMES, max_size=3).map(tuple)
        for name in ("authors", "contributors", "keywords", "flags")
    }
    times = {
        name: st.none() | TIMESTAMPS for name in ("date_published", "date_modified", "fetched_at")
    }
    return st.builds(
        article,
        TEXTS,
        found=st.builds(document, TEXTS, media_type=st.sampled_from(["text/plain", "text/html"])),
        removed=st.lists(REMOVED, max_size=3).map(tuple),
        evidence=st.lists(EVIDENCE, max_size=3).map(tuple),
        language=st.sampled_from([None, "en", "zh-Hans"]),
        language_score=st.none() | st.floats(0, 1, width=32),
        **optional,
        **lists,
        **times,
    )


def configs() -> st.SearchStrategy[Config]:
    """Draw configurations, with odd but allowed texts in them."""
    return st.builds(
        Config,
        input=st.builds(
            InputConfig,
            paths=st.lists(TEXTS, max_size=3).map(tuple),
            fields=st.dictionaries(TEXTS, st.sampled_from(["text", "html", "id"]), max_size=3),
            max_bytes=st.integers(1, 10**12),
            min_age_s=st.floats(0, 1e9),
        ),
        clean=st.builds(CleanConfig, mode=st.sampled_from(["careful", "default", "thorough"])),
        judge=st.builds(
            JudgeConfig, languages=st.lists(st.sampled_from(["no", "zh-Hans"])).map(tuple)
        ),
        write=st.builds(WriteConfig, output=TEXTS),
        run=st.builds(RunConfig, workers=st.just("auto") | st.integers(1, 256)),
    )


YAML_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
YAML_FRAGMENTS = st.lists(
    st.sampled_from(
        ["input:", "clean:", "mode:", "paths:", "dedup:", " bands: 7", "\n", "\n  ", " ", "- ", "[",
         "]", "{", "}", "'", '"', "|", ">", "#", "?", ":", ",", "0b_", "2001-99-99", "12:60",
         ".inf", "~", "---", "...", "<<:", "=", "\t", "%YAML 1.1", "\\ud800", "\x00", "é"]
    ),
    max_size=14,
).map("".join)  # fmt: skip
"""Pieces of YAML in any order: mostly broken, sometimes a mapping."""
