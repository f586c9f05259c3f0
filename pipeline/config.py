"""Every setting, its default, its unit and its limits: one typed, frozen object.

The docstring under a setting is its documentation: error messages, ``newsieve check``
and ``configs/default.yaml`` all show it. ``config_file`` reads it from YAML and flags.
"""

from __future__ import annotations

from typing import Annotated, Literal

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
FieldName = Literal["text", "html", "id", "url", "title", "authors", "date_published", "fetched_at"]
LanguageTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?$")]


def _listed(value: object) -> object:
    """Take a single text for a list of one."""
    return [value] if isinstance(value, str) else value


class Section(BaseModel):
    """Settings that belong together; unknown names are refused, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @field_validator("*", mode="before")
    @classmethod
    def no_switch(cls, value: object) -> object:
        """Refuse true and false, which would pass for 1 and 0: no setting is a switch."""
        if isinstance(value, bool):
            raise ValueError(f"{str(value).lower()} is neither a number nor a name")  # noqa: TRY004
        return value


class InputConfig(Section):
    """Which files are read, and how their records are understood."""

    paths: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ("raw/",)
    """Folders, files or globs to read; a folder means every supported file below it."""
    fields: dict[str, FieldName] = Field(default_factory=dict)
    """The name of a field in your records, and what newsieve calls it: {body: text}."""
    max_bytes: int = Field(default=20_000_000, ge=1)
    """Bytes a record may have; a larger one is rejected as too_large."""
    min_age_s: float = Field(default=0, ge=0)
    """Seconds since its last change that a file must have; a younger one waits for the next run."""


class CleanConfig(Section):
    """How the article is taken out of a document."""

    mode: Literal["careful", "default", "thorough"] = "default"
    """How readily a doubtful line is cut: careful keeps more, thorough cuts more."""


class JudgeConfig(Section):
    """What is said about an article, and which are wanted; filters are off by default."""

    language_min_chars: int = Field(default=50, ge=0)
    """Letters a text must have for its language to be told; null below."""
    language_min_score: Fraction = 0.8
    """Confidence from which a language is named; null below."""
    languages: Annotated[tuple[LanguageTag, ...], BeforeValidator(_listed)] = ()
    """Languages to keep, as BCP-47 tags; empty keeps all, and unknown ones too."""
    min_words: int = Field(default=0, ge=0)
    """Words an article must have; 0 keeps all that have a body."""


class DedupConfig(Section):
    """Which articles count as copies of one another."""

    shingle_words: int = Field(default=4, ge=1, le=20)
    """Consecutive words in a shingle (in scripts without spaces, characters count as words)."""
    min_shingles: int = Field(default=10, ge=1)
    """Distinct shingles a text must have to be compared; below, only exact copies are found."""
    permutations: int = Field(default=192, ge=8, le=1024)
    """Values in a MinHash signature."""
    bands: int = Field(default=64, ge=1, le=512)
    """Bands of a signature; must divide permutations. Texts that share one are compared."""
    similarity: Fraction = 0.5
    """Jaccard similarity of the shingles from which texts count as one when rarity is counted."""
    containment: Fraction = 0.7
    """Share of the shorter text's shingles found in the longer from which the same holds."""
    confidence: Fraction = 0.67
    """Probability, by the evidence of a pair, from which one text is a copy of the other."""
    seed: int = Field(default=1, ge=0, le=2**32 - 1)
    """Seed of the MinHash permutations."""

    @model_validator(mode="after")
    def bands_divide_permutations(self) -> DedupConfig:
        """A band is a whole number of signature values."""
        if self.permutations % self.bands:
            divisors = [n for n in range(1, self.permutations + 1) if self.permutations % n == 0]
            near = sorted(sorted(divisors, key=lambda n: abs(n - self.bands))[:2])
            raise ValueError(
                f"bands = {self.bands} does not divide permutations = {self.permutations}; "
                f"nearest that do: {', '.join(map(str, near))}"
            )
        return self


class WriteConfig(Section):
    """How the result is laid out."""

    output: str = "output/"
    """Folder that collects the runs."""
    row_group_rows: int = Field(default=10_000, ge=1)
    """Rows in a Parquet row group."""


class RunConfig(Section):
    """How the work is done; no row of the tables depends on it."""

    workers: Annotated[int, Field(ge=1, le=256)] | Literal["auto"] = "auto"
    """Worker processes; auto takes one for little input and one a core for much."""
    block_bytes: int = Field(default=16_000_000, ge=1_000)
    """Input bytes that one unit of work reads, and one file of the result comes from."""
    metrics_file: str = ""
    """File for Prometheus, ending in .prom, written anew at the end of each run; empty: none."""

    @field_validator("metrics_file")
    @classmethod
    def metrics_file_is_collected(cls, value: str) -> str:
        """The textfile collector reads no other names."""
        if value and not value.endswith(".prom"):
            raise ValueError(f"{value!r} should end in .prom: Prometheus reads no other files")
        return value


class Config(Section):
    """The whole configuration of a run."""

    input: InputConfig = InputConfig()
    clean: CleanConfig = CleanConfig()
    judge: JudgeConfig = JudgeConfig()
    dedup: DedupConfig = DedupConfig()
    write: WriteConfig = WriteConfig()
    run: RunConfig = RunConfig()
