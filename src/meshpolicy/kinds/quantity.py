"""Quantities as Kubernetes writes them: `100m`, `1.5`, `2Gi`, `1e3`. Pure.

Source: Kubernetes `apimachinery/pkg/api/resource/quantity.go` ParseQuantity.
"""

import re
from fractions import Fraction
from functools import lru_cache

QUANTITY = re.compile(r"([+-]?)([0-9]+\.?[0-9]*|\.[0-9]+)([KMGTPE]i|[numkMGTPE]?|[eE][+-]?[0-9]+)")
TENS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
TWOS = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
MOST_DIGITS = 4
"""Digits of an exponent; no real quantity has more."""


@lru_cache(1024)
def parse_quantity(text: str) -> Fraction | None:
    """Return the number that a text is; None where it is none."""
    found = QUANTITY.fullmatch(text)
    if found is None:
        return None
    sign, digits, unit = found.groups()
    number = Fraction(f"{digits}0" if digits.endswith(".") else digits)
    number = -number if sign == "-" else number
    if unit in TWOS:
        return number * (1 << TWOS[unit])
    if unit in TENS:
        return number * _power(TENS[unit])
    return number * _power(int(unit[1:])) if len(unit.lstrip("eE+-")) <= MOST_DIGITS else None


def _power(exponent: int) -> Fraction:
    return Fraction(10**exponent) if exponent >= 0 else Fraction(1, 10**-exponent)


def quantity(value: object) -> Fraction | None:
    """Return the number of a field, which may be a number itself; None for what is neither."""
    if isinstance(value, str):
        return parse_quantity(value)
    return Fraction(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
