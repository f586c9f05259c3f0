"""Names of months in the languages of the sources, and names of time zones."""

from __future__ import annotations

# One month a line (continued with a backslash), with the short forms in print:
# en de fr es it pt nl sv da no fi pl cs ru uk tr id el ro hu ar
_MONTH_NAMES = """
january ianuarie január يناير jan januar jänner januari janvier janv enero ene gennaio gen \
    janeiro tammikuuta styczeń stycznia ledna января січня ocak ιανουαρίου
february februarie február فبراير feb februar februari février fevrier févr fév febrero \
    febbraio febb fevereiro fev helmikuuta luty lutego února февраля лютого şubat φεβρουαρίου
march martie március مارس mar märz maerz mrz maart mars marzo março marco maaliskuuta marzec \
    marca března марта березня mart maret μαρτίου
april aprilie április أبريل apr avril avr abril abr aprile huhtikuuta kwiecień kwietnia dubna \
    апреля квітня nisan απριλίου
may maja május مايو mai mayo maggio mag maio mei maj toukokuuta května мая травня mayıs μαΐου \
    μαίου
june iunie június يونيو jun juni juin junio giugno giu junho kesäkuuta czerwiec czerwca června \
    июня червня haziran ιουνίου
july iulie július يوليو jul juli juillet juil julio luglio lug julho heinäkuuta lipiec lipca \
    července июля липня temmuz ιουλίου
august augusztus أغسطس aug août aout agosto ago augustus augusti elokuuta sierpień sierpnia \
    srpna августа серпня ağustos agustus agu αυγούστου
september septembrie szeptember سبتمبر sept sep septembre septiembre setiembre settembre sett \
    set setembro syyskuuta wrzesień września září сентября вересня eylül σεπτεμβρίου
october octombrie október أكتوبر oct oktober okt octobre octubre ottobre ott outubro out \
    lokakuuta październik października října октября жовтня ekim οκτωβρίου
november noiembrie نوفمبر nov novembre noviembre novembro marraskuuta listopad listopada \
    listopadu ноября листопада kasım νοεμβρίου
december decembrie ديسمبر dec dezember dez décembre decembre déc diciembre dic dicembre \
    dezembro joulukuuta grudzień grudnia prosince декабря грудня aralık desember des \
    δεκεμβρίου
"""

MONTHS: dict[str, int] = {
    name: number
    for number, names in enumerate(_MONTH_NAMES.strip().splitlines(), 1)
    for name in names.split()
}
"""Case-folded name of a month, long or short → its number."""

ZONES: dict[str, int | str] = {
    "UTC": 0,
    "GMT": 0,
    "Z": 0,
    "WET": 0,
    "BST": 60,
    "CET": 60,
    "MEZ": 60,
    "CEST": 120,
    "MESZ": 120,
    "EET": 120,
    "EEST": 180,
    "MSK": 180,
    "PKT": 300,
    "WIB": 420,
    "SGT": 480,
    "HKT": 480,
    "JST": 540,
    "KST": 540,
    "AEST": 600,
    "AEDT": 660,
    "NZST": 720,
    "NZDT": 780,
    "EST": -300,
    "EDT": -240,
    "CDT": -300,
    "MST": -420,
    "MDT": -360,
    "PST": -480,
    "PDT": -420,
    "AKST": -540,
    "AKDT": -480,
    "HST": -600,
    "ET": "-300",
    "PT": "-480",
}
"""Zone → minutes east of UTC; as text where the summer time of the United States comes on top.

Names that stand for several zones (CST: Chicago, Shanghai; IST: Dublin, Mumbai, Jerusalem) are
left out: such a time is only a day.
"""
