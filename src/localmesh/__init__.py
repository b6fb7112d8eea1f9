"""Runs the manifests on this machine: real Envoy sidecars, mTLS and the same policies, without Docker."""

from time import monotonic

STARTED = monotonic()
"""Monotonic time in seconds at which this process imported the package; `up` measures its duration from here."""
