"""Addresses: one form for one page, and its site."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.urls import canonical_url, site_of

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "urls.yaml").read_text("utf-8"))
SEGMENTS = st.sampled_from(
    ["amp", "AMP", "a", "..", ".", "", "x.amp.html", "amp.amp", "%2e", "%41", "%zz", "ä", ";sid=1"]
)
HOSTS = st.lists(st.sampled_from(["m", "amp", "www", "example", "co", "uk", "org"]), min_size=1)
QUERIES = st.lists(st.sampled_from(["amp", "amp;", "id=2", "b", "utm_a=1", "", "%26=%41", "q=ä"]))


@pytest.mark.parametrize("case", CASES["canonical"], ids=lambda case: case["url"])
def test_a_url_has_one_form(case: dict[str, str]) -> None:
    """What tells pages apart stays in the url, all else goes."""
    assert case["is"] == canonical_url(case["url"])


@pytest.mark.parametrize("case", CASES["site"], ids=lambda case: case["url"])
def test_a_site_is_the_registrable_domain(case: dict[str, str]) -> None:
    """The site is the public suffix and one label more."""
    assert case["is"] == site_of(case["url"])


@given(HOSTS, st.lists(SEGMENTS), QUERIES)
def test_a_canonical_url_is_its_own_canonical_url(
    host: list[str], segments: list[str], query: list[str]
) -> None:
    """Nothing that is folded uncovers something else to fold."""
    url = canonical_url(f"https://{'.'.join(host)}/{'/'.join(segments)}?{'&'.join(query)}")

    assert url is not None
    assert url == canonical_url(url)


@given(st.text())
def test_any_text_has_a_canonical_form_or_none(text: str) -> None:
    """No text is an error, and the form of every url is ASCII and stable."""
    for url in (text, f"http://{text}", f"https://example.org/{text}"):
        canonical = canonical_url(url)

        assert canonical is None or (canonical.isascii() and canonical == canonical_url(canonical))
        assert (site_of(url) is None) == (site_of(canonical or "") is None) or canonical is None


def test_a_host_longer_than_names_can_be_is_none() -> None:
    """253 letters may be a name; more are nobody's, in any script, and cost nothing."""
    longest = ".".join(["a" * 49] * 5) + ".org"
    for host in ("é" * 1_000_000, longest.replace("a", "b" * 50), "a." * 1_000_000):
        assert canonical_url(f"http://{host}/") is site_of(f"http://{host}/") is None

    assert f"http://{longest}/" == canonical_url(f"http://{longest}./")


def test_no_url_opens_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of public suffixes is the one that is installed."""

    def refused(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)

    assert site_of("https://www.unheard-of.example.com.br/") == "example.com.br"
    assert canonical_url("https://m.unheard-of.example.zz/") == "https://unheard-of.example.zz/"
