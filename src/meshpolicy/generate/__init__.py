"""Generates the least policies for observed calls, and proves and reports what else they open."""
