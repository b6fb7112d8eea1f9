"""The tricks say how they must be read; another implementation of HTTP is asked, too."""

from collections import Counter

import h11
from hypothesis import given, settings
from hypothesis import strategies as st

from meshverify.tricks.all import tricks
from meshverify.tricks.fields import fields
from meshverify.tricks.trick import Base

WORDS = st.from_regex("[a-z][a-z0-9]{0,9}", fullmatch=True)
BASE = Base("/ping", "/other", "ponger.pingpong:80")
MANY = 60


def first_read(sent: bytes) -> h11.Request | None:
    """Return the first request that h11 reads in some bytes; None if it refuses them, or waits for more."""
    reader = h11.Connection(h11.SERVER, max_incomplete_event_size=10**6)
    try:
        reader.receive_data(sent)
        event = reader.next_event()
    except h11.RemoteProtocolError:
        return None
    return event if isinstance(event, h11.Request) else None


def test_there_are_many_and_each_has_a_name_of_its_own() -> None:
    names = Counter((trick.group, trick.name) for trick in tricks(BASE))
    names.update(("http2", trick.name) for trick in fields(BASE))
    assert [name for name, count in names.items() if count > 1] == []
    assert {group for group, _ in names} == {"paths", "hosts", "framing", "http2"}
    assert len(names) >= 2 * MANY


def test_a_trick_names_the_section_that_says_so() -> None:
    sources = [*(trick.source for trick in tricks(BASE)), *(trick.source for trick in fields(BASE))]
    assert [source for source in sources if not source.startswith("RFC ")] == []


@settings(max_examples=25, deadline=None)
@given(word=WORDS, other=WORDS, host=WORDS)
def test_where_another_reader_accepts_a_trick_it_reads_the_same_request(word: str, other: str, host: str) -> None:
    for trick in tricks(Base(f"/{word}", f"/{other}x", f"{host}:80")):
        expected, found = trick.reads[0], first_read(trick.sent.encode("latin-1"))
        if expected is None or found is None:
            continue
        target = found.target.decode()
        if "://" in target:
            assert target.lower().endswith(f"{expected.authority}{expected.path}".lower()), trick
            continue
        assert (found.method.decode(), target) == (expected.method, expected.path), trick
        hosts = [value.decode() for name, value in found.headers if name == b"host"]
        assert hosts in ([expected.authority], []), trick


@settings(max_examples=25, deadline=None)
@given(word=WORDS, other=WORDS)
def test_the_control_comes_first_and_is_the_allowed_call(word: str, other: str) -> None:
    base = Base(f"/{word}", f"/{other}x", "ponger:80")
    assert next(iter(tricks(base))).reads == (base.allowed,)
    assert next(iter(fields(base))).reads == base.allowed


@settings(max_examples=25, deadline=None)
@given(word=WORDS, other=WORDS)
def test_a_trick_never_expects_more_than_the_policy_would_decide(word: str, other: str) -> None:
    """What a smuggling pair hides is the refused request, never one that would be allowed anyway."""
    base = Base(f"/{word}", f"/{other}x", "ponger:80")
    for trick in tricks(base):
        if trick.group == "framing" and len(trick.reads) == 1 and base.other in trick.sent:
            assert trick.reads in ((base.allowed,), (None,)), trick
