"""Tells sidecars what holds now: one incremental stream of all kinds of resources (xDS) a sidecar, and no files."""
