"""What a line says of time and place: each date belongs to its label, a dateline has a place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.datelines import find_dateline, printed_dates


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Updated 8 March 2024", {"date_modified": "2024-03-08"}),
        ("7 March 2024", {"date_published": "2024-03-07"}),
        ("Du 23/04/2024 au 27/04/2024", {}),
        ("Vom 23.04.2024 bis 27.04.2024", {}),
        ("Dal 23/04/2024 al 27/04/2024", {}),
        ("23/04/2024 a las 10:15", {"date_published": "2024-04-23T10:15:00"}),
        (
            "Updated: 1 October 2014 | Published: 28 March 2014",
            {"date_modified": "2014-10-01", "date_published": "2014-03-28"},
        ),
        (
            "Published 28 March 2014, updated 1 October 2014",
            {"date_published": "2014-03-28", "date_modified": "2014-10-01"},
        ),
        ("Mis à jour le 9 mars 2024", {"date_modified": "2024-03-09"}),
        ("Última actualización: 9 de marzo de 2024", {"date_modified": "2024-03-09"}),
        ("Laatst gewijzigd op 9 maart 2024", {"date_modified": "2024-03-09"}),
        ("Τελευταία ενημέρωση: 9 Μαρτίου 2024", {"date_modified": "2024-03-09"}),
        ("آخر تحديث: 9 مارس 2024", {"date_modified": "2024-03-09"}),
        ("最終更新:2024年3月9日", {"date_modified": "2024-03-09"}),
        ("2024年3月9日更新", {"date_modified": "2024-03-09"}),
        ("UpdatedMarch 9, 20242 comments", {"date_modified": "2024-03-09"}),
        ("Nora AldwinUpdatedMarch 9, 2024", {"date_modified": "2024-03-09"}),
        ("AktualisierungMärz 9, 2024", {"date_modified": "2024-03-09"}),
        ("Nora AldwinMarch 7, 2024", {"date_published": "2024-03-07"}),
        ("PublishedMarch 7, 2024", {"date_published": "2024-03-07"}),
        ("March 9, 2024 (updated)", {"date_modified": "2024-03-09"}),
        ("March 9, 2024 Updated 2 hours ago", {"date_published": "2024-03-09"}),
        ("2024年3月7日（2024年3月9日更新）", {"date_published": "2024-03-07"}),
        (
            "Publié le 7 mars 2024, mis à jour le 9 mars 2024",
            {"date_published": "2024-03-07", "date_modified": "2024-03-09"},
        ),
        (
            "입력 2024.03.07. 수정 2024.03.09.",
            {"date_published": "2024-03-07", "date_modified": "2024-03-09"},
        ),
    ],
)
def test_the_day_of_a_change_is_told_apart(text, days):
    """Each date belongs to the word before it; one without a word is that of publication."""
    found = {name: each.timestamp.isoformat() for name, each in printed_dates(text).items()}

    assert days == found


@pytest.mark.parametrize(
    "text",
    [
        "When: 9 March 2024, 7 pm",
        "Deadline: 9 March 2024",
        "Quand : 9 mars 2024",
        "Born on 9 March 2024",
        "Valid until 9.3.2024",
        "Release date: 9 March 2024",
        "Kinostart: 9. März 2024",
        "Archivbild vom 9. März 2024",
        "File photo, 9 March 2024",
        "Version 09.03.2024",
        "March 3, 1931 – March 9, 2024",
        "* 3. März 1931 † 9. März 2024",
        "9 March 2024: The council refuses the contract.",
        "Saturday 9 March 2024, 10am to 5pm",
        "9 March 2024, 10:00 – 12:30 pm",
        "Samstag, 9. März 2024, 10 bis 17 Uhr",
        "9 mars 2024, 10h à 17h",
    ],
)
def test_the_day_of_something_else_is_that_of_no_text(text):
    """An event, a life, a picture, a product, an entry of a chronicle."""
    assert {} == printed_dates(text)


@pytest.mark.parametrize(
    "text",
    [
        "Date: 9 March 2024",
        "9 March 2024 - 10:14",
        "9 March 2024, 5pm",
        "9. März 2024, 17 Uhr",
        "March 9, 2024 10:14 AM - 5 min read",
        "9 March 2024 - Harbour News",
        "March 9, 2024 - 5 min read",
        "Saturday – 9 March 2024 – Harbour",
        "9 March 2024: Harbour",
        "By Nora Aldwin | March 9, 2024 | 3 comments",
        "Termine und Nachrichten aus dem Kreis, 9. März 2024",
        "Press Release | March 9, 2024",
        "For Immediate Release: March 9, 2024",
        "Inicio > Noticias > 9 de marzo de 2024",
        "By Minnie Driver | March 9, 2024",
        "By Bill Frist March 9, 2024",
        "Foto: dpa | 9. März 2024",
        "Фото: ТАСС 9 марта 2024",
        "Text und Foto: Anna Schmidt, 9. März 2024",
        "By Ann Lee, The Next Web | March 9, 2024",
        "Leestijd 2 tot 3 minuten, 9 maart 2024",
        "Kapan Lebaran? 9 Maret 2024",
        "Modification du PLU - 9 mars 2024",
        "La Consulta modifica la legge - 9 marzo 2024",
        "Constitution amended, 9 March 2024",
    ],
)
def test_a_day_beside_other_words_is_that_of_the_text(text):
    """Dashes, colons and words that are no label of something else do not matter."""
    found = printed_dates(text)["date_published"]

    assert "2024-03-09" == found.timestamp.isoformat()[:10]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("TURKU—The harbour board has closed the ferry berth until the end of spring.", "TURKU"),
        ("NEW HOLM, Sept. 3 (AP) — The harbour board has closed the ferry berth.", "NEW HOLM"),
        ("Turku (Reuters) - The harbour board has closed the ferry berth.", "Turku"),
        ("Ferry stuck – A new engine is needed before the summer, the board has said.", None),
        ("NATO - a short history of the alliance and of all who wanted to leave it.", None),
        ("The board met—and left.", None),
    ],
)
def test_datelines(text, place):
    """A place in capitals or with an agency opens a dispatch; a headline or a name does not."""
    found = find_dateline(text)

    assert place == (found[0] if found else None)


LABELS = {
    "date_published": """
        Published|Veröffentlicht am|Online seit|Publié le|Fecha de publicación|Pubblicato il
        Publicado em|Geplaatst op|Publicerad|Data publikacji|Zveřejněno|Yayınlanma tarihi
        Опубликовано|Размещено|发布时间|公開日|입력|نشر في|Δημοσιεύτηκε|Diterbitkan|Datum|Date
        Fecha|日期""",
    "date_modified": """
        Last updated|Amended|Letzte Änderung|Überarbeitet am|Dernière modification|Modifié le
        Última modificación|Ultima modifica|Última atualização|Gewijzigd|Senast ändrad
        Data modyfikacji|Poslední aktualizace|Upraveno|Son değişiklik|Последнее обновление
        Дата изменения|更新于|最后修改|最終更新日|최종수정일|기사수정|آخر تعديل|تم التحديث
        Τελευταία τροποποίηση|Diubah|Actualizat|Frissítve""",
    None: """
        Date of event|Closing date|Doors open|Next issue|Printed on|Photo taken on
        Anmeldeschluss|Nächste Ausgabe|Gedruckt am|Foto vom|Date limite|Valable jusqu'au
        Consulté le|Prochain numéro|Fecha del evento|Plazo hasta el|Próximo número
        Data dell'evento|Quando|Scadenza|Stampato il|Data do evento|Inscrições até|Impresso em
        Wanneer|Geldig tot|Afgedrukt op|När|Sista ansökningsdag|Kiedy|Termin zgłoszeń
        Zdjęcie z|Datum akce|Platí do|Etkinlik tarihi|Son başvuru tarihi|Дата мероприятия
        Заявки принимаются до|Фото от|活动时间|报名截止|有效期至|開催日|応募締切|撮影日|행사일
        신청마감|متى|صورة من|Ημερομηνία εκδήλωσης|Προθεσμία υποβολής|Kapan|Batas pendaftaran""",
}  # fmt: skip


@pytest.mark.parametrize(
    ("label", "column"),
    [
        (label.strip(), column)
        for column, labels in LABELS.items()
        for label in labels.replace("\n", "|").split("|")
        if label.strip()
    ],
)
def test_a_label_tells_what_happened_that_day(label, column):
    """In twenty languages; an event, a deadline, a print-out and a picture are no publication."""
    found = printed_dates(f"{label}: 2024-05-16")

    assert {column: "2024-05-16"} == {name: each.timestamp.day for name, each in found.items()} or (
        not found and column is None
    )


@pytest.mark.parametrize(
    "text",
    [
        "Del 5 al 9 de agosto de 2025",
        "Venerdì 19, sabato 20 e domenica 21 luglio 2024",
        "Du jeudi 7 au samedi 9 novembre 2024 à 20h30",
        "من 10 إلى 24 نوفمبر 2024",
        "3-8 Ekim 2024",
        "9 t/m 11 september 2022",
        "Lördag 10 februari 2024 kl. 10–16",
    ],
)
def test_the_days_and_hours_of_an_event_are_no_stamp(text):
    """Whichever day of a span is read first."""
    assert {} == printed_dates(text)


@pytest.mark.parametrize(
    "text",
    [
        "10:30 - 16 May 2024",
        "Comments 30 | 16 May 2024",
        "3 min – 16 May 2024",
        "16 May 2024, kl. 10",
        "Publicerad 16 May 2024 kl. 10.30 - 3 min läsning",
        "16 May 2024 om 10:30 – 16 reacties",
        "16 May 2024 ore 10:30 - 0 commenti",
        "France 24 et AFP, 16 May 2024",
        "Rai 3 e Ansa, 16 May 2024",
        "Nr. 3-16 May 2024",
        "Kl. 10-16 May 2024",
    ],
)
def test_a_number_before_a_day_is_not_always_another_day(text):
    """A time of day, a count and a reading time."""
    assert "2024-05-16" == printed_dates(text)["date_published"].timestamp.day


@pytest.mark.slow
@given(st.text())
def test_never_raises(text):
    """Any text gives dates and a place, or none."""
    printed_dates(text)
    find_dateline(text)


@pytest.mark.parametrize(
    "label",
    [
        "ANALYSIS",
        "EXCLUSIVE",
        "RUGBY",
        "EILMELDUNG",
        "TÉMOIGNAGE",
        "ANÁLISIS",
        "ВИДЕО",
        "QUIZ NIGHT",
    ],
)
def test_a_label_in_capitals_is_no_place(label):
    """It opens the first sentence as a place does."""
    assert (
        find_dateline(f"{label} - The river rose by two metres on Friday, and no one knew why.")
        is None
    )
    assert find_dateline("HALDEN - The river rose by two metres on Friday, and no one knew why.")


@pytest.mark.parametrize(
    ("line", "days"),
    [
        ("*3 May 2024*", 1),
        ("_3 May 2024_", 1),
        ("* 3 May 2024", 1),
        ("*3 May 2024", 0),
        ("* 3 May 2024 in Bremen", 0),
        ("* 3 May 1950 in Bremen", 0),
        ("* 3 May 1950", 0),
    ],
)
def test_a_day_between_asterisks_is_emphasised(line, days):
    """One asterisk is before a day of birth, or before a new day in a list."""
    assert days == len(printed_dates(line))
