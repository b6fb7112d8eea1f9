"""Generates Envoy's configuration for pods, with pure functions from values to xDS resources and JSON.

A sidecar starts with its `bootstrap`, which names the control plane's socket, and receives everything else there
(`localmesh.xds`): `sidecar` and `ingress` yield listeners, clusters and routes, `endpoints` the ready pods behind a
name, and `secrets` the certificates, which are never written to a file.
"""

from typing import Any

Json = dict[str, Any]
"""A message of Envoy's API in its JSON form."""
