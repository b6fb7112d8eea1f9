"""Checks a machine before anything is created. Standard library only: `python3 src/kindmesh/doctor.py` is enough.

Each finding says what is wrong and how to fix it; nothing is changed.
"""

import argparse
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOST_PORT = re.compile(r"^\s*(?:- )?hostPort:\s*(\d+)", re.MULTILINE)
MEMORY = 4 * 1024**3
INOTIFY: Mapping[str, int] = {"max_user_watches": 65536, "max_user_instances": 256}
VERSION = re.compile(r"\d+\.\d+(?:\.\d+)?")
ASK: Mapping[str, tuple[str, ...]] = {
    "kind": ("kind", "version"),
    "kubectl": ("kubectl", "version", "--client"),
    "helm": ("helm", "version", "--short"),
}
LINUX = platform.system() == "Linux"
"""Elsewhere Docker runs in a virtual machine, whose kernel is another than this machine's."""


class State(Enum):
    """How a check ended."""

    GOOD = "ok"
    WARNING = "warning"
    BAD = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check, what was found, and what to do about it."""

    name: str
    state: State
    found: str
    fix: str = ""

    def __str__(self) -> str:
        mark = {State.GOOD: "✓", State.WARNING: "!", State.BAD: "✗"}[self.state]
        hint = f"\n  hint: {self.fix}" if self.fix and self.state is not State.GOOD else ""
        return f"{mark} {self.name}: {self.found}{hint}"


Ask = Callable[[tuple[str, ...]], str | None]
"""Runs a command; what it printed, or None where it is not there or fails."""


def ask(command: tuple[str, ...]) -> str | None:
    """Run a command of this machine."""
    if shutil.which(command[0]) is None:
        return None
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout if found.returncode == 0 else None


def check_docker(run: Ask = ask) -> Finding:
    """Whether a Docker engine answers."""
    version = (run(("docker", "version", "--format", "{{.Server.Version}}")) or "").strip()
    if version:
        return Finding("Docker", State.GOOD, f"engine {version}")
    fix = "start Docker, and see that your user may use its socket; or run `just up local`, which needs none"
    return Finding("Docker", State.BAD, "no engine answers", fix)


def check_cgroup(run: Ask = ask, folder: Path = Path("/sys/fs/cgroup")) -> Finding:
    """Whether the kernel under Docker, which may be a virtual machine's, runs cgroup v2: kubelet refuses v1."""
    version = (run(("docker", "info", "--format", "{{.CgroupVersion}}")) or "").strip()
    if not version and not folder.is_dir():
        return Finding("cgroup", State.WARNING, "unknown", "start Docker: its kernel tells")
    if version == "2" or (not version and (folder / "cgroup.controllers").exists()):
        return Finding("cgroup", State.GOOD, "v2")
    fix = "boot with systemd.unified_cgroup_hierarchy=1; kubelet of the 1.36 line refuses to start on v1"
    return Finding("cgroup", State.BAD, "v1", fix)


def check_tool(name: str, wanted: str, run: Ask = ask) -> Finding:
    """Whether a tool is here, in a version that fits the pinned one."""
    found = VERSION.search(run(ASK[name]) or "")
    if not found:
        return Finding(name, State.BAD, "not installed", f"run `mise install`, or install {name} {wanted} yourself")
    if _minor(found[0]) < _minor(wanted):
        # A node image needs the kind release that built it; the others are late rather than wrong.
        state = State.BAD if name == "kind" else State.WARNING
        return Finding(name, state, f"{found[0]}, older than {wanted}", f"`mise install`, or upgrade to {wanted}")
    return Finding(name, State.GOOD, found[0])


def check_buildx(run: Ask = ask) -> Finding:
    """Whether Docker builds with BuildKit: the Dockerfile mounts a cache, which the old builder cannot."""
    found = VERSION.search(run(("docker", "buildx", "version")) or "")
    if found:
        return Finding("buildx", State.GOOD, found[0])
    return Finding("buildx", State.BAD, "not installed", "install Docker's plugin buildx: it builds the image")


def check_curl(run: Ask = ask) -> Finding:
    """Whether Gateway API's definitions can be fetched."""
    found = VERSION.search(run(("curl", "--version")) or "")
    if found:
        return Finding("curl", State.GOOD, found[0])
    fix = "install curl, or name a folder of Gateway API's definitions in KINDMESH_CRDS"
    return Finding("curl", State.BAD, "not installed", fix)


def check_port(number: int, *, linux: bool = LINUX) -> Finding:
    """Whether a port of the ingress is free on this machine's loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError as error:
            who = f"ss -ltnp sport = :{number}" if linux else f"lsof -nP -iTCP:{number} -sTCP:LISTEN"
            fix = f"stop what listens there (`{who}`), or change hostPort in kind-config.yaml"
            return Finding(f"port {number}", State.BAD, error.strerror or "taken", fix)
    return Finding(f"port {number}", State.GOOD, "free")


def host_ports(root: Path = ROOT) -> tuple[int, ...]:
    """Return the host ports in kind-config.yaml, by a pattern: the standard library has no YAML parser."""
    return tuple(int(number) for number in HOST_PORT.findall(_read(root / "kind-config.yaml")))


def check_memory(text: str | None = None) -> Finding:
    """Whether there is enough memory for the control plane, the proxies and the observability tools."""
    read = text if text is not None else _read(Path("/proc/meminfo"))
    found = re.search(r"MemAvailable:\s+(\d+) kB", read)
    if not found:
        return Finding("memory", State.WARNING, "unknown", "4 GiB are needed")
    available = int(found[1]) * 1024
    state = State.GOOD if available >= MEMORY else State.WARNING
    return Finding(
        "memory", state, f"{available / 1024**3:.1f} GiB available", "4 GiB are needed: close other programs"
    )


def check_inotify(folder: Path = Path("/proc/sys/fs/inotify")) -> Finding:
    """Whether the kernel's inotify limits are high enough for a node."""
    low = [
        f"fs.inotify.{name}={wanted}"
        for name, wanted in INOTIFY.items()
        if int(_read(folder / name).strip() or wanted) < wanted
    ]
    if not low:
        return Finding("inotify", State.GOOD, "enough")
    return Finding("inotify", State.WARNING, "limits are low", f"sudo sysctl {' '.join(low)}")


def check_nfqueue(
    modules: Path | None = None, loaded: Path = Path("/proc/modules"), *, linux: bool = LINUX, enforcer: bool = False
) -> Finding:
    """Whether NetworkPolicies are enforced: without nft_queue, kind's own engine accepts them and enforces none."""
    name, fails = "nft_queue", "without it NetworkPolicies are accepted and not enforced, and `verify` fails"
    if enforcer:
        return Finding(name, State.GOOD, "not needed: KINDMESH_WITH=enforcer")
    other = "or bring an enforcer that does not need it: KINDMESH_WITH=enforcer"
    if not linux:
        fix = f"the kernel of Docker's virtual machine decides: if `just verify` says not enforced, {other[3:]}"
        return Finding(name, State.WARNING, "unknown", fix)
    folder = modules or Path("/lib/modules") / os.uname().release
    if re.search(r"^nft_queue\b", _read(loaded), re.MULTILINE) or _holds(folder / "modules.builtin"):
        return Finding(name, State.GOOD, "the kernel has it")
    if _holds(folder / "modules.dep"):
        return Finding(name, State.WARNING, "not loaded", f"sudo modprobe nft_queue, {other}; {fails}")
    return Finding(name, State.WARNING, "not found in this kernel", f"use a kernel with NFT_QUEUE, {other}; {fails}")


def _holds(modules: Path) -> bool:
    return re.search(r"/nft_queue\.ko\b", _read(modules)) is not None


def pinned_tools(root: Path = ROOT) -> Mapping[str, str]:
    """Return the versions of mise.toml."""
    tools = tomllib.loads((root / "mise.toml").read_text())["tools"]
    return {name: version for name, version in tools.items() if name in ASK}


def examine(environment: Mapping[str, str] = os.environ) -> tuple[Finding, ...]:
    """Run all checks; for a cluster that exists already, only those of the tools."""
    tools = pinned_tools()
    builds = () if environment.get("KINDMESH_IMAGE_LOADER") else (check_buildx(),)
    fetches = () if environment.get("KINDMESH_CRDS") else (check_curl(),)
    if environment.get("KINDMESH_CONTEXT"):
        return (*(check_tool(name, tools[name]) for name in ("kubectl", "helm")), *builds, *fetches)
    return (
        check_docker(),
        check_cgroup(),
        *builds,
        *(check_tool(name, wanted) for name, wanted in tools.items()),
        *fetches,
        *(check_port(number) for number in host_ports()),
        check_memory(),
        check_inotify(),
        check_nfqueue(enforcer=has_enforcer(environment)),
    )


def has_enforcer(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether KINDMESH_WITH asks for an enforcer of NetworkPolicies."""
    return "enforcer" in [word.strip() for word in environment.get("KINDMESH_WITH", "").split(",")]


def _minor(version: str) -> tuple[int, int]:
    major, minor, *_ = version.split(".")
    return int(major), int(minor)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def main() -> int:
    """Print all findings; return 1 if something must be fixed first."""
    findings = examine()
    sys.stdout.write("".join(f"{finding}\n" for finding in findings))
    return 1 if any(finding.state is State.BAD for finding in findings) else 0


if __name__ == "__main__":
    argparse.ArgumentParser(
        prog="doctor",
        description="Check this machine before a cluster is created; nothing is changed.",
        epilog="Exit codes: 0 as it should be, 1 where something must be fixed first.",
    ).parse_args()
    sys.exit(main())
