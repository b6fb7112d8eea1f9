"""What a change opens and closes, word for word."""

import pytest

from meshpolicy.analysis.difference import compare
from meshpolicy.render.changes import changes_as_text

from ..analysis.test_stopped import HOME, made_by
from ..build import cluster, server


@pytest.mark.parametrize(
    ("new", "last"),
    [
        (
            made_by("StatefulSet"),
            "Deployment arena/ponger became StatefulSet arena/ponger: what the one took is closed, what the other takes"
            " is opened",
        ),
        (made_by("Deployment", "rogue"), "  - anyone -> arena/ponger:4191  every request"),
    ],
    ids=["another kind", "another name"],
)
def test_a_workload_that_becomes_one_of_another_kind_is_told(new: dict[str, object], last: str) -> None:
    """Its lines would look as if nothing had changed."""
    before, after = cluster(HOME, made_by("Deployment"), server()), cluster(HOME, new, server())
    assert changes_as_text(compare(before, after), after).splitlines()[-1] == last
