"""Verifies the mesh that runs: every kind of client, request and trick, sent for real and held against the proof."""
