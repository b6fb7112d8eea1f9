"""Metrics of the mesh in Prometheus' text format, and a Prometheus beside the mesh if it is installed."""
