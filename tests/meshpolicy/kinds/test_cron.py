"""Which schedules a CronJob may have: those that robfig/cron v3 reads."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshpolicy.kinds.cron import DAYS, MONTHS, PARTS, WORDS, InvalidSchedule, Part, check_schedule


def accepted(text: str) -> bool:
    """Whether a text is a schedule."""
    with suppress(InvalidSchedule):
        check_schedule(text)
        return True
    return False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* * * * *", True),
        ("*/15 0-5 1,15 jan-MAR mon", True),
        ("0 3 * * ?", True),
        ("  0\t3 * * 0  ", True),
        ("5/10 * * * *", True),
        ("10-40/10 * * * *", True),
        ("+5 * * * *", True),
        (",1,, * * * *", True),
        ("*-9 * * * *", True),
        ("*/99 * * * *", True),
        ("@daily", True),
        ("@every 1h30m", True),
        ("@every 1.5s", True),
        ("", False),
        ("* * * *", False),
        ("* * * * * *", False),
        ("60 * * * *", False),
        ("* 24 * * *", False),
        ("* * 0 * *", False),
        ("* * 32 * *", False),
        ("* * * 13 *", False),
        ("* * * * 7", False),
        ("* * * * sunday", False),
        ("* * * 1-jam *", False),
        ("5-1 * * * *", False),
        ("1-2-3 * * * *", False),
        ("*/0 * * * *", False),
        ("*/-1 * * * *", False),
        ("*/2/2 * * * *", False),
        ("-1 * * * *", False),
        ("1.5 * * * *", False),
        (" @daily", False),
        ("@Daily", False),
        ("@every", False),
        ("@every 1 h", False),
        ("TZ=Europe/Berlin 0 3 * * *", False),
        ("CRON_TZ=UTC 0 3 * * *", False),
    ],
)
def test_a_schedule_has_five_fields_or_is_a_word(text: str, expected: bool) -> None:
    assert accepted(text) is expected


def pieces(part: Part, *, within: bool) -> st.SearchStrategy[str]:
    """Return ranges of one field that lie within what may stand there, or that end beyond it."""
    numbers = st.integers(part.least, part.most)
    spans = st.tuples(numbers, numbers).map(lambda pair: f"{min(pair)}-{max(pair)}")
    words = [st.sampled_from(sorted(part.words))] if part.words else []
    good = st.one_of(st.just("*"), numbers.map(str), spans, *words)
    steps = st.one_of(st.just(""), st.integers(1, 70).map("/{}".format))
    if within:
        return st.tuples(good, steps).map("".join)
    beyond = st.integers(part.most + 1, 10**6)
    return st.one_of(beyond.map(str), beyond.map("1-{}".format), beyond.map("{}/2".format), st.just(f"{part.name}"))


@given(st.tuples(*(st.lists(pieces(part, within=True), min_size=1, max_size=3).map(",".join) for part in PARTS)))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_whatever_lies_within_its_range_is_accepted(fields: tuple[str, ...]) -> None:
    assert accepted(" ".join(fields))


@given(st.data(), st.integers(0, len(PARTS) - 1))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_one_piece_beyond_its_range_is_enough_to_refuse_it(data: st.DataObject, number: int) -> None:
    fields = ["*"] * len(PARTS)
    fields[number] = f"*,{data.draw(pieces(PARTS[number], within=False))}"
    assert not accepted(" ".join(fields))


@given(st.text("*/-,?@0159 adefijmnostuvwyTZ=", max_size=20) | st.text(max_size=20))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_any_text_is_a_schedule_or_says_why_not(text: str) -> None:
    """Nothing else is raised; what has neither five fields nor an `@` is none."""
    assert not accepted(text) or text.startswith("@") or len(text.split()) == len(PARTS)


def test_every_word_and_name_is_accepted() -> None:
    assert all(map(accepted, WORDS))
    assert all(accepted(f"* * * {month.upper()} {day}") for month in MONTHS for day in DAYS)
