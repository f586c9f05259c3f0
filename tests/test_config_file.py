"""Configuration files and --set flags → a Config, or every problem at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import strategies
import yaml
from hypothesis import given
from hypothesis import strategies as st
from reference import default_config

from pipeline.config import Config, DedupConfig
from pipeline.config_file import commented_yaml, find_config, load_config, settings
from pipeline.errors import ConfigError, UsageError

ROOT = Path(__file__).parents[1]


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a configuration file and name it; the current folder has none."""
    monkeypatch.chdir(tmp_path)

    def written(content: str | bytes) -> Path:
        path = Path("my.yaml")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def problems(path: Path | None, *overrides: str) -> str:
    """What load_config has to say against this configuration."""
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides)
    return str(caught.value)


# --- levels ---


@pytest.mark.usefixtures("write")
def test_without_a_file_the_defaults_hold():
    """No file, no flags: the built-in defaults."""
    assert Config() == load_config(None)


@pytest.mark.usefixtures("write")
def test_the_default_file_is_read_when_none_is_named(tmp_path):
    """newsieve.yaml of the current folder goes before configs/default.yaml."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/default.yaml").write_text("clean: {mode: careful}")
    assert Path("configs/default.yaml") == find_config()

    (tmp_path / "newsieve.yaml").write_text("run: {workers: 2}")
    assert Path("newsieve.yaml") == find_config()


@pytest.mark.usefixtures("write")
@pytest.mark.parametrize(
    ("content", "ours"),
    [
        ("model: {layers: 4}\ntrainer: {epochs: 3}", False),
        ("defaults: [base]\nhydra: {}", False),
        ("inputs: {paths: [a]}", True),
        ("clean: {mood: careful}", True),
        ("# nothing yet", True),
        ("a: [", True),
    ],
)
def test_a_default_file_of_another_project_is_left_alone(tmp_path, caplog, content, ours):
    """Without a section of ours, or a name like one, it is not read, and that is said."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/default.yaml").write_text(content)

    assert (Path("configs/default.yaml") if ours else None) == find_config()
    assert ours != ("it has no newsieve sections" in caplog.text)


def test_flags_go_over_the_file_and_later_flags_over_earlier_ones(write):
    """Default, then file, then flags from left to right: the last to speak wins."""
    path = write("clean: {mode: careful}\ndedup: {seed: 5}\n")
    config = load_config(path, ["clean.mode=default", "clean.mode=thorough", "judge.min_words=3"])

    assert "thorough" == config.clean.mode
    assert 5 == config.dedup.seed
    assert 3 == config.judge.min_words
    assert DedupConfig(seed=5) == config.dedup


@pytest.mark.parametrize("content", ["", "# nothing but a comment\n", "---\n", "~\n", "{}"])
def test_an_empty_file_changes_nothing(write, content):
    """A file without settings gives the defaults."""
    assert Config() == load_config(write(content))


@pytest.mark.parametrize(
    ("override", "section", "setting", "value"),
    [
        ("judge.languages=[en, de]", "judge", "languages", ("en", "de")),
        ("judge.languages=en", "judge", "languages", ("en",)),
        ("judge.languages=[]", "judge", "languages", ()),
        ("input.fields={body: text, head: title}", "input", "fields",
         {"body": "text", "head": "title"}),
        ("input.fields.body=text", "input", "fields", {"body": "text"}),
        ("input.paths=a=b/*.txt", "input", "paths", ("a=b/*.txt",)),
        ("input.paths=['x: y']", "input", "paths", ("x: y",)),
        (" clean.mode = careful ", "clean", "mode", "careful"),
        ("run.workers=7", "run", "workers", 7),
        ("dedup.similarity=1", "dedup", "similarity", 1.0),
        ("dedup={seed: 4}", "dedup", "seed", 4),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("write")
def test_the_value_of_a_flag_is_yaml(override, section, setting, value):
    """Lists, tables, numbers and text are written after --set as they are in the file."""
    assert value == getattr(getattr(load_config(None, [override]), section), setting)


# --- problems ---


def test_all_problems_come_at_once_each_with_its_place(write):
    """Every problem is named, in the order of the file, by line, value, rule and purpose."""
    path = write(
        "input:\n"
        "  max_byte: 3\n"
        "  min_age_s: -1\n"
        "claen: {mode: careful}\n"
        "clean:\n"
        "  mode: brutal\n"
        "dedup: {bands: 7}\n"
        "run: {workers: 0}\n"
    )
    message = problems(path, "judge.min_wrods=3", "judge.min_words=many")

    assert message.startswith("my.yaml: 8 problems\n\n")
    expected = [
        (
            "--set judge.min_words\n    judge.min_words = 'many': should be a whole number\n"
            "    Minimum words in an article; 0: any article that has a body. (default 0)"
        ),
        (
            "--set judge.min_wrods\n    judge.min_wrods: no such setting; "
            "did you mean judge.min_words?"
        ),
        "my.yaml:2\n    input.max_byte: no such setting; did you mean input.max_bytes?",
        "my.yaml:3\n    input.min_age_s = -1: should be greater than or equal to 0\n    Minimum",
        "my.yaml:4\n    claen: no such setting; the sections are: input, clean, judge",
        "my.yaml:6\n    clean.mode = 'brutal': should be 'careful', 'default' or 'thorough'",
        "my.yaml:7\n    dedup: bands = 7 does not divide permutations = 192; nearest that do: 6, 8",
        "my.yaml:8\n    run.workers = 0: should be a whole number from 1 to 256, or auto",
    ]
    places = [message.find(text) for text in expected]
    assert -1 not in places, expected[places.index(-1)]
    assert places == sorted(places)


def test_one_problem_is_not_plural(write):
    """A single problem is called one."""
    assert "my.yaml: 1 problem\n" in problems(write("clean: {mode: x}"))


def test_an_unknown_name_that_resembles_none_lists_its_siblings(write):
    """Without a likely meaning, the settings of the section are listed."""
    message = problems(write("clean: {zzz: 1}"))

    assert "clean.zzz: no such setting; clean has: mode" in message


@pytest.mark.usefixtures("write")
def test_a_setting_without_its_section_lists_the_sections():
    """A bare name says which sections there are."""
    assert "the sections are: input, clean, judge, dedup, gates, write, run" in problems(
        None, "xyz=1"
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("clean: 3", "clean = 3: should be a section of settings"),
        ("clean: [mode]", "should be a section of settings"),
        ("input: {fields: [a]}", "input.fields = ['a']: should be a table of names and values"),
        ("input: {fields: {body: txt}}", "should be 'text', 'html'"),
        ("input: {paths: 3}", "input.paths = 3: should be a list"),
        ("input: {paths: [3]}", "input.paths = 3: should be text"),
        ("input: {max_bytes: 1.5}", "input.max_bytes = 1.5: should be a whole number"),
        ("input: {max_bytes: lots}", "should be a whole number"),
        ("dedup: {similarity: most}", "dedup.similarity = 'most': should be a number"),
        ("dedup: {similarity: 1.01}", "should be less than or equal to 1"),
        ("dedup: {similarity: .nan}", "dedup.similarity = nan"),
        ("judge: {languages: [english]}", "judge.languages = 'english'"),
        (
            "gates: {min_runs: 9, baseline_runs: 8}",
            "gates: min_runs = 9 is more than baseline_runs",
        ),
        ("gates: {min_articles: 9, max_articles: 8}", "gates: min_articles = 9 is more than max_"),
        (
            "gates: {min_articles_ratio: 0.9, max_articles_ratio: 0.8}",
            "gates: min_articles_ratio = 0.9 is more than max_articles_ratio = 0.8; no run would",
        ),
        ("gates: {max_cluster_size_ratio: .inf}", "gates.max_cluster_size_ratio = inf"),
        ("run: {workers: 257}", "should be a whole number from 1 to 256, or auto"),
        ("write: {output: 3}", "write.output = 3: should be text"),
        ("1: 2", "1 = 1: Keys should be strings"),
        ("~: 2", "Keys should be strings"),
    ],
)
def test_a_wrong_value_is_told_in_our_words(write, content, told):
    """Wrong types and values outside their limits name the setting, the value and the rule."""
    message = problems(write(content))

    assert told in message
    assert "pydantic" not in message


@pytest.mark.parametrize(
    ("permutations", "bands", "near"),
    [(192, 7, "6, 8"), (192, 65, "48, 64"), (8, 9, "4, 8"), (101, 50, "1, 101")],
)
def test_bands_must_divide_permutations(write, permutations, bands, near):
    """The message names the divisors on hand, all of which are accepted."""
    content = "dedup: {{permutations: {}, bands: {}}}"

    assert f"nearest that do: {near}" in problems(write(content.format(permutations, bands)))
    for divisor in near.split(", "):
        load_config(write(content.format(permutations, divisor)))


def test_bands_of_a_flag_are_blamed_on_the_flag(write):
    """When --set made bands wrong, the message names the flag, not a line of the file."""
    path = write("dedup:\n  seed: 1\n")

    assert "--set dedup.bands\n" in problems(path, "dedup.bands=7")


BOMB = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
"""Twelve lines that stand for 31 billion values."""


@pytest.mark.parametrize("name", ["Clean.mode", "a.b.c", "clean.mode.x"])
def test_a_flag_is_named_even_if_no_part_of_it_exists(write, name):
    """A path too long, or in a section that does not exist, is blamed on its flag."""
    assert f"  --set {name}\n" in problems(write("clean: {mode: careful}"), f"{name}=careful")


@pytest.mark.parametrize("override", ["input.max_bytes=true", "judge.min_words=yes"])
@pytest.mark.usefixtures("write")
def test_true_is_no_number(override):
    """A setting that counts refuses true and false."""
    problems(None, override)


@pytest.mark.parametrize(
    "content", ["clean: {mode: careful}\nclean: {mode: thorough}\n", "dedup: {seed: 1, seed: 2}"]
)
def test_a_setting_that_stands_twice_is_a_problem(write, content):
    """Which of two lines holds is not guessed."""
    problems(write(content))


# --- files that are no configuration ---


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("- 1\n", "my.yaml:1: expected sections such as 'input:', found [1]"),
        ("hello", "my.yaml:1: expected sections such as 'input:', found 'hello'"),
        ("!!set {a}", "my.yaml:1: expected sections"),
        ("clean:\n  mode: [a\n", "my.yaml:3: not valid YAML: "),
        ("a: b: c", "my.yaml:1: not valid YAML: mapping values are not allowed here"),
        ("a: 1\n--- \nb: 2", "my.yaml:2: not valid YAML: but found another document"),
        ("? [a]\n: 1", "my.yaml:1: not valid YAML: found unhashable key"),
        ("x: 2001-99-99", "my.yaml: not valid YAML: month must be in 1..12"),
        ("a: \x00", "my.yaml: not valid YAML: "),
        ("!!python/object:os.system {}", "my.yaml:1: not valid YAML: could not determine"),
        ("[" * 1_000, "my.yaml: not valid YAML: "),
        ("a: &a\n  b: *a", "my.yaml: not valid YAML: aliases (*name) expand to too much, or to"),
        (BOMB, "my.yaml: not valid YAML: aliases (*name) expand to too much, or to themselves"),
    ],
)
def test_what_is_no_yaml_mapping_is_refused_with_its_line(write, content, told):
    """Broken YAML, other YAML than sections, and YAML that names code say so, and where."""
    assert problems(write(content)).startswith(told)


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "No such file or directory"), (b"clean: {mode: \xff}", "it is not UTF-8 text")],
)
def test_a_file_that_cannot_be_read_is_refused(write, content, told):
    """A missing file and one in another encoding are wrong usage, with the reason."""
    path = Path("absent.yaml") if content is None else write(content)
    with pytest.raises(UsageError) as caught:
        load_config(path)

    assert f"{path}: cannot read the configuration: {told}" == str(caught.value)


@pytest.mark.usefixtures("write")
def test_a_folder_is_no_configuration(tmp_path):
    """Naming a folder is wrong usage."""
    with pytest.raises(UsageError, match="cannot read the configuration: Is a directory"):
        load_config(tmp_path)


@pytest.mark.parametrize("override", ["clean.mode", "", "=", "=careful", "  =x"])
@pytest.mark.usefixtures("write")
def test_an_override_without_name_or_equals_is_refused(override):
    """--set wants section.setting=value, and shows one."""
    with pytest.raises(UsageError) as caught:
        load_config(None, [override])

    expected = f"--set {override}: expected section.setting=value, e.g. clean.mode=careful"
    assert expected == str(caught.value)


NASTY = [
    'a: !!int ""',
    "a: !!bool perhaps",
    "a: !!timestamp soon",
    "&all {clean: *all}",
]


@pytest.mark.parametrize("content", NASTY)
def test_yaml_that_trips_the_parser_is_refused_like_any_other(write, content):
    """Values that contradict their tag, and mappings that hold themselves, are no YAML for us."""
    problems(write(content))


@pytest.mark.parametrize("value", ["2001-99-99", "0b_", "!!bool perhaps", "[" * 1_000])
@pytest.mark.usefixtures("write")
def test_an_override_that_trips_the_parser_is_a_problem(value):
    """A value that looks like a date or a number and is none is refused as the text it is."""
    assert "--set clean.mode\n" in problems(None, f"clean.mode={value}")


@given(strategies.YAML_VALUES.map(yaml.safe_dump) | strategies.YAML_FRAGMENTS | st.text())
def test_any_text_is_a_configuration_or_wrong_usage(tmp_path_factory, text):
    """Whatever a file holds, the answer is a Config or a message for the user."""
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        config = load_config(path)
    except UsageError as error:
        told = str(error)
    else:
        told = str(path) * isinstance(config, Config)
    assert told.startswith(str(path))


@given(
    st.sampled_from([*settings(), "input", "input.fields.x", "a", "a.b.c", ".", "..x"]),
    strategies.YAML_VALUES.map(lambda value: yaml.safe_dump(value, default_flow_style=True)),
)
def test_any_override_is_a_configuration_or_wrong_usage(tmp_path_factory, name, value):
    """Whatever a flag assigns, the answer is a Config or a message for the user."""
    path = tmp_path_factory.getbasetemp() / "empty.yaml"
    path.touch()
    try:
        config = load_config(path, [f"{name}={value}"])
    except UsageError as error:
        told = str(error)
    else:
        told = name * isinstance(config, Config)
    assert name.split(".")[0] in told


# --- what the settings say about themselves ---

UNITS = {
    "_s": "second", "_bytes": "bytes", "_words": "words", "_chars": "letters",
    "_rows": "rows", "_shingles": "shingles",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "info"), [pytest.param(*each, id=each[0]) for each in settings().items()]
)
def test_every_setting_is_documented_with_its_unit(name, info):
    """A setting's documentation is a sentence that names the unit its name ends in."""
    documentation = info.description

    assert documentation, f"{name}: write a docstring below it in pipeline/config.py"
    assert re.fullmatch(r"[A-Z].*\.", documentation), documentation
    assert "\n" not in documentation
    for ending, unit in UNITS.items():
        if name.endswith(ending):
            assert unit in documentation.lower(), f"{name}: {documentation}"


def test_the_printed_defaults_load_back(write):
    """What check prints is itself a configuration file."""
    assert Config() == load_config(write(commented_yaml(Config())))


@pytest.mark.slow
@given(strategies.configs())
def test_any_printed_configuration_loads_back(tmp_path_factory, config):
    """Whatever names and paths it holds, a printed configuration loads to the same."""
    path = tmp_path_factory.getbasetemp() / "printed.yaml"
    path.write_text(commented_yaml(config), encoding="utf-8", newline="")

    assert config == load_config(path)


def test_the_default_file_is_what_the_code_says():
    """configs/default.yaml holds every setting with its default, as the code has them."""
    written = (ROOT / "configs/default.yaml").read_text(encoding="utf-8")

    assert default_config() == written, "configs/default.yaml is out of date: run `make defaults`"
    assert Config() == load_config(ROOT / "configs/default.yaml")
