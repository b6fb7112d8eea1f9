"""Runs kustomize and helm: with a time limit, a limit of output, no shell, and a proxy to the net that nobody runs.

A proxy is not asked for loopback addresses: what would be fetched is found before (`remote`).
"""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence

from meshpolicy.core.errors import MeshPolicyError

SECONDS = 60
"""How long one rendering may take."""
MOST_BYTES = 64 * 2**20
"""How much one rendering may print."""
NOWHERE = "http://127.0.0.1:1"
"""A proxy that nobody runs: whoever asks the net through it gets no answer."""
KUSTOMIZE = (("kustomize", "build"), ("kubectl", "kustomize"))


KINDS_OF_THE_MESH = {
    "policy.linkerd.io/v1alpha1": (
        "AuthorizationPolicy",
        "MeshTLSAuthentication",
        "NetworkAuthentication",
        "HTTPRoute",
        "HTTPLocalRateLimitPolicy",
        "EgressNetwork",
    ),
    "policy.linkerd.io/v1beta1": ("Server", "ServerAuthorization", "HTTPRoute"),
    "policy.linkerd.io/v1beta2": ("Server", "HTTPRoute"),
    "policy.linkerd.io/v1beta3": ("Server", "HTTPRoute"),
    "linkerd.io/v1alpha2": ("ServiceProfile",),
    "gateway.networking.k8s.io/v1": ("Gateway", "GatewayClass", "HTTPRoute", "GRPCRoute"),
    "gateway.networking.k8s.io/v1beta1": ("Gateway", "GatewayClass", "HTTPRoute", "ReferenceGrant"),
}
"""What a cluster with Linkerd has besides Kubernetes' own: charts ask for it (`.Capabilities.APIVersions.Has`)."""


class NotRendered(MeshPolicyError):
    """A tool is not installed, or did not render what it was given."""


def kustomize(folder: str) -> bytes:
    """Return what a folder's kustomization renders. Raises NotRendered."""
    for name, verb in KUSTOMIZE:
        program = shutil.which(name)
        if program is not None:
            return _run(name, [program, verb, folder])
    raise NotRendered("neither kustomize nor kubectl is installed, which would render it")


def helm_template(chart: str, release: str, namespace: str, values: Sequence[str]) -> bytes:
    """Return what a chart renders. Raises NotRendered."""
    program = shutil.which("helm")
    if program is None:
        raise NotRendered("helm is not installed, which would render it")
    given = [f"--values={file}" for file in values]
    space = [f"--namespace={namespace}"] if namespace else []
    there = [f"--api-versions={name}" for name in _api_versions()]
    return _run("helm", [program, "template", *there, *space, *given, "--", release, chart])


def _api_versions() -> Iterator[str]:
    for version, kinds in KINDS_OF_THE_MESH.items():
        yield version
        yield from (f"{version}/{kind}" for kind in kinds)


def _run(name: str, command: Sequence[str]) -> bytes:
    """Return the standard output of a program. It finds no other program, git among them, and no proxy."""
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryFile() as errors:
        proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"), NOWHERE)
        environment = {"HOME": home, "PATH": home, "GIT_ALLOW_PROTOCOL": "none", **proxies}
        if "TMPDIR" in os.environ:
            environment["TMPDIR"] = os.environ["TMPDIR"]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, env=environment
        )
        timer = threading.Timer(SECONDS, process.kill)
        timer.start()
        try:
            assert process.stdout is not None  # noqa: S101 # a pipe was asked for
            with process.stdout:
                found = process.stdout.read(MOST_BYTES + 1)
        finally:
            late = not timer.is_alive()
            timer.cancel()
            if process.poll() is None and len(found) > MOST_BYTES:
                process.kill()
            code = process.wait()
        if late:
            raise NotRendered(f"{name} timed out after {SECONDS} s")
        if len(found) > MOST_BYTES:
            raise NotRendered(f"{name} printed more than {MOST_BYTES // 2**20} MiB")
        if code != 0:
            errors.seek(0)
            raise NotRendered(f"{name} failed: {_last(errors.read(4096))}")
        return found


def _last(text: bytes) -> str:
    """Return what a tool says of its failure, on one line."""
    lines = text.decode(errors="replace").split()
    return " ".join(lines)[-300:] or "it says nothing"
