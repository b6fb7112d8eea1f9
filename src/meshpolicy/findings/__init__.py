"""Looks for mistakes in manifests: one function a finding. Pure."""
