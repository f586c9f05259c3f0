"""Sentences that sound like chrome and are the story: no named rule holds one.

What a rule holds is always cut, whatever the line model says, so that each of these would be lost.
"""

from __future__ import annotations

import pytest

from pipeline.clean import clean_document
from pipeline.clean.lines.page import read_page
from pipeline.clean.lines.rules import rule_hits
from pipeline.config import CleanConfig
from pipeline.records import Document

BEFORE = (
    "The harbour board closed the ferry berth on Tuesday after divers found cracks in the piles.",
    "Repairs will take until the end of spring, the board said, two boats will serve meanwhile.",
)
BEHIND = "The town has set aside money for a new berth, but will not vote on it before the summer."

LINES = (
    # Comments, as a subject
    "Comentarios ofensivos en redes",
    "Abusive comments online",
    "Kommentare zu diesem Urteil",
    "The striker received abusive comments on Instagram after the match on Sunday.",
    "The agency counted 12,000 comments submitted to it on the plan for the lake.",
    "How to report abuse",
    "Netiquette im Netz",
    "New community guidelines",
    # Law, consent, licences
    "The official figures do not necessarily reflect the true number of infections.",
    "Spender können ihre Einwilligung jederzeit widerrufen, sagte die Klinik.",
    "The museum released 5,000 scans under a Creative Commons license.",
    # Content, players, browsers
    "Mahkeme bu içeriği kaldırma kararı verdi, şirket ise karara itiraz etti.",
    "The prevailing view on X was that the mayor had been right to leave.",
    "The court found it was a publisher of content provided by its users.",
    "When a player is loading his weaker leg, the coach said, the knee is at risk.",
    # Slashes and agencies
    "1. Max Brandt (Red Bull/NED)",
    "Best film: Quiet Harbour (France/Belgium)",
    "Fraktionschef der Union (CDU/CSU)",
    "200 g Mehl (Typ 405/550)",
    "Die elektronische Patientenakte (ePA)",
    "Environmental Protection Agency (EPA)",
    "Høyre, Frp, Ap",
    "Colorado: Vail, Breckenridge, Keystone",
    "The kidnapping of John Paul Getty",
    "Lavori in via Mazzini",
    "Trains to Derby run via Leicester",
    "Die Bilder stammen aus der Frühzeit der Fotografie der Bundesrepublik.",
    "Photograph by photograph, the archivist rebuilt the lost album of the town.",
    # Words that end as buttons do
    "Für ihn ist das kein „Spiel“ mehr.",
    "His advice to the young pilots is simple: read more.",
    "“More! More!”",
    "The oil price fell again in early trading in Asia, the sources said. MORE",
    # Subscriptions, newsletters, channels
    "Das Deutschlandticket kostet 58 Euro und ist monatlich kündbar.",
    "La SNCF lance une nouvelle offre d'abonnement pour les jeunes.",
    "Gli abbonati ora sono oltre ventimila, dice la società.",
    "Ein Fuchs folgt uns auf Schritt und Tritt, erzählt die Försterin.",
    "Die Polizei nutzt den WhatsApp-Kanal seit dem Frühjahr für Warnungen.",
    "Tap the three dots and choose Copy link, then paste it into the form.",
    "With a win on Saturday we may earn a point on the leaders, the coach said.",
    # Eds and editors, as names and as people
    "Eds Dorn, who runs the ferry, updates the timetable by hand every spring.",
    "Eds: I grew up on the island, and I never meant to leave it.",
    "Eds. Updike and Cheever are cheap in this edition.",
    "Editors: the last ones left at midnight, when the press had stopped.",
    "Editors update the dictionary twice a year, in March and in September.",
    "Eds note that the manuscript was moved twice during the war.",
    "Note to editors and readers of old maps: the harbour has moved.",
    "Attention: editors of school papers meet on Friday.",
    "“Eds: UPDATES,” the telegram began, and nobody knew what had happened.",
    "Redaktionen in ganz Europa haben ihre Regeln für Quellen ergänzt.",
    # Words that head sections elsewhere
    "Diskussion",
    "What do you think?",
    "Themen",
    # Sentences that begin as buttons, offers and labels do
    "Register for the regatta by Friday, the harbour board asked all crews.",
    "Support our troops, the banner above the gate of the barracks said.",
    "As an Amazon warehouse opens, jobs move inland from the harbour towns.",
    "Source: interviews with 40 residents in the spring of last year.",
    "Video: that is what the gallery wanted, and it got none of it.",
    # Numbers
    "First 100 days",
    "Update 17.4",
    "Created 1998",
    "Reading 3",
    "Hace 30 años",
    "（追記 2019/4/14：3隻の船が毎日通うことを明記するために見出しと記事を改めました。）",
    # Who wrote, and who did not
    "Von Lena Hofer, die damals drei Jahre alt war, fehlt seit dem 3. Mai 2007 jede Spur.",
    "By Executive Order, the president closed the camp on 3 May 2024.",
    "Ria, Mia and Ani",
    "Ap 48",
    "Ben Crawford is the lawyer who represents the family of the dead boy.",
    # Pictures, in sentences and lists
    "Она выложила фото: дом стоит без крыши.",
    "A számok alapján vegyes a kép: az ipar nőtt, a kereskedelem nem.",
    "Nyt on selkeä kuva: rahat riittävät kevääseen.",
    "Мошенник украл фото с сайта знакомств.",
    "Planet befann sig på 10 000 meters höjd (33 000 fot).",
    "Az album (40 kép) ma jelenik meg.",
    "2. Photo ID",
    "1. Фото на паспорт",
    "Der Streit Spiegel vs. Bild geht weiter",
    "What to bring? Photo ID and a utility bill",
    "Chiuso il tratto viale Monza – via Padova",
    "London–Sydney — via Singapore",
    # Headings and rows in more languages
    "תגובות",
    "Коментари",
    "Начало: 19:00",
    "9:00 Регистрация",
    "Előfizetés: 40%",
    "Polecamy",
    "Najpopularniejsze",
    "Adatvédelem",
    # Ends that are no buttons
    "How to Read More",
    "El plan se llama Leer más",
    "Zum Weiterlesen",
    # Code in a sentence
    "A function such as function add(a, b) { return a + b; } can be written shorter, she said.",
)


@pytest.mark.parametrize("place", ["inside", "last"])
@pytest.mark.parametrize("line", LINES)
def test_no_rule_holds_a_line_of_the_story(line, place):
    """Neither in the middle of the story nor at its end."""
    lines = [*BEFORE, line, BEHIND] if place == "inside" else [*BEFORE, BEHIND, line]
    page = read_page("\n\n".join(lines))
    index = next(each.index for each in page.lines if each.text == line)

    held = {name for name, lines in rule_hits(page).items() if {index, index + 1} & lines}
    assert set() == held


@pytest.mark.parametrize("line", ["² min read", "vor ² Stunden", "③ uur geleden", "²² hours ago"])
def test_digits_that_are_no_numbers_are_read(line):
    """Raised and ringed digits count for nothing."""
    read_page(line)


@pytest.mark.parametrize(
    ("line", "prose"),
    [
        ("他说：“手机谁都有，可是没人洗照片了。”", True),
        ("„Nein“, sagte er – „morgen.“", False),
        ("港町の最後の映画館、6月末で閉館", False),
    ],
)
def test_quotes_hide_no_letters(line, prose):
    """Two letters of a script without spaces are a word, whatever marks stand among them."""
    assert prose == read_page(line).lines[0].prose


DESK_NOTES = (
    "Eds: UPDATES with quote from dairy worker; ADDS cost in 4th graf. With AP Photos.",
    "Eds: Adds background in paragraphs 3-5.",
    "(Eds: Recasts lead, adds byline)",
    "EDS: Moving for weekend use.",
    "Eds: With photos, video.",
    "Eds. note: An earlier version moved on Monday.",
    "Editors: This version corrects the name of the ferry in the second paragraph.",
    "Note to editors: embargoed until 6 a.m. on Thursday.",
    "Attention editors: please note the new spelling of the mayor's name.",
    "Achtung Redaktionen: Neu im zweiten Absatz ist das Zitat der Ministerin.",
    "Avis aux rédactions : ajoute une citation du maire.",
    "Nota a los editores: actualiza con la respuesta del puerto.",
)
"""What a desk tells other desks, in some of its forms."""


@pytest.mark.parametrize("line", DESK_NOTES)
def test_a_desk_note_is_none_of_the_story(line):
    """A note for other desks is held by its rule, above the story and below it."""
    page = read_page("\n\n".join((line, *BEFORE, BEHIND, line)))

    assert {0, len(page.lines) - 1} == rule_hits(page)["desk_note"]


TOLD = (
    "The harbour board closed the ferry berth on Tuesday after divers found cracks in the piles.",
    "Repairs will take until the end of spring, the board said, and two smaller boats will serve.",
    "“Nobody should have to wait for the mail,” said Ada Brandt, who runs the shop on the island.",
    "The town has set aside money for a new berth, but will not vote on it before the summer.",
    "Freight goes by barge on two days of the week, and farmers are asked to order ahead of time.",
    "Divers will return in April to look at the remaining piles, which are as old as the others.",
)
KEPT_WHOLE = {
    "a pull quote of the author": (*TOLD[:4], "Ann Lee", *TOLD[4:]),
    "turns of an interview": (
        *TOLD[:2], "Ann Lee", TOLD[2], "Bo Ek", TOLD[3], "Ann Lee", TOLD[4], "Ann Lee", TOLD[5],
    ),
    "a handle above a quotation": (*TOLD[:4], "@harbourboard", *TOLD[4:]),
    "a namesake who is an editor": (
        *TOLD[:5],
        "John Lee, the editor of the island's calendar, was freed on Monday evening.",
        TOLD[5],
    ),
    "answers": tuple(line for each in TOLD for line in (each, "Antwort")),
    "ratings": tuple(line for each in TOLD for line in (each, "Rating")),
    "embedded posts": (*TOLD[:2], *("Reply", TOLD[2]) * 4, *TOLD[3:]),
    "a link to the comments in the second half": (*TOLD[:4], "12 comments", *TOLD[4:]),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT_WHOLE)
def test_names_and_buttons_inside_a_story_take_no_paragraph_along(name):
    """The author's name, a handle, a button or a link to the comments proves nothing alone."""
    text = "\n".join(("By Ann Lee", *KEPT_WHOLE[name]))
    article = clean_document(Document("0" * 32, "t", "t.txt", "text/plain", text), CleanConfig())

    assert [line for line in KEPT_WHOLE[name] if len(line) > 60] == [
        line for line in article.text.split("\n\n") if len(line) > 60
    ]
