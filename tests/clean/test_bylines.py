"""Names come from explicit bylines and credits only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.bylines import (
    byline_names,
    read_byline,
    read_contributors,
    read_reporters,
)
from pipeline.clean.names import apart, author_names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("By Ada Brandt", ("Ada Brandt",)),
        ("BY ADA BRANDT May -03-2021 NOON 14:54", ("Ada Brandt",)),
        ("By Ada Brandt and Bo Ek, Harbour Post", ("Ada Brandt", "Bo Ek")),
        ("By Ada Brandt, Reuters", ("Ada Brandt",)),
        ("By Ada Brandt | The Tidal Times", ("Ada Brandt",)),
        ("Written by Ada O'Neill-Marsh", ("Ada O'Neill-Marsh",)),
        ("Von Ada Brandt und Bo Ek", ("Ada Brandt", "Bo Ek")),
        ("Par Adèle Brun et Léo Petit", ("Adèle Brun", "Léo Petit")),
        ("Por José de la Fuente", ("José de la Fuente",)),
        ("Di Ada Bruni", ("Ada Bruni",)),
        ("Door Ada van den Berg", ("Ada van den Berg",)),
        ("Author: Ada Brandt", ("Ada Brandt",)),
    ],
)
def test_bylines(text, expected):
    """A byline names its people, capitals spelled as names, outlets and dates left out."""
    assert expected == read_byline(text)


@pytest.mark.parametrize(
    "text",
    [
        "By Monday, the river had risen.",
        "By the sea",
        "By Staff Reporter",
        "By Reuters Staff",
        "By admin",
        "Von der Küste bis zu den Bergen wird es kalt.",
        "Par ailleurs, le port reste fermé.",
        "Ada Brandt",
        "By 2030 the ferry will be electric",
        "By",
    ],
)
def test_no_bylines(text):
    """Sentences, offices and bare names are no bylines."""
    assert () == read_byline(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada Brandt and Bo Ek contributed to this report.", ("Ada Brandt", "Bo Ek")),
        ("(Reporting by Ada Brandt in Turku; editing by Bo Ek)", ("Ada Brandt",)),
        ("Additional reporting by Ada Brandt.", ("Ada Brandt",)),
        ("Rain and wind contributed to the flood.", ()),
        ("Ada Brandt contributed two goals.", ()),
    ],
)
def test_contributors(text, expected):
    """Who contributed to the report is a contributor; what contributed to a flood is none."""
    assert expected == read_contributors(text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("By Nora Aldwin", ("Nora Aldwin",)),
        ("Posted on March 7, 2024 by Nora Aldwin", ("Nora Aldwin",)),
        ("March 7, 2024 By Nora Aldwin Leave a Comment", ("Nora Aldwin",)),
        ("Nora Aldwin, March 7, 2024", ("Nora Aldwin",)),
        ("Nora Aldwin Senior Politics Editor", ("Nora Aldwin",)),
        ("By Bo Ek in Oslo and Ann Lee in Turku", ("Bo Ek", "Ann Lee")),
        ("By Ann Lee, Reuters", ("Ann Lee",)),
        ("By AFP", ("AFP",)),
        ("Автор: Мария Петрова", ("Мария Петрова",)),
        ("홍길동 기자", ("홍길동",)),
        ("강변 수영장", ()),
        ("[Posted: Thu 12/01/2012 by Nora Aldwin www.gazette.example]", ("Nora Aldwin",)),
        ("Posted on28. Juli 201928. Juli 2019AuthorNora Aldwin4 Kommentare", ("Nora Aldwin",)),
        ("Posted 03/04/2024By Nora Aldwin", ("Nora Aldwin",)),
        ("Route 10by Land or Sea", ()),
        ("记者 李明", ("李明",)),
        ("文／記者王小明", ("王小明",)),
        ("מאת דנה לוי", ("דנה לוי",)),
        ("بقلم: محمد علي", ("محمد علي",)),
        ("लेखक: राम कुमार", ("राम कुमार",)),
        ("โดย สมชาย ใจดี", ("สมชาย ใจดี",)),
        ("Szerző: Kovács Anna", ("Kovács Anna",)),
        ("Yazan: Ayşe Kaya", ("Ayşe Kaya",)),
        ("Propos recueillis par Anne Durand", ("Anne Durand",)),
        ("By Ann Lee on May 3, 2024 at 7:18am", ("Ann Lee",)),
        ("By: Ann Lee | May 3, 2024 | 12 Comments", ("Ann Lee",)),
        ("By Ann Lee \u22c5 Review Editor \u22c5 Updated May 3, 2024", ("Ann Lee",)),
        ("By Ann Lee\u20145 min read", ("Ann Lee",)),
        ("By Ann Lee 5 minute read", ("Ann Lee",)),
        ("ByAnn Lee UpdatedMay 3, 2024", ("Ann Lee",)),
        ("By Ann LeeMay 3, 2024", ("Ann Lee",)),
        ("Byron Lee", ("Byron Lee",)),
        ("June May", ("June May",)),
        ("Autor: Ann Lee. Data publikacji 2011-05-31 11:30", ("Ann Lee",)),
        ("Von Ann Lee Kategorien: Mode 6. November 2023", ("Ann Lee",)),
        ("Par Ann Lee le 7 mai 2020", ("Ann Lee",)),
        ("Author Ann Lee", ("Ann Lee",)),
        ("Interview: Ann Lee", ("Ann Lee",)),
        ("Jonas A. Field", ("Jonas A. Field",)),
        ("Ada von Bergen", ("Ada von Bergen",)),
        ("Kolumne von Ada Bergen", ("Ada Bergen",)),
        ("Written by Tilda", ("Tilda",)),
        ("7. Mai 2020 von Tilda in Reisen", ("Tilda",)),
        ("Tilda", ("Tilda",)),
        ("記者王小明／台北報導", ("王小明",)),
        ("新华社记者王小明 李明", ("王小明", "李明")),
        ("（记者 王小明）今天上午，桥梁恢复通车。", ("王小明",)),
        ("王小明", ("王小明",)),
        ("環球新聞電台報導", ()),
        ("HBT", ()),
        ("Harbour Staff", ("Harbour Staff",)),
        ("By Harbour Team", ("Harbour Team",)),
        ("May 3, 2024 | 12 Comments", ()),
        ("Kommentare: 3", ()),
        ("Text von Ann Lee Illustration von Bo Ek", ("Ann Lee",)),
        ("Words and photos by Ann Lee", ("Ann Lee",)),
        ("Reviewed by Bo Ek | Written by Ann Lee", ("Ann Lee",)),
        ("Ann LeeTravel News Reporter", ("Ann Lee",)),
        ("By Ann LeeTwitter", ("Ann Lee",)),
        ("PorLucía Campo", ("Lucía Campo",)),
        ("By Ann DiMarco", ("Ann DiMarco",)),
        ("Par Élodie Marchand Publié le 3 mars 2022", ("Élodie Marchand",)),
        ("Par Anne Durand et Luc d\u2019Arvor", ("Anne Durand", "Luc d\u2019Arvor")),
        ("By Prof. Ann Lee", ("Prof. Ann Lee",)),
        ("홍길동·이영희 기자", ("홍길동", "이영희")),
        ("文 王小明", ("王小明",)),
        ("Photo by Ann Lee", ()),
        ("Fotos von Ann Lee", ()),
        ("Translated by Ann Lee", ()),
        ("Sponsored by Harbour Bank", ()),
        ("Copyright Ann Lee", ()),
        ("Nora Aldwin at the harbour", ()),
        ("Nora Aldwin at Harbour Post", ("Nora Aldwin",)),
        ("By Nora Aldwin at the harbour", ("Nora Aldwin",)),
        ("Sabine Kessler am Hafen", ()),
        ("Sabine Kessler am 3. Mai 2024", ("Sabine Kessler",)),
        ("Ingrid Dahl i hamnen", ()),
        ("Мария Петрова в порту", ()),
        ("Claire Dumont au port", ()),
        ("Claire Dumont à Paris", ("Claire Dumont",)),
        ("Nora Aldwin (left) and Bo Ek", ()),
        ("Nora Aldwin (Harbour Post)", ("Nora Aldwin",)),
        ("Jonas Voss (SPD)", ()),
        ("Jonas Voss (dpa)", ("Jonas Voss",)),
        ("Bo Ek | Unsplash", ()),
        ("Bo Ek | Gazette", ("Bo Ek",)),
        ("Ben Walker, 22: case adjourned", ()),
        ("Ben Walker, 10:14", ("Ben Walker",)),
        ("Mit Jonas Voss und Anna Berg", ()),
        ("Mithat Demir", ("Mithat Demir",)),
        ("Sydney Airport", ()),
        ("Sydney Miller", ("Sydney Miller",)),
        ("Die Brücke", ()),
        ("By Harbour Gazette", ()),
        ("Interview: Harbour", ()),
        ("Von der Leyen", ()),
        ("Top Stories", ()),
        ("Politics", ()),
        ("Wirtschaft", ()),
        ("Спорт", ()),
        ("March", ()),
        ("Freitag", ()),
        ("Autor:", ()),
        ("Редакция", ()),
        ("文化活动", ()),
        ("天文学家", ()),
        ("投稿者: 山田太郎", ("山田太郎",)),
        ("作者简介", ()),
        ("新华社", ()),
        ("記者会見", ()),
        ("기자회견", ()),
        ("スポーツ", ()),
        ("Sports Desk", ()),
        ("Monday", ()),
        ("By the river", ()),
        ("Von Hand", ()),
        ("By Staff Reporter", ()),
        ("Special to the Gazette", ()),
        ("@noraaldwin", ()),
        ("Posted on 2024-05-03 by tarknot | Leave a comment", ("tarknot",)),
        ("von tarknot · 3. Mai 2024", ("tarknot",)),
        ("Eingestellt von Moorfrosch um 10:52", ("Moorfrosch",)),
        ("Autor: kielholz", ("kielholz",)),
        ("von tarknot", ()),
        ("Written by hand", ()),
        ("by the river, May 3, 2024", ()),
        ("Posted by admin on May 3, 2024", ()),
        ("by harbouradmin, May 3, 2024", ()),
        ("Posted by email on May 3, 2024", ()),
        ("Posted by @noraaldwin on May 3, 2024", ()),
        ("Autor: harbour.example", ()),
        ("Von uns am 3. Mai 2024", ()),
        ("Über Nora Aldwin", ("Nora Aldwin",)),
        ("About the Author - Nora Aldwin", ("Nora Aldwin",)),
        ("Meet Nora Aldwin", ("Nora Aldwin",)),
        ("Byby ANN LEE and BO EK", ("Ann Lee", "Bo Ek")),
        ("Über uns", ()),
        ("Über Moorfrosch", ()),
        ("Über den Fluss", ()),
        ("About Us", ()),
        ("Meet the Team", ()),
        ("By Ann Lee Ann Lee", ("Ann Lee",)),
        ("Boutros Boutros-Ghali", ("Boutros Boutros-Ghali",)),
        ("Von Sabine Kessler Landespolitische Korrespondentin", ("Sabine Kessler",)),
        ("Nora Aldwin Founder & Lead Reviewer", ("Nora Aldwin",)),
        ("Nora Aldwin Author", ("Nora Aldwin",)),
        ("Redaktion Hafenblatt", ("Redaktion Hafenblatt",)),
        ("HB-Redaktion", ("HB-Redaktion",)),
        ("Por Redacción Diario Faro", ("Redacción Diario Faro",)),
        ("By The Harbour editors", ("The Harbour editors",)),
        ("By Harbour Staff Report", ("Harbour Staff Report",)),
        ("Team Tarknot", ("Team Tarknot",)),
        ("Our Editors", ()),
        ("Contact Editors", ()),
        ("Redaktion und Verlag", ()),
        ("Team building", ()),
        ("Victoria Harcourt", ("Victoria Harcourt",)),
        ("Rozmawiała Jagoda Przybylska", ("Jagoda Przybylska",)),
        ("Texto de Thaís Vasconcelos", ("Thaís Vasconcelos",)),
        ("Корреспондент Ярослава Кудеярова", ()),
        ("Иван Петров, корреспондент РИА Новости", ("Иван Петров",)),
        ("Μαρία Παπαδοπούλου, καθηγήτρια του Πανεπιστημίου Αθηνών", ("Μαρία Παπαδοπούλου",)),
        ("Muhabir: Elif Bozdağlı", ("Elif Bozdağlı",)),
        ("Της Ναυσικάς Πετροπούλου", ("Ναυσικάς Πετροπούλου",)),
        ("글 한비결", ("한비결",)),
        ("تقرير: الجيش الإسرائيلي يستعد", ()),
        ("Testo e foto di Mario Rossi", ("Mario Rossi",)),
        ("Produced by Ann Lee and written by Bo Ek", ("Bo Ek",)),
        ("Text: Nora Aldwin, Fotos von Bo Ek", ("Nora Aldwin",)),
        ("Minnie Driver | 4 May 2024", ("Minnie Driver",)),
        ("Nora Aldwin: May 3, 2021", ("Nora Aldwin",)),
        ("نشر في 4 مايو 2023 | تم التحديث 5 مايو 2023", ()),
        ("Salud Hernández", ("Salud Hernández",)),
        ("本报讯（记者 袁澈 通讯员 胡一粟）", ("袁澈", "胡一粟")),
        ("Produced by Rosalind Achterby", ()),
        ("Traduzione di Ginevra Tarantola", ()),
        ("آخر تحديث: 1 مايو 2023", ()),
        ("نشر في 12 أبريل 2023", ()),
        ("Letzte Aktualisierung: 16. Mai 2024", ()),
        ("Nora Aldwin Published May 3, 2021", ("Nora Aldwin",)),
    ],
)
def test_names_of_a_byline(text, names):
    """Labels, dates, offices, places and handles are no names; pen names, agencies, staff are."""
    assert names == byline_names(text)


@pytest.mark.slow
@given(st.text())
def test_never_raises(text):
    """Any text gives names or none."""
    for line in (text, "By " + text, text + " contributed to this report."):
        read_byline(line)
        read_contributors(line)
        byline_names(line)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("本报讯（记者王硕）昨天，河水上涨。", ("王硕",)),
        ("本报讯（记者王\u3000硕 李明）昨天，河水上涨。", ("王硕", "李明")),
        ("中新社北京1月17日电 (记者 孙自法)昨天，河水上涨。", ("孙自法",)),
        ("新华社北京1月1日电（记者张三、李四四）昨天，河水上涨。", ("张三", "李四四")),
        ("南方日報訊 (記者/曹斯)昨天，河水上漲。", ("曹斯",)),
        ("〔記者李明明／台北報導〕昨天，河水上漲。", ("李明明",)),
        ("(서울=연합뉴스) 김철수 기자 = 강물이 불었다.", ("김철수",)),
        ("[서울=뉴시스] 홍길동·이영희 기자 = 강물이 불었다.", ("홍길동", "이영희")),
        ("本报讯（记者 王硕 通讯员 李明）昨天，河水上涨。", ("王硕", "李明")),
        ("本报讯（记者王硕 通讯员李明）昨天，河水上涨。", ("王硕", "李明")),
        ("本报讯（记者王硕 报道）昨天，河水上涨。", ("王硕",)),
        ("本报讯（记者王硕、本报记者李明）昨天，河水上涨。", ("王硕", "李明")),
        ("(서울=뉴스1) 김철수 기자, 이영희 기자 = 강물이 불었다.", ("김철수", "이영희")),
        ("(서울=연합뉴스) 김철수 의학전문기자 = 강물이 불었다.", ("김철수",)),
        ("(서울=연합뉴스) 김철수 워싱턴특파원 = 강물이 불었다.", ("김철수",)),
        ("[서울=뉴시스] 정치부 기자 = 강물이 불었다.", ()),
        ("本报讯（记者 王硕 李明摄）昨天，河水上涨。", ()),
        ("市民在河边游泳（本报记者王硕）。", ()),
        ("本报讯（记者王硕文/图）昨天，河水上涨。", ()),
        ("【记者手记】昨天，河水上涨。", ()),
        ("（综合记者报道）昨天，河水上涨。", ()),
        ("【記者会見】昨日、川の水位が上がった。", ()),
        ("(서울=연합뉴스) 김철수 수습기자 = 강물이 불었다.", ("김철수",)),
        ("(서울=연합뉴스) 김철수 선임 기자 = 강물이 불었다.", ("김철수",)),
        ("(서울=연합뉴스) 김철수 사진기자 = 강물이 불었다.", ("김철수",)),
        ("本报讯（记者王硕摄）昨天，河水上涨。", ()),
        ("（记者招待会）昨天，河水上涨。", ()),
        ("（记者协会）昨天，河水上涨。", ()),
        ("（记者提供）昨天，河水上涨。", ()),
        ("（中央社記者王大明台北1日電）昨天，河水上漲。", ()),
        ("本报讯（记者彭晗侯婷）昨天，河水上涨。", ()),
        ("（记者会）昨天，河水上涨。", ()),
        ("本报讯（记者站）昨天，河水上涨。", ()),
        ("市长昨天对记者说，河水上涨。", ()),
        ("市长昨天在河边的一次会议上说，河水上涨，桥梁已经关闭，请绕行。（记者王硕）", ()),
        ("강물이 불었다고 홍길동 기자 = 말했다.", ()),
        ("(Xinhua) Reporter Wang Shuo", ()),
    ],
)
def test_reporters_open_a_story_as_datelines_do(text, names):
    """In brackets after ``记者``, or before ``기자 =``; not names that cannot be told apart."""
    assert names == read_reporters(text)


@pytest.mark.parametrize(
    ("text", "persons", "houses"),
    [
        ("By Jane Doe BBC News", ["Jane Doe"], ["BBC News"]),
        ("By Jane Doe, The Canadian Press", ["Jane Doe"], ["The Canadian Press"]),
        ("By Jane Doe Reuters", ["Jane Doe"], ["Reuters"]),
        ("By Jane Doe and Bo Ek CNN", ["Jane Doe", "Bo Ek"], ["CNN"]),
        ("By Jane Doe with Reuters", ["Jane Doe"], ["Reuters"]),
        ("Par Jean Mora avec AFP", ["Jean Mora"], ["AFP"]),
        ("Par Jean Mora, avec l’AFP", ["Jean Mora"], ["AFP"]),
        ("Par Jean Mora avec AFP et Reuters", ["Jean Mora"], ["AFP", "Reuters"]),
        ("Von Jana Roth und dpa", ["Jana Roth"], ["dpa"]),
        ("Von Jana Roth mit dpa", ["Jana Roth"], ["dpa"]),
        ("Von Jana Roth/dpa", ["Jana Roth"], ["dpa"]),
        ("Por Ana Ruiz con EFE", ["Ana Ruiz"], ["EFE"]),
        ("Di Anna Rossi con ANSA", ["Anna Rossi"], ["ANSA"]),
        ("Door Jan Smit met ANP", ["Jan Smit"], ["ANP"]),
        ("Av Kari Lund med NTB", ["Kari Lund"], ["NTB"]),
    ],
)
def test_an_agency_after_a_name_is_no_part_of_it(
    text: str, persons: list[str], houses: list[str]
) -> None:
    """Metadata has the agency as another author, a printed byline only persons."""
    assert (*persons, *houses) == author_names([text])
    assert tuple(persons) == byline_names(text)
    assert tuple(persons) == read_byline(text)


@pytest.mark.parametrize(
    "name",
    [
        "Michael Bloomberg", "Ana Maria Ani", "Jo Ann Sid", "JO ANN TASS", "Reuters Lee",
        "Apa Sherpa", "Anna Epdal", "Jan Sky Newsome",
    ],
)  # fmt: skip
def test_a_name_that_ends_like_an_agency_is_one(name: str) -> None:
    """A surname has one capital, and a given name is before it."""
    assert name == apart(name)
    assert (name,) == author_names([f"By {name}"])
