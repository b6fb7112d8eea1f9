"""The plain-HTTP service that pings and pongs; it knows nothing of the mesh."""
