"""Quantities are read as Kubernetes reads them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshpolicy.kinds.quantity import parse_quantity, quantity


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("1.5", Fraction(3, 2)),
        ("5.", 5),
        (".5", Fraction(1, 2)),
        ("+1", 1),
        ("-1", -1),
        ("100m", Fraction(1, 10)),
        ("1k", 1000),
        ("1Ki", 1024),
        ("1E", 10**18),
        ("1e3", 1000),
        ("1E-3", Fraction(1, 1000)),
        ("", None),
        ("1K", None),
        ("1 Gi", None),
        ("1gi", None),
        ("Gi", None),
        ("1e99999", None),
    ],
)
def test_a_quantity_is_a_number_and_perhaps_a_unit(text: str, expected: Fraction | int | None) -> None:
    """Kubernetes `apimachinery/pkg/api/resource/quantity.go` ParseQuantity."""
    assert parse_quantity(text) == expected


@given(st.integers(-(10**6), 10**6), st.sampled_from(["m", "", "k", "Mi"]))
def test_a_larger_number_is_a_larger_quantity_in_every_unit(number: int, unit: str) -> None:
    smaller, larger = parse_quantity(f"{number}{unit}"), parse_quantity(f"{number + 1}{unit}")
    assert smaller is not None
    assert larger is not None
    assert smaller < larger


def test_a_number_of_yaml_is_a_quantity_itself() -> None:
    assert quantity(2) == 2
    assert quantity(0.5) == Fraction(1, 2)
    assert quantity(None) is None
    assert quantity(True) is None
