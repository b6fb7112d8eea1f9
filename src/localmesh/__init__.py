"""Runs the manifests on this machine: real Envoy sidecars, mTLS and the same policies, without Docker."""
