"""Urls: ``canonical_url`` gives one form per page, ``site_of`` the site of a page.

Nothing here opens a connection: the public suffix list is the copy shipped with ``tld``. Two urls
with the same canonical form are treated as the same page.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from tld import get_fld

TRACKING_PREFIXES = (
    # Google Analytics, Matomo (formerly Piwik), HubSpot, Mailchimp, Omeda, Vero, Webtrekk
    "utm_", "mtm_", "matomo_", "pk_", "piwik_", "hsa_", "_hs", "mc_", "oly_", "vero_", "wt_",
    # AT Internet, Comscore, links inside one's own site, consent pages that came in between
    "at_", "ns_", "itm_", "guce_", "aspsessionid",
)  # fmt: skip
"""Prefixes of query parameters that track how a reader arrived, not what is shown."""

TRACKING_NAMES = frozenset(
    {
        # click identifiers of advertisers and networks
        "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "ysclid",
        "twclid", "ttclid", "igshid", "igsh", "mibextid", "srsltid", "li_fat_id", "rdt_cid",
        "epik", "irclickid", "zanpid", "s_kwcid", "ef_id", "mkt_tok", "_ga", "_gl",
        # campaigns and referrers
        "cmp", "cmpid", "cmp_id", "campaign", "campaign_id", "campaignid", "xtor", "icid", "ncid",
        "ocid", "s_cid", "smid", "smtyp", "smprod", "spm", "elqtrack", "elqtrackid", "ref",
        "ref_src", "ref_url", "referrer", "referer", "refid", "src_campaign", "trk", "trkid",
        "tracking_id", "guccounter", "cn-reloaded", "ito", "dicbo", "feedtype", "share",
        "sharetype",
        # sessions
        "phpsessid", "jsessionid", "sessionid", "session_id", "sid", "cfid", "cftoken",
        # the order of what is around the article, such as comments
        "sort", "sortby", "sort_by", "sortorder", "sort_order", "orderby", "order_by",
        # AMP
        "amp",
    }
)  # fmt: skip
"""Query parameters (lower case) that do not change the article."""

AMP_PARAMETERS = frozenset({"outputtype", "output", "view", "format", "mode", "template"})
"""Query parameters (lower case) that are dropped when their value is ``amp``."""
MOBILE_LABELS = frozenset({"m", "mobile", "amp", "touch"})
"""First labels of hosts that show the pages of another host."""
_MAX_HOST_CHARS = 254
"""253, and the dot of a fully qualified name."""
_PORTS = {"http": 80, "https": 443}
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_ENTITY = re.compile(r"^(?:amp;)+", re.IGNORECASE)
"""What an ampersand copied from HTML leaves before the name of a parameter."""
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SAFE = "%/!$&'()*+,;=:@~?[]|"
_PLAIN = re.compile(r"[A-Za-z0-9/_.,;=:@+&!$'()*~?-]*")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?")
_INDEX = re.compile(r"(?<=/)(?:index|default)\.(?:html?|php|aspx?)$", re.IGNORECASE)
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
_AMP_CACHE = re.compile(r"/(?:c|v|wp)/(s/)?(.+)", re.DOTALL)
_AMP_VIEWER = re.compile(r"/amp/(s/)?([^/]+\.[^/]+/.*)", re.DOTALL)
_AMP_SEGMENT = re.compile(r"(?<=[^/])/amp(?=/?$)|^/amp(?=/[^/])", re.IGNORECASE)
_AMP_EXTENSION = re.compile(r"(?<=[^/])\.amp(?=(?:\.html?)?$)", re.IGNORECASE)


def canonical_url(url: str, base: str = "") -> str | None:
    """Return the form of *url* that all addresses of the same page share.

    Scheme and host are in lower case (other scripts as ``xn--``), without user, default port,
    fragment or trailing dot. Percent escapes are normalized and dot segments resolved. Parameters
    for tracking, sessions and sorting are dropped, the others sorted by name. AMP and mobile
    addresses become those of the regular page. Scheme, ``www.`` and a trailing slash are kept,
    since servers may distinguish them. The function is idempotent. *url* may be relative to *base*,
    the address of the page where it stands. The result is in ASCII; None if *url* is not an
    absolute http(s) url with a usable host.

    >>> canonical_url("HTTPS://amp.Example.org:443/a/../b?utm_source=x&id=2#top")
    'https://www.example.org/b?id=2'
    """
    try:
        parts = urlsplit(urljoin(base, url.strip()))
        port = parts.port
    except ValueError:  # brackets without an address, a port that is not a number
        return None
    host = _host_of(parts)
    if host is None:
        return None
    original = _behind_amp_cache(host, parts.path, parts.query)
    if original is not None:
        return canonical_url(original)
    host = _desktop_host(host)
    authority = f"[{host}]" if ":" in host else host
    if port is not None and port != _PORTS[parts.scheme]:
        authority = f"{authority}:{port}"
    query = _canonical_query(parts.query, host) if parts.query else ""
    path = _canonical_path(parts.path)
    return f"{parts.scheme}://{authority}{path}{'?' if query else ''}{query}"


def page_address(url: str) -> str:
    """Return the common part of addresses that servers rarely distinguish.

    Scheme, ``www.``, a trailing slash and the name of an index page are left out. Only texts that
    are alike count as versions of one page because of it. *url* is in canonical form.

    >>> page_address("http://www.example.org/a/"), page_address("https://example.org/a?id=2")
    ('example.org/a', 'example.org/a?id=2')
    """
    address, mark, query = url.partition("://")[2].removeprefix("www.").partition("?")
    return _INDEX.sub("", address).rstrip("/") + mark + query


def site_of(url: str) -> str | None:
    """Return the registrable domain of *url*: the public suffix and one more label.

    Private suffixes such as ``blogspot.com`` and ``github.io`` count as public. An unlisted
    top-level domain counts as a suffix, as the list's default rule says. An IP address, a host
    of one label and a bare suffix are their own site. The result is in lower-case ASCII; None if
    *url* is not an http(s) url.

    >>> site_of("https://news.example.co.uk/a")
    'example.co.uk'
    """
    try:
        host = _host_of(urlsplit(url.strip()))
    except ValueError:
        return None
    return None if host is None else _site_of_host(host)


def site_named(name: str | None) -> str | None:
    """Return the site that *name* refers to: of a host its registrable domain, else *name*.

    >>> site_named("www.Example.co.uk"), site_named("harbour"), site_named(" ")
    ('example.co.uk', 'harbour', None)
    """
    name = (name or "").strip()[:_MAX_HOST_CHARS].lower()
    if "://" in name:
        return site_of(name)
    return (site_of(f"https://{name}/") if "." in name else None) or name or None


def site_of_path(source: str, pattern: str) -> str | None:
    """Return the site that the path *source* names.

    Args:
        source: path from the input's root, with forward slashes.
        pattern: ``input.site``: empty for none; ``from_path`` for the first folder that is a host
            name with a public suffix, else the first folder; else a path with ``{site}``, where
            ``*`` is any part of a name and ``**`` any folders.

    >>> site_of_path("txt/example.org/a.txt", "from_path")
    'example.org'
    >>> site_of_path("2024/harbour-001.txt", "*/{site}-*.txt")
    'harbour'
    """
    if not pattern:
        return None
    if pattern != "from_path":
        found = _site_pattern(pattern).fullmatch(source.partition("#")[0])
        return site_named(found["site"]) if found else None
    folders = source.partition("#")[0].split("/")[:-1]
    named = next(filter(_is_public, folders), folders[0] if folders else None)
    return site_named(named)


def _is_public(name: str) -> bool:
    return "." in name and get_fld(f"http://{name}/", fail_silently=True) is not None


@lru_cache(maxsize=16)
def _site_pattern(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\{site\}|\*\*/?|\*)", pattern)
    known = {"{site}": "(?P<site>[^/]+?)", "**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}
    return re.compile("".join(known.get(part) or re.escape(part) for part in parts), re.DOTALL)


def _host_of(parts: SplitResult) -> str | None:
    """Return the host of an http(s) url; None if it has none, or one longer than names can be.

    Megabytes of letters would take IDNA minutes, and would stay in the caches.
    """
    host = parts.hostname or ""
    return _ascii_host(host) if parts.scheme in _PORTS and len(host) <= _MAX_HOST_CHARS else None


@lru_cache(maxsize=65_536)
def _ascii_host(host: str) -> str | None:
    """Normalize: lower case, no trailing dots, other scripts as ``xn--``; None if not a host."""
    host = host.lower().rstrip(".")
    if ":" in host:
        return _ip_text(host)
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii").lower().rstrip(".")
        except UnicodeError:  # an empty or over-long label
            return None
    return host if _HOST.fullmatch(host) and ".." not in host else None


def _ip_text(host: str) -> str | None:
    try:
        return str(ip_address(host))
    except ValueError:
        return None


@lru_cache(maxsize=65_536)
def _site_of_host(host: str) -> str:
    if _ip_text(host) is not None or "." not in host:
        return host
    # The list is in Unicode, hosts here are in ASCII.
    spelled = _unicode_host(host)
    found = get_fld(f"http://{spelled}/", fail_silently=True)
    labels = found.count(".") + 1 if found else 2
    return ".".join(host.split(".")[-labels:])


def _unicode_host(host: str) -> str:
    if "xn--" not in host:
        return host
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host


@lru_cache(maxsize=65_536)
def _desktop_host(host: str) -> str:
    """Drop a mobile label: ``en.m.x.org`` → ``en.x.org``; before the domain it becomes ``www``."""
    labels = host.split(".")
    own = _site_of_host(host).count(".") + 1
    kept = [label for label in labels[:-own] if label not in MOBILE_LABELS]
    if len(kept) == len(labels) - own:
        return host
    return ".".join([*(kept or ["www"]), *labels[-own:]])


def _behind_amp_cache(host: str, path: str, query: str) -> str | None:
    """Return the publisher's url within that of an AMP cache or viewer, or None."""
    if host.endswith(".cdn.ampproject.org"):
        match = _AMP_CACHE.fullmatch(path)
    elif host.startswith(("www.google.", "google.")):
        match = _AMP_VIEWER.fullmatch(path)
    else:
        return None
    if match is None:
        return None
    scheme = "https" if match[1] else "http"
    return f"{scheme}://{match[2]}{'?' if query else ''}{query}"


def _canonical_path(path: str) -> str:
    if ";" in path:
        path = _SESSION_IN_PATH.sub("", path)
    path = _escaped(path)
    if "//" in path and ":/" not in path:  # web archives have a whole url in their path
        path = re.sub(r"/{2,}", "/", path)
    if "/." in path:
        path = _without_dot_segments(path)
    if "amp" in path.lower():
        previous = ""
        while path != previous:
            previous = path
            path = _AMP_EXTENSION.sub("", _AMP_SEGMENT.sub("", path))
    return path or "/"


def _without_dot_segments(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == ".." and len(kept) > 1:
            kept.pop()
        elif segment not in {".", ".."}:
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/".join(kept) if len(kept) > 1 else "/"


def _canonical_query(query: str, host: str) -> str:
    pairs = [_ENTITY.sub("", pair) for pair in query.split("&")]
    return "&".join(sorted(_escaped(pair) for pair in pairs if _shows(pair, host)))


def _shows(pair: str, host: str) -> bool:
    """Whether a parameter may change what is shown."""
    name, _, value = pair.lower().partition("=")
    return not (
        not pair
        or name in TRACKING_NAMES
        or name.startswith(TRACKING_PREFIXES)
        or (name in AMP_PARAMETERS and value == "amp")
        or (pair == "m=1" and ".blogspot." in host)
    )


def _escaped(text: str) -> str:
    """Normalize percent escapes: unreserved characters plain, hex digits in upper case."""
    if _PLAIN.fullmatch(text):
        return text
    text = _STRAY_PERCENT.sub("%25", text)
    text = _ESCAPE.sub(_one_escape, text)
    return quote(text, safe=_SAFE, errors="replace")


def _one_escape(match: re.Match[str]) -> str:
    value = int(match[1], 16)
    return chr(value) if value in _UNRESERVED else match[0].upper()
