"""Live traffic of the mesh: rates, refusals and requests, read from the access logs while somebody watches."""
