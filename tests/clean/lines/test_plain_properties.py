"""What holds for any plain text: nothing raises, nothing is lost, nothing is cut twice."""

from __future__ import annotations

import re
from collections import Counter
from time import process_time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.clean import clean_document
from pipeline.clean.lines.decide import UNNAMED
from pipeline.clean.lines.rules import CLASSES, RULES
from pipeline.config import CleanConfig
from pipeline.records import FLAGS, Document
from pipeline.text.unicode import normalize

MEGABYTE_SECONDS = 5
"""Ten times what a megabyte takes on a slow core; a quadratic pattern takes minutes."""

PIECES = st.sampled_from(
    [
        "Ferry berth closed after divers find cracks",
        "By Ada Brandt and Bo Ek, Harbour Post",
        "7:30 JST, May 3, 2021",
        "TURKU—The harbour board closed the ferry berth on Tuesday after divers found cracks.",
        "Repairs will take until the end of spring, the board said, and two boats will serve.",
        "“No,” she said.",
        "Read more",
        "Also ReadNew engine for the mail boat",
        "Photo: Bo Ek/Getty Images",
        "Related articles",
        "New engine for the mail boat",
        "Most read",
        "-",
        "1",
        "Comments",
        "Ada Brandt contributed to this report.",
        "ada brandt",
        "Contact us at desk@tidaltimes.co.uk",
        "We use cookies to make this page work.",
        "Home",
        "Privacy Policy",
        "新しい渡し船は春から岸壁を離れていない。",
        "関連記事",
        "",
        "",
    ]
)
COMPOSED = st.lists(PIECES, max_size=30).map("\n".join)


def clean(text, mode="default", **declared):
    """Clean *text* in *mode*, with what its record declares."""
    document = Document("0" * 32, "any", "any.txt", "text/plain", text, **declared)
    return clean_document(document, CleanConfig(mode=mode))


def characters(text):
    """How often each visible character occurs."""
    return Counter(normalize(text).replace(" ", ""))


def visible(line):
    """The same for a line: a soft hyphen is visible at its end, but not alone."""
    seen = characters(line)
    return seen + Counter("-" * (line.strip().endswith("\u00ad") and bool(seen)))


def accounted(article, raw):
    """Characters of text, removed spans, and the headline's own span."""
    total = characters(article.text)
    for span in article.removed:
        total += visible(raw[span.start : span.end])
    for evidence in article.evidence:
        if evidence.field == "title" and evidence.start is not None:
            total += visible(raw[evidence.start : evidence.end])
    return total


@pytest.mark.slow
@given(st.one_of(COMPOSED, st.text()))
@example("0\u00ad")
@example("\u00ad")
@example(":\u00ad")
def test_every_character_is_kept_removed_or_headline(raw):
    """Each character of the raw text is in the text, in a removed span or in the headline, once."""
    article = clean(raw)

    assert sum(map(visible, raw.splitlines()), Counter()) == accounted(article, raw)


@pytest.mark.slow
@given(COMPOSED)
def test_every_word_is_accounted_for_once(raw):
    """Each word is in the text, in a removed span or in the headline's span, exactly once."""
    article = clean(raw)
    spans = [(span.start, span.end) for span in article.removed]
    titles = [each for each in article.evidence if each.field == "title"]
    spans += [(each.start, each.end) for each in titles if each.start is not None]
    found = Counter(re.findall(r"\w+", article.text))
    for start, end in spans:
        found += Counter(re.findall(r"\w+", normalize(raw[start:end])))

    assert Counter(re.findall(r"\w+", raw)) == found


@pytest.mark.slow
@given(COMPOSED)
def test_evidence_stands_where_it_says(raw):
    """What a field was read from stands in a removed span, in the headline or in the text."""
    article = clean(raw)
    for each in article.evidence:
        if each.start is not None and each.end is not None:
            assert 0 <= each.start < each.end <= len(raw)
            assert normalize(raw[each.start : each.end])


@pytest.mark.slow
@given(COMPOSED)
def test_words_keep_their_order(raw):
    """The text is the raw text with spans left out: no word moves."""
    words = iter(re.findall(r"\w+", normalize(raw.replace("\n", " "))))
    text = re.findall(r"\w+", clean(raw).text)

    assert all(word in words for word in text)


@pytest.mark.slow
@given(st.one_of(COMPOSED, st.text()))
def test_spans_are_apart_and_named(raw):
    """Removed spans lie in the raw text, in order, without overlap, each named by a rule."""
    article = clean(raw)
    ends = [0]
    for span in article.removed:
        assert ends[-1] <= span.start < span.end <= len(raw)
        ends.append(span.end)

    named = {span.rule for span in article.removed if not span.rule.startswith("tagger: ")}
    learned = {span.rule for span in article.removed} - named
    classes = {rule.partition(": ")[2] for rule in learned}
    assert (set(), set()) == (named - set(RULES), classes - {*CLASSES, *UNNAMED})
    assert set(article.flags) <= set(FLAGS)


@pytest.mark.slow
@given(
    st.text(st.characters()),
    st.sampled_from(["careful", "default", "thorough"]),
    st.text(),
    st.text(),
)
def test_cleaning_is_total(raw, mode, title, date):
    """No text, title or date raises, lone surrogates and controls included."""
    article = clean(raw, mode, title=title, date_published=date, authors=(title,))

    assert isinstance(article.text, str)
    assert len(raw) == article.raw_char_count
    assert article.text == article.text.encode("utf-8").decode("utf-8")


@pytest.mark.slow
@given(st.lists(PIECES.filter(lambda piece: "board" in piece), min_size=1, max_size=6, unique=True))
def test_clean_text_stays(lines):
    """A text of paragraphs only is returned as it is, and so is the result of cleaning."""
    text = clean("\n\n".join(lines)).text

    assert text == clean(text).text


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(PIECES, max_size=20))
def test_careful_keeps_what_default_keeps(lines):
    """The careful mode cuts nothing outside the story that the thorough mode keeps."""
    raw = "\n".join(lines)
    careful = {span.start for span in clean(raw, "careful").removed}
    thorough = {span.start for span in clean(raw, "thorough").removed}

    assert careful <= thorough


@pytest.mark.slow
@pytest.mark.parametrize(
    "raw",
    [
        "one line " * 1_100_000,
        "x\n" * 200_000,
        "שלום עולם " * 60_000,
        "\u202eمرحبا بالعالم\u202c\n" * 30_000,
        "👩‍👩‍👧‍👦 " * 60_000,
        "\ud83d\n" * 200_000,
        "".join(map(chr, range(32))) * 30_000,
    ],
    ids=lambda raw: ascii(raw[:6]),
)
def test_no_text_is_too_odd(raw):
    """Ten megabytes on a line, the shortest lines, any script, sign or control: an answer."""
    before = process_time()
    article = clean(raw)

    assert len(raw) == article.raw_char_count
    assert process_time() - before < 4 * MEGABYTE_SECONDS


@pytest.mark.slow
@pytest.mark.parametrize(
    "raw",
    [
        "a" * 1_000_000,
        "a " * 500_000,
        "\n" * 1_000_000,
        "\x00" * 1_000_000,
        "-" * 1_000_000,
        "- " * 500_000,
        "(" * 1_000_000,
        "a@" * 500_000,
        "a." * 500_000,
        "1 " * 500_000,
        "1.1" * 300_000,
        "By " + "A " * 500_000,
        "A\n" * 100_000,
        "By A\n" * 60_000,
        "3 May 2021\n" * 60_000,
        "(Photo\n" * 60_000,
        "Comments\n" * 60_000,
        "Related articles\nNew engine\n" * 20_000,
        "東" * 1_000_000,
        "e\u0301" * 300_000,
        "\u202e" * 1_000_000,
        "😀" * 500_000,
        ("the right " * 40 + "\n") * 2_000,
        ("is a aa aa aa aa aa aa aa " * 10 + "\n") * 3_000,
        "Ada Brandt is the long " + "word " * 200_000,
        '"' * 1_000_000,
        ("The board closed the ferry berth on Tuesday.\n" * 2 + "Sport\n" * 3) * 8_000,
        ("Ferry berth closed\n" + "Photo: Bo Ek\n") * 20_000,
        "ada brandt is a reporter who\n" * 30_000,
        "A, " * 300_000 + "contributed to this report",
    ],
    ids=lambda raw: repr(raw[:12]),
)
def test_a_megabyte_of_the_worst_is_linear(raw):
    """No pattern takes more than linear time, whatever the text repeats."""
    story = "The harbour board closed the ferry berth on Tuesday after divers found cracks.\n" * 3
    before = process_time()
    clean(story + raw + "\n" + story)

    assert process_time() - before < MEGABYTE_SECONDS
