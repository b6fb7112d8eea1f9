"""Reads Linkerd policy from manifests and says who may call whom, and why."""
