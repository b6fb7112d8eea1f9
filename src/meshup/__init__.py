"""Runs a verb of the justfile on the backend that runs: the local mesh or the cluster."""
