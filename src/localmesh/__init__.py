"""Runs the manifests on this machine: real Envoy sidecars, mTLS and the same policies, without Docker."""

from time import monotonic

STARTED = monotonic()
"""When this process began with this package: `up` tells how long it took."""
