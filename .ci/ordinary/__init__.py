"""Runs the README's commands as a new ordinary user would, and fails if they leave something behind."""
