"""What goes on in the mesh: rates, refusals and requests, read from the access logs while somebody watches."""
