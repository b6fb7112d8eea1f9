"""What a supervisor reports survives the way through a pipe."""

import os

import pytest

from localmesh.events import Event, Failed, Note, Planned, PodChanged, Ready, from_line, to_line
from localmesh.supervisor.reporter import reporter

EVENTS: list[Event] = [
    Note("two\nlines"),
    Planned(("pinger-0", "ponger-0")),
    PodChanged("ponger-0", "ready"),
    Failed(2, ("one", "two"), "look", "output"),
    Ready(1.5),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_is_one_line(event: Event) -> None:
    line = to_line(event)
    assert line.count("\n") == 1
    assert from_line(line) == event


def test_a_reporter_hangs_up_when_all_is_ready_and_says_no_more() -> None:
    reading, writing = os.pipe()
    report = reporter(writing)
    report(EVENTS[0])
    report(Ready(1.5))
    report(EVENTS[2])
    with os.fdopen(reading) as lines:
        assert [from_line(line) for line in lines] == [EVENTS[0], Ready(1.5)]


def test_a_reporter_outlives_the_one_who_reads() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    report = reporter(writing)
    report(EVENTS[0])
    report(Ready(1.5))
