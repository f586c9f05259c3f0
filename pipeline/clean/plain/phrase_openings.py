"""Phrases that tell chrome at the beginning of a line, or inside one: kind → phrases by ``|``."""

from __future__ import annotations

OPENING: dict[str, str] = {
    "related": (
        "related articles|related stories|related posts|you may also|you might also|you may like"
        "|recommended for you|more from|more on this|more stories|more about|mehr zum thema|mehr zu"
        "|lesen sie auch|das könnte|à lire aussi|lire aussi|sur le même|te puede interesar"
        "|noticias relacionadas|artículos relacionados|leggi anche|potrebbe interessarti"
        "|leia também|veja também|lees ook|läs också|les også|læs også|читайте также|czytaj także"
        "|ilgili haberler|関連記事|baca juga|filed under|posted in|tagged with|tagged under|tags"
        ""
    ),
    "popular": (
        "most popular|most read|most viewed|meistgelesene|les plus lus|lo más leído|i più letti"
        "|as mais lidas|meest gelezen|trending now|access ranking"
    ),
    "comments": (
        "leave a comment|leave a reply|post a comment|add a comment|user comments|view comments"
        "|show comments|join the conversation|join the discussion|be the first to comment"
        "|you must be logged|you must log in|please log in to|log in or register|sign in to comment"
        "|comments are closed|comments on this|comments for|schreibe einen|laisser un commentaire"
        "|deja un comentario|deje un comentario|lascia un commento|deixe um comentário"
        "|geef een reactie|report comment|reply to|cancel reply|notify me of"
    ),
    "newsletter": (
        "sign up for|sign up to|subscribe to|subscribe for|subscribe now|get the latest|get our"
        "|get breaking news|get daily|never miss|stay up to date|stay updated|stay informed"
        "|join our|join thousands|enter your email|by signing up|by subscribing"
        "|by clicking subscribe|by submitting|by providing your email|you can unsubscribe"
        "|newsletter abonnieren|abonnieren sie|melden sie sich|jetzt anmelden|inscrivez vous"
        "|abonnez vous|recevez|suscríbete|suscríbase|iscriviti|assine|inscreva se|meld je aan"
        "|schrijf je in|delivered to your inbox|sent to your inbox|receive our|want more"
        "|download our app|download the app|get the app"
    ),
    "legal": (
        "copyright 19|copyright 20|copyright c|all rights reserved|alle rechte vorbehalten"
        "|tous droits réservés|todos los derechos|tutti i diritti|todos os direitos"
        "|alle rechten voorbehouden|terms of|privacy policy|cookie policy|this material may not"
        "|no part of this|reproduction of|this website uses|this site uses|we use cookies"
        "|we use our own|we and our partners|wir verwenden cookies|diese website verwendet"
        "|nous utilisons des|utilizamos cookies|usamos cookies|utilizziamo i cookie"
        "|questo sito utilizza|wij gebruiken|by continuing to|by using this|use of this site"
        "|the material on this site|this article was originally|this site is protected"
    ),
    "share": (
        "share on|share this|share via|click to share|click to email|click to print|follow us"
        "|follow me|like us on|find us on|connect with|facebook twitter|twitter facebook"
        "|auf facebook|per e mail|partager sur|compartir en|condividi su|compartilhar no"
        "|folgen sie uns|suivez nous|síguenos|seguici|siga nos|volg ons|tweet this|email this"
        "|print this"
    ),
    "read_more": (
        "read more|read full|read the full|continue reading|click here|see also|also read|read also"
        "|read next|lesen sie|mehr dazu|mehr zum|lire aussi|lire la suite|lee también|lea también"
        "|lea más|leggi anche|leggi tutto|leia mais|lees meer|lees ook|story continues"
        "|article continues|watch video|watch the video|view gallery|view photos|scroll down"
    ),
    "ad": (
        "advertisement|anzeige|sponsored by|presented by|paid for by|powered by|skip ad|ad feedback"
        "|as an amazon|we may earn|we earn|this post contains affiliate"
    ),
    "account": (
        "already a subscriber|already a member|already have an|not a subscriber|not a member"
        "|don t have an|forgot your|sign in|log in|subscribe today|subscribe from|start your free"
        "|become a member|become a subscriber|support our|support us|register for"
        "|to continue reading|you have reached your|you ve reached your|this article is for"
        "|this content is for|bereits abonnent|sie haben noch|jetzt abonnieren|jetzt weiterlesen"
        "|déjà abonné|article réservé|ya eres suscriptor"
    ),
    "nav": (
        "skip to|jump to|zum inhalt|aller au|ir al contenido|vai al contenuto|toggle|search for"
        "|back to|zurück zur|about us|contact us|advertise with|send us"
    ),
}
"""Kind → phrases that begin a line of at most ``phrases.OPENING_WORDS`` words."""

WITHIN: dict[str, str] = {
    "legal": (
        "all rights reserved|alle rechte vorbehalten|tous droits réservés"
        "|todos los derechos reservados|tutti i diritti riservati|todos os direitos reservados"
        "|terms of service and|our privacy policy|our cookie policy"
        "|use of cookies|third party cookies|we use cookies|uses cookies|use cookies to"
        "|cookie policy"
        "|may not be published broadcast|may not be reproduced|without prior written"
        "|without the express|views expressed in|registered trademark|protected by recaptcha"
        "|google privacy policy|verwendung von cookies|utilisation de cookies|uso de cookies"
        "|utilizzo dei cookie"
    ),
    "comments": (
        "monitor the comments|post comments that|comments that include|comment policy"
        "|commenting policy|comments policy|community guidelines|comments are moderated"
        "|comment moderation|moderate comments|email address will not be published"
        "|required fields are marked|logged in to post a comment|to post a comment|time i comment"
        "|kommentarfunktion|netiquette|e mail adresse wird nicht veröffentlicht"
        "|adresse e mail ne sera pas publiée|correo electrónico no será publicada"
        "|indirizzo email non sarà pubblicato|e mail não será publicado|your comment will"
        "|flag as inappropriate|report abuse|respectful of other"
    ),
    "newsletter": (
        "our newsletter|our newsletters|our free newsletter|our daily newsletter"
        "|our weekly newsletter|weekly recap|we send you the"
        "|to your inbox|in your inbox|straight to your inbox"
        "|our mailing list|unseren newsletter|unserem newsletter|notre newsletter|nuestro boletín"
        "|nuestra newsletter|nostra newsletter|nossa newsletter|onze nieuwsbrief"
        "|unsubscribe at any time|unsubscribe anytime|email updates|breaking news alerts"
        "|push notifications"
    ),
    "share": (
        "share on facebook|share on twitter|on facebook and twitter|follow us on"
        "|follow her on twitter|follow him on twitter|follow me on twitter|follow on twitter"
        "|like us on facebook|click to share|opens in new window|facebook twitter"
    ),
    "account": (
        "subscribe to read|subscribe to continue|already a subscriber|log in to continue"
        "|sign in to continue|register to continue|free trial|cancel anytime|cancel any time"
        "|jederzeit kündbar|supported by readers|by becoming a member|make a donation"
        "|support independent journalism"
    ),
    "embed": (
        "permission before anything is loaded|please enable javascript"
        "|javascript is disabled in your|your browser does not support"
        "|this video can not be played|supports html5 video"
        "|media could not be loaded|view this post on instagram|um diesen inhalt anzuzeigen"
        "|um diesen inhalt zu sehen|der externe inhalt angezeigt|externen inhalt der den artikel"
        "|empfohlener redaktioneller inhalt|redaktionell empfohlener inhalt"
        "|eingebettete inhalte anzuzeigen|drittplattformen übermittelt"
        "|pour afficher ce contenu vous|ce contenu est bloqué car|para ver este contenido debes"
        "|per visualizzare questo contenuto|om deze inhoud te bekijken|för att se detta innehåll"
        "|for å se dette innholdet|for at se dette indhold|nähdäksesi tämän sisällön"
        "|aby zobaczyć tę treść|bu içeriği görüntülemek için"
    ),
    "ad": (
        "affiliate commission|affiliate links|an affiliate commission|contain affiliate"
        "|sponsored content"
    ),
}
"""Kind → phrases anywhere in a line of at most ``phrases.WITHIN_WORDS`` words."""
