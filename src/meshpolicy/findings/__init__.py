"""Finds mistakes in manifests, with one function for each kind of finding. Pure."""
