"""HTTPLocalRateLimitPolicy as Envoy's local rate limits: first the total, then one bucket per identity (R101)."""

import re

from localmesh.envoy import Json
from localmesh.envoy.authorization import identity_matcher
from localmesh.envoy.message import extension, typed
from localmesh.envoy.requestmatch import header
from meshpolicy.core.policy import RateLimit, RateLimitOverride

IDENTITY_HEADER = "l5d-client-id"
TOTAL = "pingpong.ratelimit.total"
EACH = "pingpong.ratelimit.identity"
_KIND = "filters.http.local_ratelimit.v3.LocalRateLimit"
_ALWAYS = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
_UNLIMITED = 1_000_000_000
"""Tokens for clients without a limit, because Envoy requires a number."""
_MOST_IDENTITIES = 10_000
"""Buckets kept at a time; the least recently used one is dropped first."""


def filters() -> list[Json]:
    """Return the filters; they follow authorization, so that a refused request consumes no tokens (R85).

    They limit nothing by themselves: their limits are in the routes' configuration, which may change.
    """
    return [extension(name, _KIND, stat_prefix=name.rpartition(".")[2]) for name in (TOTAL, EACH)]


def rate_limits(limit: RateLimit) -> Json:
    """Return the limits of a port as configuration per filter, by filter name."""
    found = {}
    if limit.total is not None:
        found[TOTAL] = _limit(TOTAL, token_bucket=_bucket(limit.total))
    if limit.identity is not None or limit.overrides:
        found[EACH] = _each(limit)
    return found


def exempt() -> Json:
    """Return the configuration of a route that consumes no tokens, such as a redirect (R85)."""
    off = {"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": True}
    return {TOTAL: off, EACH: off}


def _each(limit: RateLimit) -> Json:
    rates = [_override_action(number, override) for number, override in enumerate(limit.overrides)]
    descriptors = [
        _descriptor({"override": str(number)}, override.rps) for number, override in enumerate(limit.overrides)
    ]
    if limit.identity is not None:
        rates += [_identity_action(limit.overrides), _stranger_action()]
        # An empty value matches every value, each with its own bucket.
        descriptors += [
            _descriptor({"ordinary": "yes", "identity": ""}, limit.identity),
            _descriptor({"stranger": "yes"}, limit.identity),
        ]
    return _limit(
        EACH,
        token_bucket=_bucket(_UNLIMITED),
        rate_limits=[{"actions": actions} for actions in rates],
        descriptors=descriptors,
        always_consume_default_token_bucket=False,
        max_dynamic_descriptors=_MOST_IDENTITIES,
    )


def _limit(name: str, **fields: object) -> Json:
    return typed(
        _KIND,
        stat_prefix=name.rpartition(".")[2],
        filter_enabled=_ALWAYS,
        filter_enforced=_ALWAYS,
        rate_limited_as_resource_exhausted=True,
        **fields,
    )


def _bucket(rps: int) -> Json:
    return {"max_tokens": rps, "tokens_per_fill": rps, "fill_interval": "1s"}


def _descriptor(entries: dict[str, str], rps: int) -> Json:
    return {
        "entries": [{"key": key, "value": value} for key, value in entries.items()],
        "token_bucket": _bucket(rps),
    }


def _override_action(number: int, override: RateLimitOverride) -> list[Json]:
    return [_matches("override", str(number), _any_of((override,)), expected=True)]


def _identity_action(overrides: tuple[RateLimitOverride, ...]) -> list[Json]:
    ordinary = (
        [_matches("ordinary", "yes", _any_of(overrides), expected=False)]
        if overrides
        else [{"generic_key": {"descriptor_key": "ordinary", "descriptor_value": "yes"}}]
    )
    read = {"header_name": IDENTITY_HEADER, "descriptor_key": "identity", "skip_if_absent": False}
    return [*ordinary, {"request_headers": read}]


def _stranger_action() -> list[Json]:
    present = {"name": IDENTITY_HEADER, "present_match": True}
    return [_matches("stranger", "yes", present, expected=False)]


def _any_of(overrides: tuple[RateLimitOverride, ...]) -> Json:
    matchers = [identity_matcher(match) for override in overrides for match in override.identities]
    patterns = [m["safe_regex"]["regex"] if "safe_regex" in m else re.escape(m["exact"]) for m in matchers]
    return header(IDENTITY_HEADER, {"safe_regex": {"regex": "|".join(f"({pattern})" for pattern in patterns)}})


def _matches(key: str, value: str, matcher: Json, *, expected: bool) -> Json:
    return {
        "header_value_match": {
            "descriptor_key": key,
            "descriptor_value": value,
            "expect_match": expected,
            "headers": [matcher],
        }
    }
