"""How a URI is taken apart, as the Rust crate `http` does it."""

import pytest

from meshpolicy.core.uri import Uri, host_of, is_authority, parse_path, parse_uri, port_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/live", Uri(path="/live")),
        ("/live?x=1", Uri(path="/live", query="x=1")),
        ("/live#top", Uri(path="/live")),
        ("/live?x=1#top", Uri(path="/live", query="x=1")),
        ("/live?x=é", None),
        ("/li ve", None),
        ('/{"a"}', Uri(path='/{"a"}')),
        ("/a^b", Uri(path="/a^b")),
        ("/é", None),
        ("*", Uri(path="*")),
        ("live", Uri(authority="live")),
        ("live/now", None),
        ("?x", None),
        ("", None),
        ("http://example.com/abs", Uri("http", "example.com", "/abs")),
        ("http://example.com", Uri("http", "example.com", "/")),
        ("HTTPS://example.com?x", Uri("https", "example.com", "/", "x")),
        ("ftp://a/b", Uri("ftp", "a", "/b")),
        ("http:///b", None),
        ("://a", None),
        ("a://", None),
        ("/" + "a" * 65534, None),
    ],
)
def test_a_uri_has_one_of_four_forms(text: str, expected: Uri | None) -> None:
    """A path, an asterisk, an authority, or all of it after a scheme; anything else is no URI."""
    assert parse_uri(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/a?b?c", ("/a", "b?c")),
        ("/a#b?c", ("/a", None)),
        ("?a", ("/", "a")),
        ("/é?é", ("/é", "é")),
        ("/a b", None),
        ("/a?<", None),
        ("/a?", ("/a", "")),
    ],
)
def test_a_request_target_is_a_path_and_a_query(text: str, expected: tuple[str, str | None] | None) -> None:
    """A fragment is dropped; letters of any script pass, as the proxy takes them."""
    assert parse_path(text) == expected


@pytest.mark.parametrize(
    ("authority", "valid", "host", "port"),
    [
        ("a", True, "a", None),
        ("a:80", True, "a", 80),
        ("a:", True, "a", None),
        ("a:+80", True, "a", 80),
        ("a:x", True, "a", None),
        ("a:65536", True, "a", None),
        ("user:secret@a:80", True, "a", 80),
        ("user%40@a", True, "a", None),
        ("a%2f", False, "a%2f", None),
        ("[::1]", True, "[::1]", None),
        ("[::1]:80", True, "[::1]", 80),
        ("[::a", False, "[::a]", None),
        ("a:1:2", False, "a", 2),
        ("a@", False, "", None),
        ("a b", False, "a b", None),
    ],
)
def test_an_authority_is_a_host_perhaps_with_user_and_port(
    authority: str, valid: bool, host: str, port: int | None
) -> None:
    assert is_authority(authority) is valid
    assert host_of(authority) == host
    assert port_of(authority) == port
