"""Linkerd's and Kubernetes' rules, as data."""
