"""Texts that consist of a table keep it; a table beside a story decides nothing."""

from __future__ import annotations

import pytest

from pipeline.clean import clean_document
from pipeline.config import CleanConfig
from pipeline.records import Document

REMARK = (
    "“Nobody on this board expected the year to end as well as it has,” said the chairman, Ada"
    " Brandt, who took over the ferry line in the spring and has sold four of its boats since then."
)
STORY = (
    "The harbour board closed the ferry berth on Tuesday after divers found cracks in the piles.",
    "Repairs will take until the end of spring, the board said, two boats will serve meanwhile.",
    "The town has set aside money for a new berth, but will not vote on it before the summer.",
)
TABLES = {
    "earnings": (
        "NORTH FERRY LINE 1986 YEAR\nShr 41.7p vs 34.9p\nDiv 11.5p making 19.0p vs 16.0p\n"
        "Turnover 1.95 billion vs 1.63 billion\nPretax profit 174.1 mln vs 125.6 mln\n"
        "Tax 49.4 mln vs 34.9 mln\nNet interest payable 29.5 mln vs 29.2 mln\n"
        "Minority interests 2.5 mln vs 2.4 mln\nOperating profit 206.3 mln vs 154.2 mln"
    ),
    "earnings of segments": (
        "Group operating profit, 3rd quarter\nPassenger shipping 19.5 mln vs 13.1 mln\n"
        "Container shipping 43.8 mln vs 34.4 mln\nHousebuilding 50.1 mln vs 30.0 mln\n"
        "Banking 7.7 mln vs nil\nProperty 45.6 mln vs 25.2 mln\nServices 40.7 mln vs 34.4 mln\n"
        "Associates 21.1 mln vs 37.9 mln\nInvestment income 1.7 mln vs 3.6 mln"
    ),
    "results of a match day": (
        "Second division, 14th round\nTurku 3, Oulu 1\nVaasa 0, Kotka 0\nRauma 2, Espoo 4\n"
        "Lahti 1, Pori 1\nVantaa 5, Kemi 2\nJoensuu 0, Kuopio 3\nTampere 2, Mikkeli 2"
    ),
    "election": (
        "Votes counted in the harbour wards\nOld Town: Brandt 4,120, Ek 3,811, Lee 902\n"
        "Quayside: Brandt 2,640, Ek 2,933, Lee 411\nOuter islands: Brandt 807, Ek 215, Lee 96\n"
        "Marsh End: Brandt 1,954, Ek 2,006, Lee 350\nColdwater: Brandt 3,367, Ek 3,104, Lee 518\n"
        "Postal votes: Brandt 5,002, Ek 4,478, Lee 1,210\nSpoilt papers: 311"
    ),
    "prices": (
        "Prices at the fish hall\nPerch, kilo 14.50\nPike, kilo 11.90\nWhitefish, kilo 19.80\n"
        "Salmon, kilo 24.00\nHerring, kilo 4.20\nCod, kilo 16.70\nEel, smoked, kilo 42.00\n"
        "Roe, 100 grams 12.40"
    ),
}


def kept(text):
    """The lines that are left of *text*, title included, and the flags."""
    article = clean_document(Document("0" * 32, "t", "t.txt", "text/plain", text), CleanConfig())
    return [*(article.title or "").split("\n"), *article.text.split("\n\n")], article.flags


@pytest.mark.parametrize("place", ["inside", "last"])
@pytest.mark.parametrize("kind", TABLES)
def test_a_table_is_more_than_the_one_paragraph_in_it(kind, place):
    """Most rows of a text of rows stay, whether a remark stands among them or below them."""
    rows = TABLES[kind].split("\n")
    at = len(rows) // 2 if place == "inside" else len(rows)
    lines, _ = kept("\n".join([*rows[:at], REMARK, *rows[at:]]))

    assert len(rows[1:]) == len(set(rows[1:]) & set(lines))
    assert REMARK in lines


CHROME = {
    "teasers": (
        "Related articles\nFerry line sells four boats\nBoard names new chairman\n"
        "Island school to close\nFish hall opens on Sundays\nMore stories\nSubscribe to our news"
    ),
    "menu": "Home\nNews\nSport\nBusiness\nCulture\nOpinion\nWeather\nContact us\nLog in",
    "counted menu": (
        "Comments (12)\nShare 45\nTweet 3\nRead more\nMost popular\nSign in\nSubscribe\nHome\nSport"
    ),
    "dated teasers": (
        "Most read\n3 May 2024\nFerry line sells four boats\n2 May 2024\nBoard names new chairman\n"
        "1 May 2024\nIsland school to close\nRelated articles\nSubscribe to our newsletter"
    ),
    "footer": (
        "About us\nTerms of use\nPrivacy policy\n© 2024 Island Courier\nTel: 020 555 0199\n"
        "Email: desk@courier.example\nAll rights reserved\nContact us\nAdvertise with us"
    ),
}


@pytest.mark.parametrize("kind", CHROME)
def test_what_stands_below_a_story_is_no_table(kind):
    """Menus, teasers and footers go as before, with figures in them or without."""
    rows = CHROME[kind].split("\n")
    lines, flags = kept("\n\n".join([*STORY, *rows]))

    assert not set(rows) & set(lines)
    assert "story_doubtful" not in flags


@pytest.mark.parametrize("kind", TABLES)
def test_a_story_beside_a_table_is_not_doubtful(kind):
    """With three paragraphs of story the table goes or stays by itself; no guard speaks."""
    lines, flags = kept("\n\n".join([*STORY, *TABLES[kind].split("\n")]))

    assert set(STORY) <= set(lines)
    assert "story_doubtful" not in flags


LISTS = (
    ("Close the berth until May", "Hire two smaller boats", "Ask the state for money"),
    ("Two cups of flour", "One cup of sugar", "Three eggs", "A pinch of salt"),
    ("Ada Brandt, Ferry to Nowhere", "Bo Ek, The Winter Boats", "Ann Lee, Salt"),
    ("Il porto resta chiuso fino a maggio", "Due battelli più piccoli", "Un voto in estate"),
    ("Das Freibad bleibt offen", "Der Eintritt steigt", "Das kleine Becken schließt montags"),
)


@pytest.mark.parametrize("bullet", ["-", "•", "*", "–", "▶", "»", "◦", "→", "|", "■"])
def test_bare_bullets_cost_a_list_no_entries(bullet):
    """Of lists in a story, as many entries stay with a bullet on a line above each as without."""

    def stay(entries, *above):
        around = STORY[:2], STORY[2:]
        lines = [*around[0], *(line for entry in entries for line in (*above, entry)), *around[1]]
        return len(set(entries) & set(kept("\n".join(lines))[0]))

    assert sum(map(stay, LISTS)) <= sum(stay(entries, bullet) for entries in LISTS) + 1
