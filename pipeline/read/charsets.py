"""What pages call an encoding → the codec that decodes what they mean by it.

By the WHATWG encoding standard (https://encoding.spec.whatwg.org/#names-and-labels):
old names stand for the superset that was in use under them. Only labels are listed
that Python does not know or would take at their word.
"""

from __future__ import annotations

LABELS: dict[str, str] = {
    label: codec
    for codec, labels in {
        "cp1252": "ansi_x3.4-1968 ascii us-ascii cp819 ibm819 iso-8859-1 iso-ir-100 iso8859-1 "
        "iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 csisolatin1 x-cp1252",
        "cp1254": "iso-8859-9 iso8859-9 iso88599 iso_8859-9 latin5 l5 csisolatin5 x-cp1254",
        "cp874": "tis-620 iso-8859-11 iso8859-11 iso885911 dos-874 windows-874",
        "cp1250": "x-cp1250",
        "cp1251": "x-cp1251",
        "cp1256": "x-cp1256",
        "gb18030": "gb2312 gb_2312 gb_2312-80 gbk x-gbk chinese csgb2312 iso-ir-58",
        "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
        "cp932": "shift_jis shift-jis sjis x-sjis ms_kanji ms932 windows-31j csshiftjis",
        "euc_jp": "x-euc-jp cseucpkdfmtjapanese",
        "cp949": "euc-kr ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 korean windows-949 cseuckr",
        "koi8_r": "koi koi8 koi8-r cskoi8r",
        "koi8_u": "koi8-ru",
        "iso8859_8": "iso-8859-8-i iso-8859-8-e logical visual",
        "mac_roman": "x-mac-roman macintosh csmacintosh mac",
        "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian",
        "utf-8": "utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8 "
        "utf-16 utf-16le utf-16be unicode ucs-2 x-user-defined",
    }.items()
    for label in labels.split()
}
