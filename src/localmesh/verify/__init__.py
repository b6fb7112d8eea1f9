"""Verifies the running mesh: sends every kind of client, request and trick, and compares results with the policies."""
