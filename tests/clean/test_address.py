"""What the address of a page says, and what it only seems to say."""

from __future__ import annotations

import pytest

from pipeline.clean.address import day_of_url, possible_days, said_by_url, words_of_url


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("2024/02/28/rope", "2024-02-28"),
        ("2024-2-8-rope", "2024-02-08"),
        ("world/2024/feb/28/rope", "2024-02-28"),
        ("blog/2024/February/8/rope", "2024-02-08"),
        ("news/20240228/rope", "2024-02-28"),
        ("20240228-rope", "2024-02-28"),
        ("blog/2024-02-28-rope", "2024-02-28"),
        ("28-02-2024-rope", "2024-02-28"),
        ("2024/02/rope", None),
        ("2024/02/30/rope", None),
        ("2024/rope/28/rope", None),
        ("12024/02/28/rope", None),
        ("1970/01/01/rope", None),
        ("https://example.org/20240228/rope", "2024-02-28"),
        ("web/20190101/https://example.org/rope", None),
        ("web/20190101120000/https://example.org/2024/02/28/rope", "2024-02-28"),
        ("events/2024/02/28/rope", None),
        ("archive/1945/05/08/rope", None),
        ("2099/02/28/rope", None),
        ("business-20111215", None),
        ("world-us-canada-20111215", None),
        ("article/20241102", None),
        ("article-20241102.html", "2024-11-02"),
        ("Artikel_20241102", "2024-11-02"),
        ("news-25112024", "2024-11-25"),
        ("news-11252024", "2024-11-25"),
        ("news-02112024", None),
        ("news-20241102345", None),
        ("25112024-corde", "2024-11-25"),
        ("02112024-corde", None),
        ("id25112024-corde", None),
        ("2024.11.02/seil", "2024-11-02"),
        ("2024_11_02_seil", "2024-11-02"),
        ("02-11-2024/cuerda", None),
        ("11-11-2024/cuerda", "2024-11-11"),
        ("13-11-2024/cuerda", "2024-11-13"),
        ("11-13-2024/cuerda", "2024-11-13"),
        ("13-14-2024/cuerda", None),
        ("seil-25.11.2024.html", "2024-11-25"),
        ("25/11/2024/rep", "2024-11-25"),
        ("02/11/2024/rep", None),
        ("2-nov-2024/touw", "2024-11-02"),
        ("02-listopada-2024-lina", "2024-11-02"),
        ("version-2.11.2024", None),
        ("article/202402281", None),
        ("article/20241345", None),
        ("rope-28-02-20245", None),
        ("rope?day=2024/02/28", None),
        ("rope#2024-02-28", None),
        ("rope?from=https://example.org/2024/02/28/rope", None),
        ("", None),
    ],
)
def test_an_address_may_name_a_day(path: str, expected: str | None) -> None:
    """A day in a path is whole, exists, and is no placeholder; queries say what was asked for."""
    day = day_of_url(f"https://example.org/{path}")

    assert expected == (day and day.isoformat())


@pytest.mark.parametrize(
    ("path", "days"),
    [
        ("02-11-2024/rope", ["2024-11-02", "2024-02-11"]),
        ("news-02112024", ["2024-11-02", "2024-02-11"]),
        ("business-20111215", ["2011-12-15"]),
        ("rope-20241102-x7q", ["2024-11-02"]),
        ("2024/11/02/rope", ["2024-11-02"]),
        ("rope-202411021", []),
        ("rope-20241402", []),
        ("events/20241102", []),
    ],
)
def test_days_that_need_to_be_confirmed(path: str, days: list[str]) -> None:
    """Day and month may be exchanged, and eight digits may be an id."""
    assert days == [day.isoformat() for day in possible_days(f"https://example.org/{path}")]


@pytest.mark.parametrize("url", [None, "", "rope", "https://example.org", "file:2024/02/28"])
def test_without_a_path_an_address_says_nothing(url: str | None) -> None:
    """Also of a name that is no address at all."""
    assert (None, frozenset()) == (day_of_url(url), words_of_url(url))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("ferry-is-back", "ferry is back"),
        ("news/local/the_ferry_is_back.html", "the ferry is back html"),
        ("2024/02/28/Ferry-Is-Back-12345/", "ferry is back"),
        ("f%C3%A4hre-kommt-zur%C3%BCck", "fahre kommt zuruck"),
        (
            "%D0%BF%D0%B0%D1%80%D0%BE%D0%BC-%D0%B8%D0%B4%D1%91%D1%82-%D1%81%D0%BD%D0%BE%D0%B2%D0%B0",
            "паром идёт снова",
        ),
        ("news/local-politics", ""),
        ("article/12345-67890-11111", ""),
        ("?title=ferry-is-back", ""),
        ("web/2019/https://this.is.a.host.example/ferry-is-back", "ferry is back"),
    ],
)
def test_the_longest_part_of_a_path_may_be_a_headline(path: str, words: str) -> None:
    """Words without marks, numbers left out; sections have one word or two."""
    assert frozenset(words.split()) == words_of_url(f"https://example.org/{path}")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("fähre kommt zurück", "faehre kommt"),
        ("fähre-kommt heute", "kommt"),
        ("die möwe", ""),
        ("", ""),
    ],
)
def test_a_line_says_words_of_an_address_in_either_spelling(line: str, said: str) -> None:
    """``ä`` is ``a`` or ``ae`` there; parts of a compound count."""
    url_words = words_of_url("https://example.org/faehre-kommt-zuruck-heim")

    expected = set(said.split()) | ({"zuruck"} if "zurück" in line else set())
    assert expected == said_by_url(tuple(line.split()), url_words)
