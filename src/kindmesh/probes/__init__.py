"""Requests from inside and outside of the mesh: the clients, and what the answers mean."""
