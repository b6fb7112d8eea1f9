"""Messages for configuration that Envoy rejects: Envoy's own error, and the objects that caused it."""

from collections.abc import Iterator
from typing import Any

from localmesh.control.member import Member
from localmesh.envoy.wire import Resource


def refused(member: Member) -> Iterator[str]:
    """Yield one reason for each rejection by a pod's sidecar since the previous call."""
    for refusal in member.discovery.refusals():
        resources = [found for name in refusal.names if (found := member.resource(refusal.kind, name))]
        objects = list(dict.fromkeys(name for found in resources for name in objects_of(found)))
        source = f" (from {', '.join(objects)})" if objects else ""
        yield f"{member.runner.pod.name}: Envoy refuses {', '.join(refusal.names)}{source}: {refusal.reason}"


def objects_of(resource: Resource) -> Iterator[str]:
    """Yield the names of the manifests' objects in a resource."""
    yield from _named(resource.content)


def _named(found: Any) -> Iterator[str]:
    """Yield the names of routes and authorizations, which are those of their objects: `Kind namespace/name`."""
    match found:
        case list():
            for part in found:
                yield from _named(part)
        case dict():
            for key, part in found.items():
                if key == "policies":
                    yield from part
                elif key == "routes":
                    yield from (route["name"] for route in part if "name" in route)
                yield from _named(part)
        case _:
            pass
