"""Breaks one thing on purpose under load, shows what happens, and how it heals."""
