"""Nobody sees the mesh who does not show its token, and no other web page can have a browser ask for it."""

from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localmesh.page.door import Door

DOOR = Door(50750, "t0ken-of-this-mesh")
GOOD = {"host": "127.0.0.1:50750"}
texts = st.text(st.characters(codec="latin-1"), max_size=30)


@pytest.mark.parametrize("host", ["127.0.0.1:50750", "localhost:50750", "LOCALHOST:50750", "[::1]:50750"])
@pytest.mark.parametrize("more", [{}, {"sec-fetch-site": "none"}, {"sec-fetch-site": "same-origin"}])
def test_this_machine_by_its_own_names_is_answered(host: str, more: dict[str, str]) -> None:
    assert DOOR.refusal("GET", {"host": host, **more}) is None
    assert DOOR.refusal("GET", {"host": host, "origin": f"http://{host}", **more}) is None


@given(texts)
def test_by_any_other_name_nothing_is_answered(host: str) -> None:
    if host.lower() in ("127.0.0.1:50750", "localhost:50750", "[::1]:50750"):
        return
    refusal = DOOR.refusal("GET", {"host": host})
    assert refusal is not None
    assert refusal.status is HTTPStatus.MISDIRECTED_REQUEST


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example:50750"},
        {"host": "127.0.0.1.evil.example:50750"},
        {"host": "127.0.0.1"},
        {"host": "127.0.0.1:8080"},
        {},
        {**GOOD, "origin": "http://evil.example"},
        {**GOOD, "origin": "http://127.0.0.1:8080"},
        {**GOOD, "origin": "https://127.0.0.1:50750"},
        {**GOOD, "origin": "null"},
        {**GOOD, "sec-fetch-site": "cross-site"},
        {**GOOD, "sec-fetch-site": "same-site"},
    ],
)
def test_a_name_that_was_bound_anew_and_another_site_are_refused(headers: dict[str, str]) -> None:
    assert DOOR.refusal("GET", headers) is not None


@given(st.sampled_from(["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE"]) | st.text(max_size=8))
def test_nothing_can_be_changed(method: str) -> None:
    refusal = DOOR.refusal(method, GOOD)
    assert (refusal is None) == (method in ("GET", "HEAD"))


@given(texts)
def test_only_the_token_is_the_token(shown: str) -> None:
    assert DOOR.knows({"authorization": f"Bearer {shown}"}) == (shown.strip() == DOOR.token)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": DOOR.token},
        {"authorization": f"Basic {DOOR.token}"},
        {"authorization": f"Bearer {DOOR.token}x"},
        {"authorization": "Bearer "},
        {"cookie": f"token={DOOR.token}"},
    ],
)
def test_the_token_is_shown_as_a_bearers_and_in_no_other_way(headers: dict[str, str]) -> None:
    assert not DOOR.knows(headers)
