"""What Chinese, Japanese, Korean and Thai sites write around a story, by how such a line begins.

Phrases are found by words elsewhere; these scripts have no spaces to tell words by, or, as Korean,
glue endings to them.
"""

from __future__ import annotations

import re

LOWEST = "\u0e00"
"""Below this letter stands none of these scripts."""
LOOKED_AT = 12
"""Characters within which such a line has one of its letters."""
SHORT = 40
"""Characters of the longest line of buttons, credits and names."""

CAPTION = 80
"""Characters of the longest caption that ends with who took the picture."""

_NOTICE = re.compile(
    r"[\s\[(（【〔《<*※▶■●◆・·]{0,3}(?:\d{1,2}[、.．]\s?)?(?:"
    r"责任编辑|責任編輯|责编[：:]|編輯[：:]|编辑[：:]|版权声明|版權聲明|免责声明|免責聲明|版权所有"
    r"|版權所有|凡注明|凡本网|凡本網|未经授权|未經授權|本文仅代表|本文僅代表|网友评论仅|網友評論僅"
    r"|以上网友发言|本网站内容|本網站內容|저작권자|무단\s?전재|기사제보|ⓒ|本サイトの|無断転載|"
    r"記事の無断|掲載の記事|ที่มา\s?[:：]|ขอบคุณภาพ|ลิขสิทธิ์"
    r")"
)
_BUTTON = re.compile(
    r"[\s\[(（【〔《<*※▶■●◆・·]{0,3}(?:"
    r"分享到|分享至|我要评论|我要分享|查看所有评论|点击图片|点击查看|点击进入|您当前的位置|当前位置"
    r"|字体[：:]|字体大|字号|打印本|更多>|更多＞|原标题|相关新闻|相关阅读|相關新聞|延伸閱讀|推荐阅读"
    r"|热门推荐|热门文章|上一篇|下一篇|来源[：:]|來源[：:]|记者[：:]|記者[：:]|作者[：:]|扫描二维码"
    r"|扫一扫|关注我们|関連記事|関連ニュース|関連リンク|あわせて読みたい|続きを読む|次のページ"
    r"|前のページ|こちらの記事も|ツイート|シェア|翻訳者|写真[：:=＝]|画像[：:=＝]|提供[：:=＝]"
    r"|スポンサードリンク|人気記事|新着記事|사진\s?[=:]|사진\s?제공|기사입력|입력\s?[:：]|관련\s?기사"
    r"|인기\s?뉴스|많이\s?본|뒤로가기|공유하기|อ่านเพิ่มเติม|ข่าวที่เกี่ยวข้อง|แชร์|แท็ก"
    r")"
)
_CREDITED = re.compile(
    r"[(（【〔\[](?=[^)）】〕\]]{0,30}"
    r"(?:编辑|編輯|报道|報導|报導|記者|记者|摄影|攝影|撮影|기자|사진))"
    r"[^)）】〕\]]{1,32}[)）】〕\]]"
)
_PICTURE = re.compile(r"[(（][^()（）]{1,24}(?:撮影|提供|摄|攝|摄影|攝影|사진|촬영)[)）]$")
"""Who took the picture, at the end of its caption."""
_REPORTER = re.compile(r"[가-힣]{2,4}\s?(?:인턴\s?)?기자(?:\s?[\w.+-]{1,40}@[\w.-]{1,40})?")


def is_notice(text: str) -> bool:
    """Whether a line is a site's notice, button or credit in one of these scripts.

    >>> is_notice("责任编辑：孔明"), is_notice("编辑部昨天迎来了新同事。"), is_notice("Share")
    (True, False, False)
    """
    if text.isascii() or max(text[:LOOKED_AT]) < LOWEST:
        return False
    if _NOTICE.match(text):
        return True
    if len(text) <= CAPTION and _PICTURE.search(text):
        return True
    if len(text) > SHORT or text[-1] in "。！？":
        return False
    if _BUTTON.match(text) or _CREDITED.fullmatch(text):
        return True
    return _REPORTER.fullmatch(text) is not None
