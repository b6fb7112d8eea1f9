"""Linkerd adds, sets, then removes; what is written for Envoy, which removes first, comes out the same (R54)."""

from hypothesis import given
from hypothesis import strategies as st

from localmesh.envoy import Json
from localmesh.envoy.filters import header_changes, redirect
from meshpolicy.core.policy import HeaderChange, Redirect

NAMES = st.sampled_from(["x", "y", "z"])
PAIRS = st.lists(st.tuples(NAMES, st.sampled_from(["1", "50%"])), max_size=2, unique_by=lambda pair: pair[0]).map(tuple)
CHANGES = st.builds(HeaderChange, PAIRS, PAIRS, st.lists(NAMES, max_size=2).map(tuple))


@given(st.lists(CHANGES, max_size=3).map(tuple), st.dictionaries(NAMES, st.just("0")))
def test_the_app_sees_the_same_headers(changes: tuple[HeaderChange, ...], sent: dict[str, str]) -> None:
    assert _as_linkerd(changes, sent) == _as_envoy(header_changes(changes), sent)


def test_a_redirect_says_only_what_it_changes() -> None:
    found = redirect((HeaderChange(), Redirect(301, hostname="example.com")))
    assert found == {"host_redirect": "example.com", "response_code": "MOVED_PERMANENTLY"}


def test_without_a_redirect_there_is_none() -> None:
    assert redirect((HeaderChange(),)) is None


def _as_linkerd(changes: tuple[HeaderChange, ...], sent: dict[str, str]) -> dict[str, str]:
    seen = dict(sent)
    for change in changes:
        for name, value in change.add:
            seen[name] = f"{seen[name]},{value}" if name in seen else value
        seen |= dict(change.set)
        seen = {name: value for name, value in seen.items() if name not in change.remove}
    return seen


def _as_envoy(changes: Json, sent: dict[str, str]) -> dict[str, str]:
    seen = {name: value for name, value in sent.items() if name not in changes.get("request_headers_to_remove", [])}
    for change in changes.get("request_headers_to_add", []):
        name, value = change["header"]["key"], change["header"]["value"].replace("%%", "%")
        appended = change["append_action"] == "APPEND_IF_EXISTS_OR_ADD" and name in seen
        seen[name] = f"{seen[name]},{value}" if appended else value
    return seen
