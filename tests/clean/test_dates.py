"""Machine-written dates."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.dates import parse_timestamp

READ = [
    ("2024-02-28", "2024-02-28", None, "day"),
    ("2024/2/8", "2024-02-08", None, "day"),
    ("20240228", "2024-02-28", None, "day"),
    ("2024-02-28T10:00:00Z", "2024-02-28T10:00:00+00:00", 0, "second"),
    ("2024-02-28T10:00:00.123456+05:30", "2024-02-28T10:00:00+05:30", 330, "second"),
    ("2024-02-28 10:00:00+01:00", "2024-02-28T10:00:00+01:00", 60, "second"),
    ("2024-02-28 10:00:00 +0100", "2024-02-28T10:00:00+01:00", 60, "second"),
    ("2024-02-28T10:00-08", "2024-02-28T10:00:00-08:00", -480, "minute"),
    ("2024-02-28T10:00:00Z[UTC]", "2024-02-28T10:00:00+00:00", 0, "second"),
    ("2024-02-28T10:00", "2024-02-28T10:00:00", None, "minute"),
    ("20240228T100000Z", "2024-02-28T10:00:00+00:00", 0, "second"),
    ("202402281000", "2024-02-28T10:00:00", None, "minute"),
    ("Wed, 28 Feb 2024 10:00:00 +0100", "2024-02-28T10:00:00+01:00", 60, "second"),
    ("28 Feb 2024 10:00 GMT", "2024-02-28T10:00:00+00:00", 0, "minute"),
    ("Wed, 28 Feb 2024 10:00:00 EST", "2024-02-28T10:00:00-05:00", -300, "second"),
    ("Wed, 28 Feb 2024 10:00:00 CST", "2024-02-28T10:00:00", None, "second"),
    ("Wed Feb 28 2024 10:00:00 GMT+0100 (CET)", "2024-02-28T10:00:00+01:00", 60, "second"),
    ("Wed Feb 28 10:00:00 CET 2024", "2024-02-28T10:00:00+01:00", 60, "second"),
    ("February 28, 2024", "2024-02-28", None, "day"),
    ("Feb. 28, 2024 at 10:05 PM", "2024-02-28T22:05:00", None, "minute"),
    ("28th February 2024", "2024-02-28", None, "day"),
    ("28/02/2024", "2024-02-28", None, "day"),
    ("02/28/2024 3:04 pm", "2024-02-28T15:04:00", None, "minute"),
    ("05.05.2024", "2024-05-05", None, "day"),
    ("2024-02-28 12:30 am", "2024-02-28T00:30:00", None, "minute"),
    ("1709110800", "2024-02-28T09:00:00+00:00", 0, "second"),
    ("1709110800123", "2024-02-28T09:00:00+00:00", 0, "second"),
    ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59+00:00", 0, "second"),
    ("2024-02-29", "2024-02-29", None, "day"),
    ("1900-01-01", "1900-01-01", None, "day"),
    ("2100-12-31", "2100-12-31", None, "day"),
]
NOT_READ = [
    "", "today", "yesterday", "10:00", "2024", "2024-02", "February 2024", "28 February",
    "03/04/2024", "3.4.2024", "2024-02-30", "2023-02-29", "2024-13-01", "2024-02-28T25:00",
    "2024-02-28T10:61:00", "2024-02-28 13:00 PM", "0001-01-01T00:00:00Z", "9999-12-31",
    "1899-12-31", "2101-01-01", "0", "12345", "2024022810", "9999999999", "0999999999999",
    "24-02-28", "28/02/24", "Smarch 28, 2024", "on 2024-02-28", "2024-02-28 and later",
    "tag:example.org,2024-02-28", "２０２４-02-28",
]  # fmt: skip


@pytest.mark.parametrize(("text", "iso", "offset_min", "precision"), READ)
def test_a_date_keeps_its_offset_and_precision(
    text: str, iso: str, offset_min: int | None, precision: str
) -> None:
    """A date is read with the offset and the smallest unit that it states."""
    moment = parse_timestamp(text)

    assert moment is not None
    assert (iso, offset_min, precision) == (
        moment.isoformat(),
        moment.offset_min,
        moment.precision,
    )


@pytest.mark.parametrize("text", NOT_READ)
def test_a_doubtful_date_is_not_read(text: str) -> None:
    """Nothing is filled in, guessed or corrected."""
    assert parse_timestamp(text) is None


MOMENTS = st.datetimes(
    datetime(1901, 1, 1),  # noqa: DTZ001  Hypothesis adds the offset
    datetime(2099, 12, 31),  # noqa: DTZ001
    timezones=st.integers(-720, 840).map(lambda m: timezone(timedelta(minutes=m))),
).map(lambda moment: moment.replace(microsecond=0))


@given(MOMENTS)
def test_iso_dates_come_back_unchanged(moment: datetime) -> None:
    """A time in ISO 8601 is written as it was read, in its own offset."""
    read = parse_timestamp(moment.isoformat())

    assert read is not None
    assert moment.isoformat() == read.isoformat()


@given(MOMENTS)
def test_mail_dates_name_the_same_instant(moment: datetime) -> None:
    """A time in RFC 2822 is the instant it names."""
    read = parse_timestamp(format_datetime(moment))

    assert read is not None
    assert moment == read.instant


@given(st.text(max_size=300))
def test_no_text_is_an_error(text: str) -> None:
    """Any text gives a date within the plausible years, or None."""
    read = parse_timestamp(text)

    assert read is None or 1899 <= read.instant.year <= 2101
