"""Calls that were observed: read from logs and metrics, as values. What they may do is asked elsewhere."""
