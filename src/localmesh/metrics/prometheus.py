"""Prometheus beside a mesh, where its program is installed: what it scrapes, as whom, and how it is started.

It scrapes the pods by mutual TLS, as the ServiceAccount of the cluster's Prometheus: what it may read is decided by the
policies. Targets are files that follow the pods; jobs are one for each identity, as a job expects one name of servers.
"""

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from localmesh.files import make_folder, write
from localmesh.pods.pod import Pod, tcp_ports
from localmesh.pods.process import Program
from localmesh.pods.programs import base_environment
from localmesh.state import StateFolder
from meshidentity.certificates import Leaf

PROGRAM = "prometheus"
PAGE_PORT = 9091
"""Where its page is, as `just metrics` has it on a cluster."""
ACCOUNT = ("linkerd-viz", "prometheus")
"""Namespace and ServiceAccount that it scrapes as."""
PORT = "metrics"
"""The name of the ports that are scraped."""
INTERVAL = "5s"
RETENTION = "2h"
PROXIES = "/api/metrics"
"""Where the supervisor tells what the sidecars saw."""


@dataclass(frozen=True, slots=True)
class Target:
    """A port that is scraped."""

    identity: str
    """The identity that the target's certificate must have; empty if it is scraped in plain text."""
    address: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Proxies:
    """Where the supervisor tells what the sidecars saw, and the token that it asks for."""

    port: int
    token: str


def targets(pods: Iterable[Pod]) -> list[Target]:
    """Return the metrics ports of all pods."""
    return [
        Target(
            pod.identity,
            f"{pod.local}:{port.number}",
            {"namespace": pod.namespace, "deployment": pod.workload.name, "pod": pod.name},
        )
        for pod in pods
        for port in tcp_ports(pod)
        if port.name == PORT
    ]


@dataclass(frozen=True, slots=True)
class Files:
    """What Prometheus is started with, in a private folder."""

    folder: Path

    @property
    def config(self) -> Path:
        """Its configuration."""
        return self.folder / "prometheus.json"

    @property
    def rules(self) -> Path:
        """Recording and alert rules."""
        return self.folder / "rules.json"

    def of_targets(self, job: str) -> Path:
        """Return where the targets of one job are written."""
        return self.folder / "targets" / f"{job}.json"

    def write_identity(self, leaf: Leaf, anchor: str) -> None:
        """Write its certificate, the key, and whom it believes; it reads them again for every connection."""
        write(self.folder / "ca.crt", anchor)
        write(self.folder / "tls.crt", leaf.chain_pem)
        write(self.folder / "tls.key", leaf.key_pem)

    def write_targets(self, found: Iterable[Target], proxies: Proxies, rules: str = "") -> bool:
        """Write targets and configuration; return whether the configuration is another one than before."""
        make_folder(self.folder / "targets")
        jobs: dict[str, list[Target]] = {}
        for target in found:
            jobs.setdefault(target.identity, []).append(target)
        for identity, members in jobs.items():
            groups = [{"targets": [target.address], "labels": dict(target.labels)} for target in members]
            _write_changed(self.of_targets(job(identity)), json.dumps(groups, indent=1))
        _write_changed(self.folder / "token", proxies.token)
        _write_changed(self.rules, rules)
        return _write_changed(
            self.config, json.dumps(self._configuration(sorted(jobs), proxies, [self.rules] if rules else []), indent=1)
        )

    def _configuration(self, identities: Iterable[str], proxies: Proxies, rules: Iterable[Path]) -> dict[str, object]:
        told: dict[str, object] = {
            "job_name": "linkerd-proxy",
            "metrics_path": PROXIES,
            "authorization": {"credentials_file": str(self.folder / "token")},
            "static_configs": [{"targets": [f"127.0.0.1:{proxies.port}"]}],
            "honor_labels": True,
        }
        return {
            "global": {"scrape_interval": INTERVAL, "evaluation_interval": INTERVAL},
            "rule_files": [str(path) for path in rules],
            "scrape_configs": [told, *(self._job(identity) for identity in identities)],
        }

    def _job(self, identity: str) -> dict[str, object]:
        found: dict[str, object] = {
            "job_name": job(identity),
            "file_sd_configs": [{"files": [str(self.of_targets(job(identity)))], "refresh_interval": INTERVAL}],
        }
        if identity:
            found |= {
                "scheme": "https",
                "tls_config": {
                    "ca_file": str(self.folder / "ca.crt"),
                    "cert_file": str(self.folder / "tls.crt"),
                    "key_file": str(self.folder / "tls.key"),
                    "server_name": identity,
                },
            }
        return found


def job(identity: str) -> str:
    """Return the name of the job for the pods of an identity: `account.namespace`."""
    return "".join(c if c.isalnum() or c in ".-" else "_" for c in identity.split(".serviceaccount.")[0]) or "unmeshed"


def _write_changed(path: Path, text: str) -> bool:
    if path.exists() and path.read_text() == text:
        return False
    write(path, text)
    return True


def find(environ: Mapping[str, str]) -> Path | None:
    """Return the program, if there is one."""
    found = shutil.which(PROGRAM, path=environ.get("PATH"))
    return Path(found) if found else None


def program(binary: Path, files: Files, folder: StateFolder, environ: Mapping[str, str], port: int) -> Program:
    """Return how it is started: its page on loopback, its data in the state folder."""
    command = (
        str(binary),
        f"--config.file={files.config}",
        f"--storage.tsdb.path={files.folder / 'data'}",
        f"--storage.tsdb.retention.time={RETENTION}",
        f"--web.listen-address=127.0.0.1:{port}",
    )
    log = files.folder / "prometheus.log"
    return Program(PROGRAM, command, base_environment(folder, PROGRAM, environ), log, files.folder)
