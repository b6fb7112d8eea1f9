"""PingPong is recorded while every meshed client is let in; what is generated from that equals `mesh/policies`."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from localmesh.observe.views import TapView
from meshpolicy import Change, Changed, diff, read
from meshpolicy.cli import main

from .commands import PROJECT, Commands, commands

pytestmark = pytest.mark.envoy

DENY, OPEN = "default-inbound-policy: deny", "default-inbound-policy: all-authenticated"
NODES = "10.244.0.0/16"
"""From where the kubelet probes, as `mesh/policies` has it."""


@pytest.fixture(scope="module")
def unprotected() -> Iterator[Commands]:
    """Start the project without its policies, and with a default that lets every meshed client in."""
    with tempfile.TemporaryDirectory(prefix="lm-") as folder, commands(Path(folder)) as found:
        shutil.rmtree(found.manifests / "mesh/policies")
        deployments = found.manifests / "k8s/base/deployments.yaml"
        deployments.write_text(deployments.read_text().replace("replicas: 2", "replicas: 1"))
        namespace = found.manifests / "k8s/base/namespace.yaml"
        namespace.write_text(namespace.read_text().replace(DENY, OPEN))
        outcome = found.run("up")
        assert outcome.code == 0, outcome.err
        yield found


def recorded(mesh: Commands, name: str, paths: tuple[str, ...], wanted: str) -> list[str]:
    """Send requests through the ingress, and return lines of `tap` of which two tell of a request for `wanted`."""
    lines: list[str] = []
    tapped = mesh.client.tap(name)
    assert next(tapped) is None  # from now on it tells all
    for path in paths:
        with urlopen(f"http://127.0.0.1:{mesh.port}{path}", timeout=60) as response:  # the local mesh
            assert response.status == 200
    for view in tapped:
        lines.append(json.dumps(asdict(view))) if view is not None else None
        seen = [one for one in map(json.loads, lines) if (one.get("proxy"), one.get("path")) == ("in", wanted)]
        if isinstance(view, TapView) and len(seen) >= 2:
            break
    tapped.close()  # type: ignore[attr-defined] # a generator
    return lines


def test_what_is_generated_from_a_recorded_run_equals_the_policies_of_the_project(
    unprotected: Commands, tmp_path: Path
) -> None:
    told = recorded(unprotected, "pinger", ("/", "/", "/rally", "/rally"), "/rally")
    told += recorded(unprotected, "ponger", (), "/ping")
    record, policies = tmp_path / "tap.jsonl", tmp_path / "policies"
    record.write_text("\n".join(told))
    words = ["generate", unprotected.manifests, "--traffic", record, "-o", policies, "--probe-networks", NODES]
    # Whoever asks 127.0.0.1 names an address, and the ingress passes that on.
    words += ["--accept", "ingress/traefik may *"]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.stdout
    own = read(PROJECT / "k8s/base", PROJECT / "mesh/policies", PROJECT / "mesh/ingress")
    changes = diff(own, read(PROJECT / "k8s/base", policies, PROJECT / "mesh/ingress"))
    differing = [one for one in changes if one.change.changes_requests]
    # No Prometheus runs beside this mesh: its scrapes are all that was not observed.
    assert all(map(is_of_prometheus, differing)), "\n".join(map(str, differing))


def is_of_prometheus(one: Changed) -> bool:
    """Whether the scrapes of the programs' own metrics are closed."""
    return (one.change, one.client, one.port) == (Change.CLOSED, "linkerd-viz/prometheus", 9090)
