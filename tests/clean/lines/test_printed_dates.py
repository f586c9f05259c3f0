"""Dates in print become time stamps only as far as print is certain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.dates import find_date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("May 3, 2021", "2021-05-03"),
        ("3 May 2021", "2021-05-03"),
        ("Sept. 3rd, 2021", "2021-09-03"),
        ("MAY -03-2021 NOON 14:54", "2021-05-03"),
        ("Montag, 3. März 2025", "2025-03-03"),
        ("publié le 1er août 2019", "2019-08-01"),
        ("14 de febrero de 2020", "2020-02-14"),
        ("2 dicembre 2018", "2018-12-02"),
        ("9 de março de 2017", "2017-03-09"),
        ("17 mei 2022", "2022-05-17"),
        ("5 października 2023", "2023-10-05"),
        ("7 июля 2016 г.", "2016-07-07"),
        ("30 Ağustos 2022", "2022-08-30"),
        ("2023年9月15日 08:00", "2023-09-15"),
        ("2023년 9월 15일", "2023-09-15"),
        ("2024-04-10", "2024-04-10"),
        ("10.04.2024", "2024-04-10"),
        ("25/12/2023", "2023-12-25"),
        ("12/25/2023", "2023-12-25"),
        ("7:30 JST, May 3, 2021", "2021-05-03T07:30:00+09:00"),
        ("May 3, 2021 7:30 PM EST", "2021-05-03T19:30:00-05:00"),
        ("May 3, 2021 at 7:30 p.m. ET", "2021-05-03T19:30:00-04:00"),
        ("January 3, 2021 at 7:30 p.m. ET", "2021-01-03T19:30:00-05:00"),
        ("03 May 2021, 19:30 (UTC+9)", "2021-05-03T19:30:00+09:00"),
        ("2024-04-10 06:00 GMT", "2024-04-10T06:00:00+00:00"),
        ("2024-04-10 06:00:30 +05:30", "2024-04-10T06:00:30+05:30"),
        ("May 3, 2021 7:30 IST", "2021-05-03"),
        ("May 3, 2021 7:30", "2021-05-03"),
        ("14 maja 2024", "2024-05-14"),
        ("3 ianuarie 2024", "2024-01-03"),
        ("14 مايو 2024", "2024-05-14"),
    ],
)
def test_dates(text, expected):
    """A day is read in many languages; a time only with a zone that means one offset."""
    assert expected == find_date(text).timestamp.isoformat()


@pytest.mark.parametrize(
    "text",
    [
        "03/04/2024",
        "31 June 2021",
        "May 3, 1021",
        "May 3, 2100",
        "May 3",
        "version 2.10.2024.5",
        "a 10 percent 2024 plan",
        "",
    ],
)
def test_no_dates(text):
    """What has two readings, no such day, no year or an unlikely one is no date."""
    assert find_date(text) is None


@given(st.text())
def test_never_raises(text):
    """Any text gives a date or none."""
    found = find_date(text)

    assert found is None or 0 <= found.start < found.end <= len(text)
