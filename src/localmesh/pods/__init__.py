"""Pods on this machine: their addresses, processes and probes."""
