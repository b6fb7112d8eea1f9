"""The plain-HTTP service that pings and pongs; it knows nothing of the mesh."""

__version__ = "0.1.0"
