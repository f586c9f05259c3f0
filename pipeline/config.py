"""Every setting, with its default, unit and limits, as one typed, frozen object: ``Config``.

The docstring under a setting is its documentation: error messages, ``newsieve check`` and
``configs/default.yaml`` show it. ``config_file`` reads settings from YAML and flags.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

Fraction = Annotated[float, Field(ge=0, le=1)]
FieldName = Literal[
    "text", "html", "id", "url", "site", "title", "authors", "date_published", "fetched_at"
]
LanguageTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?$")]


LANGUAGES = (
    "af ar as az ba be bg bn ca ckb cs cv cy da de el en es et fa fi fo fr fy gl gu ha he hi hr hu "
    "hy id is it ja ka kk km kmr kn ko ky la lb lo lt lv mk ml mn mr ms mt my nb ne nl nn no oc os "
    "pa pl ps pt ro ru sd si sk sl so sq sr sr-Latn sv sw ta te tg th tk tl tr tt ug uk ur uz vi "
    "yi yo zh zh-Hans zh-Hant"
).split()
"""Languages that are detected, as BCP-47 tags; no means nb and nn, zh both scripts."""


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Section(BaseModel):
    """A group of settings; unknown names are rejected, values are immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @field_validator("*", mode="before")
    @classmethod
    def no_switch(cls, value: object) -> object:
        """Reject true and false, which would pass for 1 and 0: no setting is a switch."""
        if isinstance(value, bool):
            raise ValueError(f"{str(value).lower()} is neither a number nor a name")  # noqa: TRY004
        return value


class InputConfig(Section):
    """Which files are read, and how their records are understood."""

    paths: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ("raw/",)
    """Folders, files or globs to read; a folder means every supported file below it."""
    fields: dict[str, FieldName] = Field(default_factory=dict)
    """Names of fields in your records, and what newsieve calls them: {body: text}."""
    site: str = ""
    """Site of documents without a url: from_path (a folder's name), or {site}/**, or */{site}-*."""
    max_bytes: int = Field(default=20_000_000, ge=1)
    """Maximum size of a record in bytes; a larger one is rejected as too_large."""
    follow_links: Literal["inside", "anywhere"] = "inside"
    """Which links to files are read: inside (to files of the same input) or anywhere (all)."""
    min_age_s: float = Field(default=0, ge=0)
    """Minimum seconds since a file was modified; a newer file is left to the next run."""
    max_attempts: int = Field(default=3, ge=1)
    """Maximum runs that try a file that cannot be read; a damaged archive is read only once."""
    remember_days: int = Field(default=0, ge=0)
    """Days for which read files are remembered; after that they are read as new. 0: forever."""

    @field_validator("site")
    @classmethod
    def site_is_in_pattern(cls, value: str) -> str:
        """Require {site} exactly once in a pattern."""
        if value and value != "from_path" and value.count("{site}") != 1:
            raise ValueError(f"{value!r} should be from_path, or a path with {{site}} once")
        return value


class CleanConfig(Section):
    """How the article is extracted from a document."""

    mode: Literal["careful", "default", "thorough"] = "default"
    """How readily a doubtful line is cut: careful keeps more, thorough cuts more."""
    site_pages: int = Field(default=6, ge=0)
    """Short lines on this many pages of a site are cut as site_repetition (run only); 0: never."""


class JudgeConfig(Section):
    """Language detection, and which articles to keep; filters are off by default."""

    language_min_chars: int = Field(default=50, ge=0)
    """Minimum letters for language detection; the language of a shorter text is null."""
    language_min_score: Fraction = 0.8
    """Minimum confidence of a detected language; below it, the language is null."""
    languages: Annotated[tuple[LanguageTag, ...], BeforeValidator(_listed)] = ()
    """Languages to keep, as BCP-47 tags; empty: all, including unknown ones."""
    min_words: int = Field(default=0, ge=0)
    """Minimum words in an article; 0: any article that has a body."""

    @field_validator("languages")
    @classmethod
    def languages_are_detected(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        """Reject tags that are never detected: they would reject every article."""
        unknown = [tag for tag in tags if tag not in LANGUAGES]
        if unknown:
            raise ValueError(
                f"{unknown[0]!r} is not a language that is detected; known: {' '.join(LANGUAGES)}"
            )
        return tags


class DedupConfig(Section):
    """Which articles count as copies of one another."""

    shingle_words: int = Field(default=4, ge=1, le=20)
    """Consecutive words in a shingle (in scripts without spaces, characters count as words)."""
    min_shingles: int = Field(default=10, ge=1)
    """Minimum distinct shingles; of a shorter text, only exact copies are found."""
    permutations: int = Field(default=192, ge=8, le=1024)
    """Values in a MinHash signature."""
    bands: int = Field(default=64, ge=1, le=512)
    """Bands of a signature; must divide permutations. Texts that share one are compared."""
    similarity: Fraction = 0.5
    """Minimum Jaccard similarity for texts to count as one when rarity is counted."""
    containment: Fraction = 0.7
    """Minimum containment of the shorter text in the longer for both to count as one for rarity."""
    confidence: Fraction = 0.5
    """Minimum probability, by the pair model, at which a text is removed as a duplicate."""
    seed: int = Field(default=1, ge=0, le=2**32 - 1)
    """Seed of the MinHash permutations."""
    window_days: int = Field(default=30, ge=0)
    """Compare new articles with those of runs up to this many days before or after; 0: none."""
    alarm_cluster_size: int = Field(default=1_000, ge=0)
    """After each run, report clusters with more articles and duplicates than this; 0: never."""

    @model_validator(mode="after")
    def bands_divide_permutations(self) -> DedupConfig:
        """Require a whole number of signature values per band."""
        if self.permutations % self.bands:
            divisors = [n for n in range(1, self.permutations + 1) if self.permutations % n == 0]
            near = sorted(sorted(divisors, key=lambda n: abs(n - self.bands))[:2])
            raise ValueError(
                f"bands = {self.bands} does not divide permutations = {self.permutations}; "
                f"nearest that do: {', '.join(map(str, near))}"
            )
        return self


class GatesConfig(Section):
    """Limits of a finished run; beyond one, it is held until somebody publishes or discards it.

    New records: those read, minus the unchanged. Defaults: docs/decisions/0014.
    """

    min_records: int = Field(default=1_000, ge=1)
    """Minimum records for a share or ratio gate to apply, and for a run to be in its baseline."""
    baseline_runs: int = Field(default=30, ge=1)
    """Recent runs to compare with; the baseline is the median of those with enough records."""
    min_runs: int = Field(default=7, ge=1)
    """Minimum runs in the baseline; with fewer, the _rise and _ratio gates are skipped."""

    min_articles: int = Field(default=0, ge=0)
    """Minimum articles in a run; 0: no limit."""
    max_articles: int = Field(default=0, ge=0)
    """Maximum articles in a run; 0: no limit."""
    max_reject_share: Fraction = 1
    """Maximum rejects, as a share of new records; 1: no limit."""
    max_error_share: Fraction = 1
    """Maximum rejects that are errors, as a share of new records; 1: no limit."""
    max_duplicate_share: Fraction = 1
    """Maximum duplicates, as a share of new records; 1: no limit."""
    max_undated_share: Fraction = 1
    """Maximum articles without a date of publication, as a share of all articles; 1: no limit."""
    max_cluster_size: int = Field(default=0, ge=0)
    """Maximum articles and duplicates of the run in its largest cluster; 0: no limit."""

    min_articles_ratio: Fraction = 0
    """Minimum articles in a run, as a multiple of the baseline; 0: no limit."""
    max_articles_ratio: float = Field(default=0, ge=0, allow_inf_nan=False)
    """Maximum articles in a run, as a multiple of the baseline; 0: no limit."""
    min_read_ratio: Fraction = 0.01
    """Minimum records read, as a multiple of the fewest in a run of the baseline; 0: no limit."""
    max_reject_share_rise: Fraction = 0.3
    """Maximum rise of the share of rejects over the baseline (0.1: 20 to 30 %); 1: no limit."""
    max_error_share_rise: Fraction = 0.1
    """Maximum rise of the share of errors over the baseline; 1: no limit."""
    max_duplicate_share_rise: Fraction = 0.5
    """Maximum rise of the share of duplicates over the baseline; 1: no limit."""
    max_undated_share_rise: Fraction = 0.5
    """Maximum rise of the share of undated articles over the baseline; 1: no limit."""
    max_cluster_size_ratio: float = Field(default=0, ge=0, allow_inf_nan=False)
    """Maximum size of the largest cluster, as a multiple of the baseline; 0: no limit."""

    @model_validator(mode="after")
    def limits_leave_room(self) -> GatesConfig:
        """Reject pairs of settings that would hold every run, or never apply."""
        if self.min_runs > self.baseline_runs:
            raise ValueError(
                f"min_runs = {self.min_runs} is more than baseline_runs = {self.baseline_runs}; "
                "no rise or ratio would ever be judged"
            )
        for name in ("articles", "articles_ratio"):
            low, high = f"min_{name}", f"max_{name}"
            least, most = getattr(self, low), getattr(self, high)
            if most and least > most:
                raise ValueError(f"{low} = {least} is more than {high} = {most}; no run would pass")
        return self


class WriteConfig(Section):
    """How the result is laid out."""

    output: str = "output/"
    """Folder that collects the runs."""
    row_group_rows: int = Field(default=10_000, ge=1)
    """Rows in a Parquet row group."""


class RunConfig(Section):
    """How the work is done; does not change the tables unless a document exceeds a limit."""

    workers: Annotated[int, Field(ge=1, le=256)] | Literal["auto"] = "auto"
    """Worker processes; auto: one for little input, else one per core if memory allows."""
    block_bytes: int = Field(default=16_000_000, ge=1_000)
    """Target input bytes per block, the unit of work; each block becomes one file per table."""
    document_seconds: float = Field(default=30, ge=0, le=86_400)
    """Maximum CPU seconds to clean and judge a document, else it is too_slow; 0: no limit."""
    document_megabytes: int = Field(default=2_000, ge=0, le=1_000_000)
    """Maximum memory in MB per document (Linux), else it is too_large_in_memory; 0: no limit."""
    metrics_file: str = ""
    """File for Prometheus, ending in .prom, written at the end of each run; empty: none."""
    beam: dict[str, Any] = Field(default_factory=dict)
    """Options of Apache Beam, such as {runner: FlinkRunner}; flags after -- are added."""

    @field_validator("beam")
    @classmethod
    def beam_options_are_plain(cls, options: dict[str, Any]) -> dict[str, Any]:
        """Require a switch (true), a word, a number, or a list of words and numbers."""
        for name, value in options.items():
            for each in value if isinstance(value, list) else [value]:
                if not isinstance(each, bool | int | float | str):
                    raise ValueError(  # noqa: TRY004 - pydantic reports no TypeError
                        f"{name} = {value!r} should be true, a word, a number, or a list of these"
                    )
        return options

    @field_validator("metrics_file")
    @classmethod
    def metrics_file_is_collected(cls, value: str) -> str:
        """Require .prom: the textfile collector reads no other files."""
        if value and not value.endswith(".prom"):
            raise ValueError(f"{value!r} should end in .prom: Prometheus reads no other files")
        return value


class Config(Section):
    """The whole configuration of a run."""

    input: InputConfig = InputConfig()
    clean: CleanConfig = CleanConfig()
    judge: JudgeConfig = JudgeConfig()
    dedup: DedupConfig = DedupConfig()
    gates: GatesConfig = GatesConfig()
    write: WriteConfig = WriteConfig()
    run: RunConfig = RunConfig()
