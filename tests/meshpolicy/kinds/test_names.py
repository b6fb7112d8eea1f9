"""Which names Kubernetes accepts, held against second implementations that look at one sign after another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshpolicy.core.errors import Place, Problem
from meshpolicy.core.fields import Fields
from meshpolicy.kinds.names import check_subdomain, check_unique, is_label, is_port_name, is_subdomain


def holds_signs(part: str) -> bool:
    """Whether a part of a name of DNS is not empty, holds no other sign, and begins and ends well."""
    signs = all("a" <= sign <= "z" or "0" <= sign <= "9" or sign == "-" for sign in part)
    return bool(part) and signs and part[0] != "-" and part[-1] != "-"


@given(st.text("az09-A_./", max_size=17))
def test_a_port_name_is_read_as_rfc_6335_says(text: str) -> None:
    letters = [sign for sign in text if "a" <= sign <= "z"]
    signs = all("a" <= sign <= "z" or "0" <= sign <= "9" or sign == "-" for sign in text)
    ends = not text.startswith("-") and not text.endswith("-")
    assert is_port_name(text) == (1 <= len(text) <= 15 and signs and ends and bool(letters) and "--" not in text)


@given(st.text("az09-A_.", max_size=9), st.sampled_from((1, 7, 60, 255)))
def test_names_of_dns_are_read_as_rfc_1123_says(text: str, times: int) -> None:
    name = text * times
    assert is_label(name) == (holds_signs(name) and len(name) <= 63)
    assert is_subdomain(name) == (all(map(holds_signs, name.split("."))) and len(name) <= 253)


@pytest.mark.parametrize(
    ("name", "begins", "message"),
    [
        ("a.b", False, ""),
        ("a-", False, "is `a-`: a name holds"),
        ("a-", True, ""),
        ("a.-", True, ""),
        ("-", True, "is `-`: a name holds"),
        ("", True, "is missing or empty"),
    ],
)
def test_a_name_may_end_with_a_dash_where_it_begins_others(name: str, begins: bool, message: str) -> None:
    problems: list[Problem] = []
    check_subdomain(Fields({}, Place(""), problems), "name", name, begins=begins)
    assert [problem.message[: len(message)] for problem in problems] == [message] * bool(message)


@given(st.lists(st.sampled_from(("a", "b", "A", "")), max_size=6))
def test_each_valid_name_but_its_first_is_told_to_be_given_already(names: list[str]) -> None:
    problems: list[Problem] = []
    check_unique([Fields({"name": name}, Place("", field=str(at)), problems) for at, name in enumerate(names)], "port")
    again = [f"{at}.name" for at, name in enumerate(names) if name in ("a", "b") and name in names[:at]]
    assert [problem.place.field for problem in problems] == again
