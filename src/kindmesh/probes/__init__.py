"""Requests from inside and outside of the mesh: who sends them, and what their answers mean."""
