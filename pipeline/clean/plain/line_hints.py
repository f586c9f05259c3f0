"""Whole lines that sites have around a story and stories have as headings: kind → phrases by ``|``.

No rule holds one, as no rule holds for ``phrase_hints``: what is a header of readers' comments on
one page are the answers of a ministry on another. They are features of the model. Written as lines
are compared, in small letters and with σ for ς.
"""

from __future__ import annotations

LINE_HINTS: dict[str, str] = {
    "related": (
        "σχετικά θέματα|διαβάστε ακόμη|διαβάστε περισσότερα|δείτε επίσησ|τελευταία νέα"
        "|τελευταίεσ ειδήσεισ|kapcsolódó anyagok|ajánlott cikkek|további cikkek|ajánljuk még"
        "|címkék|štítky|další články|nejnovější články|ďalšie články|articole asemănătoare"
        "|citiți și|vezi și|etichete|ultimele știri|още по темата|още новини|вижте още"
        "|прочетете още|последни новини|тагове|схожі матеріали|останні новини|теги|більше новин"
        "|ещё новости|другие новости|последние новости|главные новости|рекомендуем"
        "|вам может быть интересно|etiketler|son haberler|diğer haberler|önerilen haberler"
        "|آخر الأخبار|المزيد من الأخبار|الكلمات المفتاحية|اخبار مرتبط|برچسب ها|آخرین اخبار"
        "|כתבות נוספות|עוד בנושא|קראו גם|תגיות|berita lainnya|berita terbaru|tin cùng chuyên mục"
        "|tin mới nhất|có thể bạn quan tâm|mer om ämnet|senaste nytt|fler artiklar|flere saker"
        "|siste nytt|seneste nyt|flere artikler|lisää aiheesta|uusimmat|tagi|polecamy"
        "|warto przeczytać|pročitajte i|etiquetas|altre notizie|mots clés|nos suggestions"
        "|autres articles|trefwoorden"
    ),
    "popular": (
        "δημοφιλή|τα πιο διαβασμένα|legolvasottabb|legolvasottabbak|nejčtenější|najčítanejšie"
        "|cele mai citite|най четени|най четеното|популярне|найпопулярніше|популярные новости"
        "|самые читаемые|топ новостей|en çok okunanlar|الأكثر مشاهدة|پربازدیدترین|پربازدیدها"
        "|הנקראות ביותר|populer|đọc nhiều|xem nhiều|tin nổi bật|najpopularniejsze|suosituimmat"
        "|mest leste|najčitanije|más vistos|les plus populaires|meest bekeken"
    ),
    "comments": (
        "σχολιάστε|hozzászólás|hozzászólok|kommentek|komentáre|коментари|коментирай"
        "|прокоментувати|прокомментировать|نظرات|دیدگاه ها|תגובות|ý kiến bạn đọc|kommentera"
        "|komentari|skomentuj"
    ),
    "share": (
        "κοινοποίηση|εκτύπωση|megosztás|nyomtatás|sdílet|tisknout|zdieľať|distribuie|imprimă"
        "|сподели|принтирай|поділитися|роздрукувати|распечатать|yazdır|مشاركة|طباعة|اشتراک گذاری"
        "|שתף|שתפו|הדפסה|chia sẻ|podijeli|drukuj|skriv ut"
    ),
    "read_more": (
        "περισσότερα|bővebben|celý článek|виж още|докладніше|детальніше|смотреть все|المزيد"
        "|اقرأ المزيد|קרא עוד|visa mer|vis mere|vis mer|rozwiń|czytaj dalej|opširnije"
    ),
    "newsletter": ("hírlevél|bülten|ενημερωτικό δελτίο|النشرة البريدية|розсилка"),
    "legal": (
        "impresszum|adatvédelem|ochrana osobních údajů|termeni și condiții|política de privadesa"
        "|künye"
    ),
    "ad": ("διαφήμιση|hirdetés|inzerce|publicitate|reclamă|تبلیغات|آگهی|פרסומת|quảng cáo|oglas"),
    "account": (
        "регистрация|вход|увійти|реєстрація|σύνδεση|εγγραφή|přihlásit se|předplatné|bejelentkezés"
        "|regisztráció|előfizetés|abonează te|üye ol|abone ol|تسجيل الدخول|ورود|عضویت|התחברות"
        "|הרשמה|đăng nhập|đăng ký"
    ),
    "nav": (
        "αρχική|ειδήσεισ|οικονομία|αθλητικά|επικοινωνία|címlap|belföld|külföld|gazdaság|domů"
        "|zahraničí|acasă|știri|начало|новини|головна|економіка|суспільство|anasayfa|ana sayfa"
        "|gündem|dünya|siyaset|أخبار|اتصل بنا|من نحن|صفحه اصلی|ورزشی|اقتصادی|דף הבית|חדשות|ספורט"
        "|צור קשר|trang chủ|thời sự|thể thao|giải trí|etusivu|inrikes|utrikes|forsiden|innenriks"
        "|utenriks|forside|indland|udland|naslovnica|vijesti"
    ),
}
"""Kind of ``phrase_tables.WHOLE`` → phrases that are a whole line, and headings of stories too."""
