"""Which texts the controller reads as networks, and as which."""

import pytest

from meshpolicy.core.networks import parse_network


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("10.1.2.3", "10.1.2.3/32"),
        ("10.0.0.0/08", "10.0.0.0/8"),
        ("10.0.0.0/008", None),
        ("10.0.0.0/33", None),
        ("10.0.0.0/255.0.0.0", None),
        ("10.0.0.0/0.255.255.255", None),
        ("10.0.0.0/", None),
        ("10.0.0.0/+8", None),
        ("10.0.0.0/8 ", None),
        ("10.0.0", None),
        ("010.0.0.1", None),
        ("010.000.0.01/8", "10.0.0.0/8"),
        ("0010.0.0.1/8", None),
        ("010.0.0.999/8", None),
        ("::1", "::1/128"),
        ("::1%eth0", None),
        ("::1%eth0/128", None),
        ("fd00::/8", "fd00::/8"),
        ("fd00::/008", "fd00::/8"),
        ("fd00::/0008", None),
        ("fd00::/129", None),
        ("::ffff:10.0.0.1", "::ffff:a00:1/128"),
        ("::ffff:010.0.0.1", None),
        ("::ffff:010.0.0.1/128", "::ffff:a00:1/128"),
        ("1:2:3:4:5:6:7::/112", "1:2:3:4:5:6:7:0/112"),
        ("1:2:3:4:5:6:7::8", None),
        ("1:2:3:4:5:6:7::8/128", "1:2:3:4:5:6:7:8/128"),
        ("::1:2:3:4:5:6:7:8/128", "1:2:3:4:5:6:7:8/128"),
        ("1:2:3:4:5:6:7:8::/128", None),
        ("", None),
        ("/8", None),
    ],
)
def test_a_network_is_an_address_perhaps_with_a_length(text: str, expected: str | None) -> None:
    """R36: a scope, a mask and blanks make it none; before a slash an octet may be padded with zeros."""
    found = parse_network(text)
    assert (None if found is None else str(found)) == expected
