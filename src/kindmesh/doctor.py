"""Checks a machine before anything is created. Standard library only: `python3 src/kindmesh/doctor.py` is enough.

Each finding says what is wrong and how to mend it; nothing is changed.
"""

import os
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
PORTS = (8080, 8443)
MEMORY = 4 * 1024**3
INOTIFY: Mapping[str, int] = {"max_user_watches": 65536, "max_user_instances": 256}
VERSION = re.compile(r"\d+\.\d+(?:\.\d+)?")
ASK: Mapping[str, tuple[str, ...]] = {
    "kind": ("kind", "version"),
    "kubectl": ("kubectl", "version", "--client"),
    "helm": ("helm", "version", "--short"),
}


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
    mend: str = ""

    def __str__(self) -> str:
        mark = {State.GOOD: "✓", State.WARNING: "!", State.BAD: "✗"}[self.state]
        hint = f"\n  hint: {self.mend}" if self.mend and self.state is not State.GOOD else ""
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
    mend = "start Docker, and see that your user may use its socket; or run `just up local`, which needs none"
    return Finding("Docker", State.BAD, "no engine answers", mend)


def check_cgroup(run: Ask = ask, folder: Path = Path("/sys/fs/cgroup")) -> Finding:
    """Whether the kernel under Docker, which may be a virtual machine's, runs cgroup v2: kubelet refuses v1."""
    version = (run(("docker", "info", "--format", "{{.CgroupVersion}}")) or "").strip()
    if not version and not folder.is_dir():
        return Finding("cgroup", State.WARNING, "unknown", "start Docker: its kernel tells")
    if version == "2" or (not version and (folder / "cgroup.controllers").exists()):
        return Finding("cgroup", State.GOOD, "v2")
    mend = "boot with systemd.unified_cgroup_hierarchy=1; kubelet of the 1.36 line refuses to start on v1"
    return Finding("cgroup", State.BAD, "v1", mend)


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


def check_port(number: int) -> Finding:
    """Whether a port of the ingress is free on this machine's loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError as error:
            return Finding(
                f"port {number}",
                State.BAD,
                error.strerror or "taken",
                f"stop what listens there (`ss -ltnp sport = :{number}`), or change hostPort in kind-config.yaml",
            )
    return Finding(f"port {number}", State.GOOD, "free")


def check_memory(text: str | None = None) -> Finding:
    """Whether there is room for the control plane, its proxies and what is observed."""
    read = text if text is not None else _read(Path("/proc/meminfo"))
    found = re.search(r"MemAvailable:\s+(\d+) kB", read)
    if not found:
        return Finding("memory", State.WARNING, "unknown", "4 GiB are wanted")
    available = int(found[1]) * 1024
    state = State.GOOD if available >= MEMORY else State.WARNING
    return Finding("memory", state, f"{available / 1024**3:.1f} GiB available", "4 GiB are wanted: close something")


def check_inotify(folder: Path = Path("/proc/sys/fs/inotify")) -> Finding:
    """Whether the kernel lets a node watch enough files."""
    low = [
        f"fs.inotify.{name}={wanted}"
        for name, wanted in INOTIFY.items()
        if int(_read(folder / name).strip() or wanted) < wanted
    ]
    if not low:
        return Finding("inotify", State.GOOD, "enough")
    return Finding("inotify", State.WARNING, "limits are low", f"sudo sysctl {' '.join(low)}")


def check_nfqueue(modules: Path | None = None, loaded: Path = Path("/proc/modules")) -> Finding:
    """Whether kind can enforce NetworkPolicies: without nft_queue it accepts them and enforces none."""
    folder = modules or Path("/lib/modules") / os.uname().release
    names = "".join(_read(path) for path in (folder / "modules.builtin", folder / "modules.dep", loaded))
    if "nft_queue" in names:
        return Finding("nft_queue", State.GOOD, "the kernel has it")
    mend = "NetworkPolicies would be accepted and not enforced, and `verify` would fail: take a kernel with NFT_QUEUE"
    return Finding("nft_queue", State.WARNING, "not found in this kernel", mend)


def pinned_tools(root: Path = ROOT) -> Mapping[str, str]:
    """Return the versions of mise.toml."""
    tools = tomllib.loads((root / "mise.toml").read_text())["tools"]
    return {name: version for name, version in tools.items() if name in ASK}


def examine(*, existing: bool = False) -> tuple[Finding, ...]:
    """Run all checks; for a cluster that exists already, only those of the tools."""
    tools = pinned_tools()
    if existing:
        return tuple(check_tool(name, tools[name]) for name in ("kubectl", "helm"))
    return (
        check_docker(),
        check_cgroup(),
        *(check_tool(name, wanted) for name, wanted in tools.items()),
        *(check_port(number) for number in PORTS),
        check_memory(),
        check_inotify(),
        check_nfqueue(),
    )


def _minor(version: str) -> tuple[int, int]:
    major, minor, *_ = version.split(".")
    return int(major), int(minor)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def main() -> int:
    """Print all findings; 1 where something must be mended first."""
    findings = examine(existing=bool(os.environ.get("KINDMESH_CONTEXT")))
    sys.stdout.write("".join(f"{finding}\n" for finding in findings))
    return 1 if any(finding.state is State.BAD for finding in findings) else 0


if __name__ == "__main__":
    sys.exit(main())
