"""Words that tell who speaks to whom: a remark to readers, a reader's remark, a site's own voice.

Signs of chrome that prose can carry too, so they are features of the line model and no rules.
"""

from __future__ import annotations

import re

FIRST_PERSON = frozenset(
    "i me my mine myself ive im we our us ich mich mir mein meine wir uns unser je j mon"
    " ma mes nous notre yo mi mis nos eu meu minha io mio noi nostro jag vi jeg я мы"
    " мой наш ik mijn".split()
)
SECOND_PERSON = frozenset(
    "you your yours u du dich dir dein deine ihr euch ihnen ihre vous votre vos tu ton"
    " tes te usted su sus você seu sua voi vostro ni er din вы ваш вас je uw".split()
)
INFORMAL = frozenset(
    "lol lmao omg imo imho btw fyi thanks thank thx wow haha hahaha yeah yep yup nope ok okay"
    " gonna wanna gotta dude guys folks agree disagree agreed amen awesome congrats hello hi hey"
    " dear please sorry idiot idiots stupid ridiculous nonsense bs bullshit crap damn shame troll"
    " trolls commenter commenters poster posters article author blog dont doesnt isnt thats youre"
    " danke dankeschön hallo liebe lieber liebes grüße grüsse gruß gruss lg vg toll toller tolle"
    " artikel beitrag kommentar leider genau quatsch unsinn naja tja hm hmm merci bonjour bravo"
    " salut article billet mdr ptdr gracias hola saludos artículo felicidades enhorabuena jaja"
    " jajaja grazie ciao complimenti articolo saluti obrigado obrigada parabéns olá abraço artigo"
    " kkk rsrs bedankt hoi groetjes dank artikel спасибо привет статья статью автор автору"
    " согласен кстати dziękuję dzięki cześć pozdrawiam artykuł brawo tack hej hälsningar takk"
    " hilsen teşekkürler merhaba شكرا 谢谢 謝謝 哈哈 楼主 支持 加油 감사합니다".split()
)
"""Words of readers who talk to one another, to the author and about the article."""
REMARKS = frozenset(
    "reply replies replydelete delete says said wrote writes ago permalink like likes upvote"
    " downvote upvotes votes flag rating"
    " report quote edit posted commented comment member joined antworten antwort melden"
    " schreibt schrieb kommentar kommentieren répondre réponse signaler responder"
    " responde dijo denunciar rispondi odpowiedz zgłoś svara svar ответить"
    " назад".split()
)
"""Words that stand between readers' remarks, in short lines."""
SPACELESS_TERMS = tuple(
    "原标题 责任编辑 責任編輯 编辑： 編輯： 编辑: 来源： 來源： 来源: 转载 轉載 版权 版權"
    " 侵权 免责声明 未经授权 相关阅读 相關閱讀 相关新闻 相關新聞 延伸阅读 延伸閱讀"
    " 推荐阅读 推薦閱讀 更多 点击 點擊 點我 分享 微信 微博 扫码 扫描 二维码 客户端 下载"
    " 下載 登录 登錄 登入 注册 註冊 订阅 訂閱 评论 評論 留言 发布于 热门 熱門 排行 广告"
    " 廣告 首页 首頁 上一篇 下一篇 返回 举报 收藏 点赞 公众号 关注我们 關注 追蹤 粉絲"
    " 会员 會員 资料图 資料圖 图片来源 圖片來源 图： 圖： 记者 記者 無料 有料 登録"
    " ログイン シェア 印刷 フォロー 関連記事 関連ニュース 関連リンク あわせて読みたい"
    " おすすめ 人気記事 ランキング 記事を書いた 著者 プロフィール 続きを読む もっと見る"
    " 一覧 無断 著作権 転載 提供 撮影 写真= 写真： （写真 写真/ 画像 配信 最終更新 更新："
    " 公開： コメント ツイート メルマガ お問い合わせ 利用規約 プライバシー 広告 購読"
    " キャンペーン アプリ ダウンロード クリック 新着 バックナンバー 特集 連載"
    " トップページ ホーム 編集部 月額 読み放題 기자 무단전재 무단 재배포 금지 저작권자"
    " 구독 댓글 좋아요 공유 제보 로그인 회원가입 관련기사 인기기사 페이스북 트위터 카카오"
    " 입력 수정 사진= 이메일 광고 더보기 다운로드 네이버 채널".split()
)
"""What sites say around a story in scripts in which a line's words cannot be told apart."""
SPACELESS_TERM = re.compile("|".join(sorted(SPACELESS_TERMS, key=lambda term: (-len(term), term))))
