"""Metrics of the mesh in Prometheus' form, and a Prometheus beside it, where its program is installed."""
