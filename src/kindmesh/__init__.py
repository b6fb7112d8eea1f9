"""Runs the manifests on a kind cluster with Linkerd: checks, steps, probes and their reports."""
