"""Dates: one calendar, two readers."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pipeline.clean import dates
from pipeline.clean.dates import Order, find_date, may_date, order_of_dates, parse_timestamp

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
    ("1709110800.5", "2024-02-28T09:00:00+00:00", 0, "second"),
    ("3.4.2024", "2024-04-03", None, "day"),
    ("2567-03-07", "2024-03-07", None, "day"),
    ("07/03/2567", "2024-03-07", None, "day"),
    ("1402/12/17", "2024-03-07", None, "day"),
    ("2024-05-03T24:00:00Z", "2024-05-04T00:00:00+00:00", 0, "second"),
    ("2024-12-31 24:00", "2025-01-01T00:00:00", None, "minute"),
    ("2024-02-28T24:00:00.000+02:00", "2024-02-29T00:00:00+02:00", 120, "second"),
    ("3 May 2024 24:00 CEST", "2024-05-04T00:00:00+02:00", 120, "minute"),
    ("2024-05-03 10:00:00 +0000 UTC", "2024-05-03T10:00:00+00:00", 0, "second"),
    ("2024-05-03 10:00:00.123456789 +0200 CEST", "2024-05-03T10:00:00+02:00", 120, "second"),
    ("2024-05-03 10:00:00 -0300 -03", "2024-05-03T10:00:00-03:00", -180, "second"),
    ("2024-05-03 10:00:00 +0530 IST m=+0.000012", "2024-05-03T10:00:00+05:30", 330, "second"),
    ("1709110800123456", "2024-02-28T09:00:00+00:00", 0, "second"),
    ("1709110800123456789", "2024-02-28T09:00:00+00:00", 0, "second"),
    ("1709110800123456.0", "2024-02-28T09:00:00+00:00", 0, "second"),
    ("1900-01-02", "1900-01-02", None, "day"),
    ("2100-12-31", "2100-12-31", None, "day"),
]
NOT_READ = [
    "", "today", "yesterday", "10:00", "2024", "2024-02", "February 2024", "28 February",
    "03/04/2024", "03-04-2024 10:00", "2024-02-30", "2023-02-29", "2024-13-01", "2024-02-28T25:00",
    "2024-02-28T10:61:00", "2024-02-28 13:00 PM", "0001-01-01T00:00:00Z", "9999-12-31",
    "1970-01-01T00:00:00Z", "1969-12-31T19:00:00-05:00",
    "1900-01-01", "1899-12-31", "2101-01-01",
    "0", "12345", "2024022810", "9999999999", "0999999999999",
    "24:00", "2024-02-28T24:01", "2024-02-28 24:00:01", "2024-02-28 24:00 PM", "2024-02-30T24:00",
    "2024-02-28 10:00:00 +0100 later", "2024-02-28 10:00:00 m=+0.1", "17091108001", "170911080012",
    "17091108001234", "170911080012345", "17091108001234567", "9709110800123456", "1.7091108e+18",
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


PRINTED = [
    ("28 luglio 202010:43", "2020-07-28"),
    ("28.09.201912:10", "2019-09-28"),
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
    ("Zagreb, 10. listopada 2021.", "2021-10-10"),
    ("11 listopada 2018", "2018-11-11"),
    ("5. lip 2022. u 10:00", "2022-06-05"),
    ("5 lip 2022, 10:00", "2022-07-05T10:00:00"),
    ("lis 10, 2021", "2021-11-10"),
    ("7 июля 2016 г.", "2016-07-07"),
    ("30 Ağustos 2022", "2022-08-30"),
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
    ("14 maja 2024", "2024-05-14"),
    ("3 ianuarie 2024", "2024-01-03"),
    ("14 مايو 2024", "2024-05-14"),
    ("2023年9月15日 08:00", "2023-09-15T08:00:00"),
    ("2024年3月7日 10時15分", "2024-03-07T10:15:00"),
    ("May 3, 2021 7:30", "2021-05-03T07:30:00"),
    ("May 3, 2021 7 p.m.", "2021-05-03T19:00:00"),
    ("7:30, May 3, 2021", "2021-05-03T07:30:00"),
    ("3 May 2021, 10:00-12:00", "2021-05-03T10:00:00"),
    ("3. Mai 2021 um 7.30 Uhr", "2021-05-03T07:30:00"),
    ("7 Mar 2024 10.15 GMT", "2024-03-07T10:15:00+00:00"),
    ("On May 3, 2021 all 7:30 trains", "2021-05-03"),
    ("May 3, 2021: 12.5 per cent", "2021-05-03"),
    ("2024. március 7.", "2024-03-07"),
    ("2024 m. kovo 7 d.", "2024-03-07"),
    ("7 במרץ 2024", "2024-03-07"),
    ("7 मार्च 2024", "2024-03-07"),
    ("٧ مارس ٢٠٢٤", "2024-03-07"),
    ("7 tháng 3, 2024", "2024-03-07"),
    ("ngày 7 tháng 3 năm 2024", "2024-03-07"),
    ("7 март 2024", "2024-03-07"),
    ("6 มิถุนายน 2554", "2011-06-06"),
    ("15 มี.ค. 2559", "2016-03-15"),
    ("๑๕ มีนาคม ๒๕๕๙", "2016-03-15"),
    ("7 มีนาคม พ.ศ. 2567", "2024-03-07"),
    ("7 มีนาคม 2024", "2024-03-07"),
    ("۱۷ اسفند ۱۴۰۲", "2024-03-07"),
    ("۱ فروردین ۱۴۰۳", "2024-03-20"),
    ("۱۴۰۲/۱۲/۱۷", "2024-03-07"),
    ("令和6年3月7日", "2024-03-07"),
    ("令和元年5月1日", "2019-05-01"),
    ("平成31年4月30日", "2019-04-30"),
    ("中華民國113年3月7日", "2024-03-07"),
    ("04. январь 2012 10:22", "2012-01-04T10:22:00"),
    ("4 Ιαν. 2012, 11:28", "2012-01-04T11:28:00"),
    ("7. septembra 2024", "2024-09-07"),
    ("28-04-2021, 09:29", "2021-04-28T09:29:00"),
    ("04-28-2021", "2021-04-28"),
    ("Thu 12/01/2012", "2012-01-12"),
    ("Sunday, 12/01/2013 10:15", "2013-12-01T10:15:00"),
    ("mardi 10/12/2019", "2019-12-10"),
    ("segunda-feira, 04/03/2024", "2024-03-04"),
    ("Monday (04/03/2024)", "2024-03-04"),
    ("الاثنين، 04/03/2024", "2024-03-04"),
    ("4 Ιανουάριος 2012", "2012-01-04"),
    ("10 Μαΐου 2024", "2024-05-10"),
    ("3 Μάι 2020", "2020-05-03"),
    ("Mon, 03-04-2024", "2024-03-04"),
]
NOT_PRINTED = [
    "luglio 202010:43", "28.09.1912:10", "3 May 20215", "May 12021",
    "03/04/2024", "31 June 2021", "May 3, 1021", "May 3, 2101", "May 3", "version 2.10.2024.5",
    "Sun 03/04/2024", "Monday\n\n\n03/04/2024", "03-04-2024", "12-12-2012-33",
    "1/12-12-2012", "per 01/04/2024", "man 04/03/2024", "Als 2015 sie 20 Jahre alt wurde",
    "In 2020 leden 12 clubs", "Baltimore Sun 10/03/2024", "Hà Thu, 04/11/2024", "Sun\n10/03/2024",
    "a 10 percent 2024 plan", "January 1, 1970", "7 May 1402", "31 اسفند 1402", "令和6年13月7日",
    "",
]  # fmt: skip
DECIDED = [
    ("3 May 2021 10:00 BST", "2021-05-03T10:00:00+01:00"),
    ("3 May 2021 10:00 ET", "2021-05-03T10:00:00-04:00"),
    ("3 Jan 2021 10:00 ET", "2021-01-03T10:00:00-05:00"),
    ("3 May 2021 10:00 EST", "2021-05-03T10:00:00-05:00"),
    ("3 May 2021 10:00 CT", "2021-05-03T10:00:00-05:00"),
    ("3 May 2021 10:00 CST", "2021-05-03T10:00:00"),
    ("3 May 2021 10:00 IST", "2021-05-03T10:00:00"),
    ("3 May 2021 10:00", "2021-05-03T10:00:00"),
    ("3 May 2021 10:00:00 UTC", "2021-05-03T10:00:00+00:00"),
    ("3 May 2021 10:00 +0530", "2021-05-03T10:00:00+05:30"),
    ("3 May 2021 10 pm", "2021-05-03T22:00:00"),
    ("2100-05-03", "2100-05-03"),
    ("2101-05-03", None),
    ("1899-05-03", None),
    ("03/04/2024", None),
    ("31/12/2024", "2024-12-31"),
    ("12/31/2024", "2024-12-31"),
    ("05/05/2024", "2024-05-05"),
    ("3.4.2024", "2024-04-03"),
    ("1 Jan 1970", None),
    ("1970-01-01", None),
    ("7 Mar 2567", "2024-03-07"),
]


@pytest.mark.parametrize(("text", "iso"), DECIDED)
def test_both_readers_decide_alike(text: str, iso: str | None) -> None:
    """What can be read in two ways is decided once, whoever reads it."""
    strict, printed = parse_timestamp(text), find_date(text)

    assert iso == (strict and strict.isoformat())
    assert iso == (printed and printed.timestamp.isoformat())


@pytest.mark.parametrize(("text", "iso"), PRINTED)
def test_a_printed_date_is_found(text: str, iso: str) -> None:
    """A day is read in many languages, calendars and digits, with the time beside it."""
    printed = find_date(text)

    assert printed is not None
    assert iso == printed.timestamp.isoformat()


@pytest.mark.parametrize("text", NOT_PRINTED)
def test_no_date_is_found(text: str) -> None:
    """What has two readings, no such day, no year or an unlikely one is no date."""
    assert find_date(text) is None


ORDERS = [
    ("22/03/2024", "day"),
    ("03/22/2024", "month"),
    ("03-04-2024, 22-03-2024", "day"),
    ("Mon 03/04/2024", "month"),
    ("Wed 03/04/2024", "day"),
    ("Sun 03/04/2024", None),
    ("22/03/2024, 03/22/2024", None),
    ("05/05/2024", None),
    ("5/05/2024", None),
    ("per 01/04/2024", None),
    ("22.03.2024", None),
    ("2024/03/22", None),
    ("07/03/2567", "day"),
    ("22/03/24", None),
]


@pytest.mark.parametrize(("text", "order"), ORDERS)
def test_the_dates_of_a_text_tell_their_order(text: str, order: str | None) -> None:
    """A number that is no month tells, or a weekday; contradictions and other forms do not."""
    assert order == order_of_dates(text)


@pytest.mark.parametrize(
    ("text", "order", "iso"),
    [
        ("03/04/2024", "day", "2024-04-03"),
        ("03/04/2024", "month", "2024-03-04"),
        ("22/04/2024", "month", "2024-04-22"),
        ("Mon 03/04/2024", "day", "2024-03-04"),
        ("3.4.2024", "month", "2024-04-03"),
        ("31/31/2024", "day", None),
        ("Sun 03/04/2024", "day", None),
    ],
)
def test_the_order_of_a_text_decides_what_has_two_readings(
    text: str, order: Order, iso: str | None
) -> None:
    """What the date itself tells comes before it."""
    printed = find_date(text, order)

    assert iso == (printed and printed.timestamp.isoformat())


@given(st.text())
def test_a_printed_date_lies_in_its_line(text: str) -> None:
    """Any text gives a date or none."""
    found = find_date(text)

    assert found is None or 0 <= found.start < found.end <= len(text)


@pytest.mark.parametrize("name", sorted(dates.MONTHS))
def test_every_month_is_read_within_a_date(name: str) -> None:
    """In capitals too, where a script has them."""
    capitals = name.upper()
    for printed in (name, name.title(), capitals if len(capitals) == len(name) else name):
        found = find_date(f"10 {printed} 2024")

        assert found is not None
        assert dates.MONTHS[name] == found.timestamp.instant.month


MOMENTS = st.datetimes(
    datetime(1971, 1, 1),  # noqa: DTZ001  Hypothesis adds the offset
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


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("am 19.10.19 um 14:34 Uhr", "2019-10-19T14:34:00"),
        ("27.04.24, 10:15 Uhr", "2024-04-27T10:15:00"),
        ("27.4.24 10.15 Uhr", "2024-04-27T10:15:00"),
        ("27.04.24", None),
        ("27.04.24, 10:15", None),
        ("1.27.04.24, 10:15 Uhr", None),
        ("45.04.24, 10:15 Uhr", None),
    ],
)
def test_two_digits_are_a_year_next_to_a_german_time(text, day):
    """Alone they may be a version or a count."""
    found = find_date(text)

    assert day == (found and found.timestamp.isoformat())


@pytest.mark.parametrize("pattern", dates._PATTERNS)
@settings(suppress_health_check=list(HealthCheck), max_examples=50)
@given(st.data())
def test_whatever_a_pattern_of_dates_matches_may_be_a_date(pattern, data):
    """What is asked first, since it costs less, lets every match of every pattern through."""
    text = data.draw(st.from_regex(pattern))
    match = pattern.search(text)
    assume(match is not None)

    assert may_date(match[0])
    assert may_date(text)


@pytest.mark.parametrize("month", sorted(dates.MONTHS))
def test_a_date_with_any_month_may_be_a_date(month):
    """The longest names of months are let through as others are."""
    assert may_date(f"7 de {month} de 2021")
    assert may_date(f"2021 gada {month} 7")
    assert may_date(f"{month} 7, 2021")
    assert may_date(f"{month} 72021")


@pytest.mark.parametrize("text", ["", "In 2019 and later", "12 people", "1.5 in 300"])
def test_a_year_alone_is_no_date(text):
    """Most lines of a story with digits hold none."""
    assert not may_date(text)
