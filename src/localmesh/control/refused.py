"""What a person is told when Envoy refuses what the manifests say: Envoy's own words, and the objects behind it."""

from collections.abc import Iterator
from typing import Any

from localmesh.control.member import Member
from localmesh.envoy.wire import Resource


def refused(member: Member) -> Iterator[str]:
    """Yield one reason for each refusal of a pod's sidecar since this was last asked."""
    for refusal in member.discovery.refusals():
        resources = [found for name in refusal.names if (found := member.resource(refusal.kind, name))]
        objects = list(dict.fromkeys(name for found in resources for name in objects_of(found)))
        source = f" (from {', '.join(objects)})" if objects else ""
        yield f"{member.runner.pod.name}: Envoy refuses {', '.join(refusal.names)}{source}: {refusal.reason}"


def objects_of(resource: Resource) -> Iterator[str]:
    """Yield the objects of the manifests that a resource was made from, as far as it names them."""
    yield from _named(resource.content)


def _named(found: Any) -> Iterator[str]:
    """Routes and grants carry the name of their object, as `Kind namespace/name`."""
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
