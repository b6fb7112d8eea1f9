"""Words for clients are read back as what was written."""

from hypothesis import given, settings
from hypothesis import strategies as st

from meshpolicy.analysis.clients import ClientTerm
from meshpolicy.analysis.phrases import read_clients
from meshpolicy.analysis.words import clients_words
from meshpolicy.core.axis import Part
from meshpolicy.core.match import ValueMatch
from meshpolicy.kinds.settings import MeshSettings

ODD = st.sampled_from(
    (", ", " and ", " in ", " (not ", ")", '"', "\\", "[", "=", "~", " outside of ", "a", ".*", "é", "\n")
)
VALUES = st.lists(ODD, min_size=1, max_size=6).map("".join)


@settings(max_examples=200)
@given(st.lists(VALUES, min_size=1, max_size=2, unique=True), st.lists(VALUES, max_size=2, unique=True))
def test_a_client_that_a_route_matches_by_its_identity_is_read_as_it_was_written(
    named: list[str], less: list[str]
) -> None:
    """R86: whatever stands in the regular expression."""
    parts = [tuple(ValueMatch("l5d-client-id", value, regex=True) for value in some) for some in (named, less)]
    clients = (ClientTerm(Part(*parts)),)
    assert read_clients(clients_words(clients, MeshSettings()), MeshSettings()) == clients
