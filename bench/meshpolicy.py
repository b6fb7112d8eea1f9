"""Measures meshpolicy on generated clusters of 100 to 50,000 workloads, and on the project's own manifests."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from curve import curve

ROOT = Path(__file__).resolve().parent.parent
SIZES = (100, 300, 1_000, 3_000, 10_000, 50_000)
QUICK = (100, 1_000)
SMALL = 1_000
"""Workloads up to which a run is short enough to be repeated."""
LOSING = 1_000
"""Workloads of the cluster of which every twentieth loses its sidecar."""
PER_NAMESPACE = 50
OWN = ("k8s/base", "mesh/policies", "mesh/ingress")
QUESTION = ("pingpong/pinger", "pingpong/ponger:http/ping")
EDIT = ("value: /rally\n", "value: /rallies\n")
"""One edit of the project's own routes: what it says, and what it says then."""

LABEL, PROXY = ", linkerd.io/control-plane-ns: linkerd", "{name: linkerd-proxy}, "
"""What tells that a Pod of a generated cluster has a sidecar."""

WORKLOAD = """\
apiVersion: v1
kind: Pod
metadata: {{name: w{n}, namespace: {space}, labels: {{app: w{n}, linkerd.io/control-plane-ns: linkerd}}}}
spec:
  serviceAccountName: w{n}
  containers: [{{name: linkerd-proxy}}, {{name: a, ports: [{{name: http, containerPort: 8080}}]}}]
status: {{podIP: 10.{a}.{b}.{c}}}
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {{name: w{n}, namespace: {space}}}
spec: {{podSelector: {{matchLabels: {{app: w{n}}}}}, port: http, proxyProtocol: HTTP/1}}
---
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {{name: w{n}, namespace: {space}}}
spec:
  targetRef: {{group: policy.linkerd.io, kind: Server, name: w{n}}}
  requiredAuthenticationRefs: [{{kind: ServiceAccount, name: w{m}, namespace: {space}}}]
---
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """What one verb took on one cluster, as a process of its own; on a busy machine compare the CPU time."""

    workloads: int
    verb: str
    cpu_seconds: float
    seconds: float
    megabytes: float


def manifests(workloads: int) -> Iterator[str]:
    """Yield a cluster: each workload with a Server and one policy that admits its neighbour."""
    for n in range(workloads):
        first = n - n % PER_NAMESPACE
        neighbour = first + (n + 1 - first) % min(PER_NAMESPACE, workloads - first)
        a, b, c = n // 65025 + 1, n // 255 % 255, n % 255 + 1
        yield WORKLOAD.format(n=n, m=neighbour, space=f"n{n // PER_NAMESPACE}", a=a, b=b, c=c)


def edited(text: str, workloads: int) -> str:
    """Return a generated cluster in which the policy of the middle admits another client."""
    name = f"name: w{workloads // 2 + 1}, namespace: n{workloads // 2 // PER_NAMESPACE}}}]"
    if text.count(name) != 1:
        raise ValueError(f"one policy in {workloads} workloads names w{workloads // 2 + 1}")
    return text.replace(name, name.replace("name: w", "name: another-", 1))


def without_sidecars(text: str) -> str:
    """Return a generated cluster in which every twentieth workload has lost its sidecar."""
    documents = text.split("---\n")
    for at in range(0, len(documents) - 1, 3 * 20):  # a workload is a Pod, a Server and a policy
        documents[at] = documents[at].replace(LABEL, "").replace(PROXY, "")
    return "---\n".join(documents)


def installed(folder: Path) -> dict[str, str]:
    """Return the environment of a command whose bytecode is compiled and kept, as where pip has installed it."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


def measured(
    verb: str, words: Sequence[str | Path], workloads: int, environment: Mapping[str, str], name: str
) -> Figure:
    """Run one verb in a process of its own, and return its time and its peak memory."""
    code = (
        "import resource, sys; from meshpolicy.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "sys.stderr.write(f'\\n{used.ru_utime + used.ru_stime} {used.ru_maxrss}')"
    )
    started = perf_counter()
    command = [sys.executable, "-c", code, verb, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    took = perf_counter() - started
    cpu, kilobytes = map(float, done.stderr.split()[-2:])
    return Figure(workloads, name, round(cpu, 2), round(took, 2), round(kilobytes / 1024))


def best(
    verb: str, words: Sequence[str | Path], workloads: int, environment: Mapping[str, str], name: str = ""
) -> Figure:
    """Return the run that took the least processor time: of five, or the only one where each takes long."""
    runs = range(5 if workloads <= SMALL else 1)
    found = (measured(verb, words, workloads, environment, name or verb) for _ in runs)
    return min(found, key=lambda figure: figure.cpu_seconds)


def own_manifests(folder: Path, environment: Mapping[str, str]) -> dict[str, Figure]:
    """Return how long questions take on the project's own manifests, `diff` on one edit of them, and `--help`."""
    before, after = folder / "before", folder / "after"
    for path in OWN:
        shutil.copytree(ROOT / path, before / path)
        shutil.copytree(ROOT / path, after / path)
    routes = after / "mesh/policies/httproutes.yaml"
    text = routes.read_text()
    if text.count(EDIT[0]) != 1:
        raise ValueError(f"{routes} does not say {EDIT[0].strip()} once")
    routes.write_text(text.replace(*EDIT))
    own = [ROOT / path for path in OWN]
    asked_for = {"--help": [], "list": own, "check": [*QUESTION, *own], "lint": own, "diff": [before, after]}
    return {verb: best(verb, words, 0, environment, f"{verb}, own manifests") for verb, words in asked_for.items()}


def asked(folder: Path, size: int, environment: Mapping[str, str]) -> Iterator[Figure]:
    """Yield what each verb takes on a cluster of one size."""
    file, other, bare = (folder / f"{size}{end}.yaml" for end in ("", "-edited", "-without-sidecars"))
    text = "".join(manifests(size))
    file.write_text(text)
    other.write_text(edited(text, size))
    bare.write_text(without_sidecars(text))
    for verb in ("list", "lint"):
        yield best(verb, [file], size, environment)
    yield best("diff", [file, other], size, environment)
    if size == LOSING:
        yield best("diff", [file, bare], size, environment, "diff where 50 lose their sidecar")


def drawn(figures: Sequence[Figure]) -> str:
    """Return the curve of CPU time over size."""
    verbs = ("list", "lint", "diff")
    series = {verb: [(f.workloads, f.cpu_seconds) for f in figures if f.verb == verb] for verb in verbs}
    return curve("CPU seconds over workloads", series, (10_000, 10), "goal: 10,000 in 10 s")


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", choices=("text", "json"), default="text", help="the form of the output")
    parser.add_argument("--plot", type=Path, help="draw the curve into this SVG file, too")
    parser.add_argument("--most", type=int, default=max(SIZES), help="no cluster of more workloads")
    parser.add_argument("--quick", action="store_true", help="two small sizes only")
    arguments = parser.parse_args()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = installed(folder)
        own = own_manifests(folder, environment)
        for size in QUICK if arguments.quick else [size for size in SIZES if size <= arguments.most]:
            figures += asked(folder, size, environment)
    if arguments.plot:
        arguments.plot.write_text(drawn(figures))
    if arguments.output == "json":
        sys.stdout.write(
            json.dumps(
                {"own": {verb: asdict(f) for verb, f in own.items()}, "figures": [asdict(f) for f in figures]}, indent=2
            )
            + "\n"
        )
        return
    lines = [
        *(f"{f.verb}: {f.cpu_seconds} s of processor time, {f.seconds} s in all" for f in own.values()),
        "",
        "workloads  verb  CPU s  wall s   MB  CPU ms per workload",
    ]
    lines += [
        f"{f.workloads:>9}  {f.verb}  {f.cpu_seconds:>5.2f}  {f.seconds:>6.2f}  {f.megabytes:>3.0f}  "
        f"{1000 * f.cpu_seconds / f.workloads:.2f}"
        for f in figures
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
