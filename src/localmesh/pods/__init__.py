"""Pods as they run here: what they are, where they listen, their processes and probes."""
