"""Compares meshpolicy with np-guard netpol-analyzer: the same NetworkPolicies, both answers, time and memory.

The two list opposite halves: one what is allowed between workloads, meshpolicy (`list --denied`) what is refused.
"""

import argparse
import csv
import io
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from netpolicies import PORTS, manifests

ROUNDS = {100: 5, 300: 5, 1_000: 1}
"""Rounds by the number of workloads: at 1,000 the other program takes minutes."""
QUICK = {100: 1}
Access = tuple[str, str, int]
"""Client, server and port."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command as a process of its own."""

    cpu: float
    wall: float
    megabytes: float
    output: str


@dataclass(frozen=True, slots=True)
class Figure:
    """What both took on one cluster: medians of all rounds, and of the ratios within each round."""

    workloads: int
    rows: tuple[int, int]
    cpu_seconds: tuple[float, float]
    seconds: tuple[float, float]
    megabytes: tuple[float, float]
    ratio: float
    """Theirs by ours, in CPU time."""
    differences: int


def timed(command: Sequence[str], folder: Path) -> Run:
    """Run a command, its output into a file, and return what it took."""
    with (folder / "output").open("w+") as output:
        started = perf_counter()
        action = [(os.POSIX_SPAWN_DUP2, output.fileno(), 1)]
        child = os.posix_spawnp(command[0], command, os.environ, file_actions=action)
        _, status, used = os.wait4(child, 0)
        took = perf_counter() - started
        if status:
            raise SystemExit(f"{' '.join(command)} failed with exit code {os.waitstatus_to_exitcode(status)}")
        output.seek(0)
        return Run(used.ru_utime + used.ru_stime, took, used.ru_maxrss / 1024, output.read())


def allowed(text: str) -> Iterator[Access]:
    """Yield what netpol-analyzer lists as allowed, of the ports that the workloads declare."""
    for client, server, connections in csv.reader(io.StringIO(text)):
        if client.endswith("]") and server.endswith("]"):
            for port in PORTS.values():
                if opens(connections, port):
                    yield client.partition("[")[0], server.partition("[")[0], port


def opens(connections: str, port: int) -> bool:
    """Whether words such as `SCTP 1-9,TCP 80,8000-8080` hold a TCP port."""
    if connections == "All Connections":
        return True
    protocol = ""
    for part in connections.split(","):
        word, _, ports = part.rpartition(" ")
        protocol = word or protocol
        first, _, last = ports.partition("-")
        if protocol == "TCP" and int(first) <= port <= int(last or first):
            return True
    return False


def denied(text: str) -> Iterator[Access]:
    """Yield what meshpolicy lists as refused."""
    for server, port, client, *_ in list(csv.reader(io.StringIO(text)))[1:]:
        yield client, server, int(port)


def compared(tool: str, size: int, rounds: int, folder: Path) -> Figure:
    """Run both in turn on one cluster, and compare their answers."""
    source = folder / str(size)
    source.mkdir()
    (source / "cluster.yaml").write_text("".join(manifests(size)))
    ours = [sys.executable, "-m", "meshpolicy", "list", "--denied", "--output", "csv", str(source)]
    theirs = [tool, "list", "--quiet", "--output", "csv", "--dirpath", str(source)]
    pairs = [(timed(ours, folder), timed(theirs, folder)) for _ in range(rounds)]
    refused, granted = set(denied(pairs[0][0].output)), set(allowed(pairs[0][1].output))
    names = sorted({name for access in (*refused, *granted) for name in access[:2]})
    everything = {(a, b, port) for a in names for b in names if a != b for port in PORTS.values()}

    def median(field: str) -> tuple[float, float]:
        return (
            round(statistics.median(getattr(a, field) for a, _ in pairs), 2),
            round(statistics.median(getattr(b, field) for _, b in pairs), 2),
        )

    ratio = statistics.median(b.cpu / a.cpu for a, b in pairs)
    rows = (len(pairs[0][0].output.splitlines()), len(pairs[0][1].output.splitlines()))
    wrong = (everything - refused) ^ granted
    for client, server, port in sorted(wrong)[:10]:
        sys.stderr.write(f"{client} -> {server}:{port}: only one of them allows it\n")
    return Figure(size, rows, median("cpu"), median("wall"), median("megabytes"), round(ratio, 1), len(wrong))


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", choices=("text", "json"), default="text", help="the form of the output")
    parser.add_argument("--quick", action="store_true", help="one small size, once")
    parser.add_argument("--tool", default="netpol-analyzer", help="the other program (default: from PATH)")
    arguments = parser.parse_args()
    tool = shutil.which(arguments.tool)
    if tool is None:
        sys.stderr.write(f"skipped: {arguments.tool} is not installed; build github.com/np-guard/netpol-analyzer\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        sizes = QUICK if arguments.quick else ROUNDS
        figures = [compared(tool, size, rounds, Path(folder)) for size, rounds in sizes.items()]
    if arguments.output == "json":
        sys.stdout.write(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")
        return
    sys.stdout.write("workloads  of             rows   CPU s  wall s    MB  ratio  differences\n")
    for f in figures:
        for at, name in enumerate(("meshpolicy", "netpol-analyzer")):
            tail = f"  {f.ratio:>5}  {f.differences}" if at else ""
            sys.stdout.write(
                f"{f.workloads:>9}  {name:<15}  {f.rows[at]:>7}  {f.cpu_seconds[at]:>6}  {f.seconds[at]:>6}  "
                f"{f.megabytes[at]:>4.0f}{tail}\n"
            )


if __name__ == "__main__":
    main()
