"""Figures and names: what texts of one template do not share."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.particulars import particulars_block, printed_figures, printed_names


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("12 May", "on 12th May", True),
        ("3.5 km and 1,200 people", "1,200 people, 3.5 km", True),
        ("at 14:05", "at 14:50", False),
        ("no figure", "", True),
        ("7 7 7", "7", True),
        ("1200", "12 00", False),
        ("2,300 hours", "2300 hours", True),
        ("8,412 names", "8.412 names", True),
        ("1,24", "124", False),
        ("४१२ and ७२,३४०", "412 and 72,340", True),
        ("٤١٢", "412", True),
        ("４８００平方", "4800平方", True),
        ("四千八百平方", "4800平方", True),
        ("六十二億円", "62億円", True),
        ("一億四千万円", "1億4千万円", True),
        ("一点七亿", "1.7亿", True),
        ("二日", "2日", True),
        ("二十八点六米", "二十七点九米", False),
        ("一名干部", "名干部", True),
        ("统一和一个", "统和个", True),
        ("he sa1d it wi1l", "he said it will", True),
        ("12th, 3km, G20", "12, 3, 20", True),
        ("于12日在", "12", True),
        ("เมื่อ12วัน", "12", True),
    ],
)
def test_figures_are_compared_by_value(one, other, same):
    """Scripts of digits and marks between thousands make no difference; parts of words are none."""
    assert same == (printed_figures(one) == printed_figures(other))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Lost in Dorsk: a cat.", {"dorsk"}),
        ("The board met. Members voted.", set()),
        ("He lives in Mill Street, and she in North Street.",
         {"mill", "mill street", "north", "north street"}),
        ("It was I, said A. B.", set()),
        ('"We left," said Élan Müller.', {"elan", "elan muller"}),
        ("Вчера Иван приехал в Москву.", {"вчера иван", "москву"}),
        ("a\n\nBegin anew with Anna", {"anna"}),
        ("東京で会議", set()),
        ("", set()),
    ],
)  # fmt: skip
def test_names_are_capitalised_words_inside_sentences(text, names):
    """With the word before if that is one too; what begins a sentence, and initials, are none."""
    assert names == printed_names(text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Seit Sonntag wird in {} der Hund {} vermisst.", {"eutin", "hund bello"}),
        ("Der Rat von {} hat mit Erfolg für die Rechte und Pflichten von {} gestritten.",
         {"eutin", "erfolg", "bello"}),
        ("In {} ist die Straße zum Bahnhof gesperrt, sagte {} der Zeitung und den Bürgern.",
         {"in eutin", "bello"}),
        ("Die Arbeiten in der Lindenstraße in {} und auf dem Marktplatz hat {} geleitet.",
         {"lindenstrasse", "eutin", "marktplatz"}),
    ],
)  # fmt: skip
def test_nouns_are_no_names_in_german(text, names):
    """A name stands behind some prepositions and verbs, or another noun; a street ends as one."""
    assert names == printed_names(text.format("Eutin", "Bello"))


def test_where_german_is_quoted_names_are_those_of_the_text():
    """A motto is not the language of the story."""
    text = (
        "The crest of the town of Harlen reads Der Wald und die Stadt, and the Mayor likes it. It "
        "was carved in oak by a joiner who had come from the south and stayed for good. Whoever "
        "enters the hall can read it above the door, where no light falls in the afternoon."
    )

    assert {"harlen", "der wald", "stadt", "mayor"} <= printed_names(text)


TEXTS = st.lists(st.text(alphabet="07.,: a\nAbÉ٣७²\U0001d7ce\ud800é東一千"), max_size=4)


@given(TEXTS)
def test_a_block_is_hashed_as_its_texts(texts):
    """Texts of a block share nothing, and no text ends it badly."""
    blocks = particulars_block(texts)
    for found, printed in zip(blocks, (printed_figures, printed_names), strict=True):
        parts = np.split(found.values, found.offsets[1:-1])[: len(texts)]
        for text, own in zip(texts, parts, strict=True):
            expected = sorted(
                {crc32(each.encode("utf-8", "surrogatepass")) for each in printed(text)}
            )
            assert expected == own.tolist()
