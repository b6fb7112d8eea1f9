"""What holds for every input of the readers of ports, networks, URIs, scalars and defaults."""

import json
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from meshpolicy.core.networks import parse_network
from meshpolicy.core.uri import host_of, is_authority, parse_path, parse_uri, port_of
from meshpolicy.kinds.portlists import of_controller
from meshpolicy.kinds.schema import complete, validate
from meshpolicy.kinds.schemas import known_kinds, schemas_for
from meshpolicy.manifests.scalars import as_json, is_time, plain

SCALARS = st.none() | st.booleans() | st.integers(-5, 70000) | st.text(max_size=8)
FIELDS = st.sampled_from(["spec", "port", "podSelector", "matches", "rules", "path", "type", "value", "name"])
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4), max_leaves=12
)
BOUNDS = settings(max_examples=50, deadline=None, derandomize=True)


@given(st.lists(st.tuples(st.integers(1, 65535), st.integers(0, 300), st.booleans()), max_size=5))
@BOUNDS
def test_a_list_of_ports_means_its_ranges(parts: list[tuple[int, int, bool]]) -> None:
    """R9: however numbers are padded or signed."""
    ranges = [(low, min(low + more, 65535)) for low, more, _ in parts]
    signs = ["+00" if signed else "" for *_, signed in parts]
    text = " ,".join(f"{sign}{low}-{sign}{high}" for sign, (low, high) in zip(signs, ranges, strict=True))
    assert {port for part in of_controller(text) for port in part} == {
        port for low, high in ranges for port in range(low, high + 1)
    }


@given(st.integers(0, 2**32 - 1), st.integers(0, 32), st.integers(0, 2**128 - 1), st.integers(0, 128))
@BOUNDS
def test_every_network_is_read_as_itself(four: int, short: int, six: int, long: int) -> None:
    """R36: host bits are ignored."""
    for network in (IPv4Network((four, 32)), IPv6Network((six, 128))):
        assert parse_network(str(network)) == parse_network(str(network.network_address)) == network
    wide4, wide6 = IPv4Network((four, short), strict=False), IPv6Network((six, long), strict=False)
    assert parse_network(f"{IPv4Network((four, 32)).network_address}/{short}") == wide4
    assert parse_network(f"{IPv6Network((six, 128)).network_address}/{long}") == wide6


@given(st.text(max_size=20))
@BOUNDS
def test_any_text_is_a_uri_or_none(text: str) -> None:
    """Nothing raises, and the parts of an authority are parts of it."""
    found = parse_uri(text)
    if found is not None:
        assert found.path in text or found.path == "/"
    if is_authority(text):
        assert host_of(text) in text
        assert port_of(text) is None or str(port_of(text)) in text
    path = parse_path(f"/{text}")
    assert path is None or "#" not in path[0]


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20))
@BOUNDS
def test_a_number_is_that_number_and_a_quoted_text_that_text(number: float, text: str) -> None:
    """As it comes out of JSON again."""
    written = as_json(plain(json.dumps(number)))
    assert isinstance(written, int | float)
    assert float(written) == float(number)
    assert isinstance(plain(text), str) or text[:1] in "0123456789+-.~yYnNtTfFoO" or not text
    assert not is_time(text) or isinstance(plain(text), str)


@given(st.sampled_from(known_kinds()), TREES)
@BOUNDS
def test_what_is_stored_is_complete(kind: tuple[str, str], value: Any) -> None:
    """Filling in defaults twice changes nothing more, and nothing raises on values of any shape."""
    for schema in schemas_for(*kind).values():
        once = complete({"spec": value}, schema)
        assert complete(once, schema) == once
        assert list(validate(once, schema)) == list(validate(complete(once, schema), schema))
