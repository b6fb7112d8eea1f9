"""Regular expressions as Linkerd's proxy reads them: Rust's `regex` 1.13.1, leftmost-first, over Unicode 16.0.

`validate` says whether Rust takes a pattern, `spans` whether its match covers all of a value, `language` which values
those are. A pattern that is not decided here raises `UnsupportedPattern`: the answer is unknown, never a guess.
Source: the Cargo.lock of linkerd2-proxy, and the crates that it names (regex-syntax 0.8.11, regex-automata 0.4.18).
"""

from meshpolicy.core.regex.errors import InvalidPattern, UnsupportedPattern
from meshpolicy.core.regex.language import language
from meshpolicy.core.regex.matching import spans
from meshpolicy.core.regex.program import validate, why_matches_are_unknown, why_validity_is_unknown

__all__ = [
    "InvalidPattern",
    "UnsupportedPattern",
    "language",
    "spans",
    "validate",
    "why_matches_are_unknown",
    "why_validity_is_unknown",
]
