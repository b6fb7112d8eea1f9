"""Writes Envoy's configuration for pods: pure functions from values to the resources that Envoy is sent, and to JSON.

A sidecar starts with its `bootstrap`, which says where the supervisor answers it, and gets all else from there
(`localmesh.xds`): `sidecar` and `ingress` yield listeners, clusters and routes, `endpoints` who is ready behind a
name, `secrets` its certificates, which lie in no file.
"""

from typing import Any

Json = dict[str, Any]
"""A message of Envoy's API in its JSON form."""
