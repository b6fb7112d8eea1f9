# Everything this project can do. `just` lists it; `just check` is what CI runs.

set positional-arguments
set shell := ["bash", "-euo", "pipefail", "-c"]

export UV_PYTHON_DOWNLOADS := "never"
export VIRTUAL_ENV := justfile_directory() / ".venv"
export PATH := VIRTUAL_ENV / "bin" + ":" + env("PATH")

[private]
default:
    @{{ quote(just_executable()) }} --list --unsorted

# bring PingPong up: on kind where Docker and its tools are here, else on this machine alone
[group('run')]
[no-cd]
[no-exit-message]
up *backend: install
    @python -m meshup up "$@"

# stop all of it, and leave nothing behind
[group('run')]
[no-cd]
[no-exit-message]
down *args: install
    @python -m meshup down "$@"

# the pods: identity, certificate, readiness, restarts; --output json for programs
[group('run')]
[no-cd]
[no-exit-message]
status *args: install
    @python -m meshup status "$@"

# send one real request: FROM (a pod, an account or `unmeshed`) TO (`ponger/ping`); say why it was answered so
[group('run')]
[no-cd]
[no-exit-message]
ask *args: install
    @python -m meshup ask "$@"

# print what a pod wrote: NAME; --follow, and --sidecar for its proxy
[group('run')]
[no-cd]
[no-exit-message]
logs *args: install
    @python -m meshup logs "$@"

# the latest traces, or one of them as a waterfall: ID; on a cluster, Jaeger
[group('watch')]
[no-cd]
[no-exit-message]
traces *args: install
    @python -m meshup traces "$@"

# the page that shows the mesh live; on a cluster, Linkerd's dashboard
[group('watch')]
[no-cd]
[no-exit-message]
dashboard *args: install
    @python -m meshup dashboard "$@"

# where Prometheus shows metrics, rules and alerts
[group('watch')]
[no-cd]
[no-exit-message]
metrics *args: install
    @python -m meshup metrics "$@"

# requests per second, success and latency of every edge (as `linkerd viz stat`)
[group('watch')]
[no-cd]
[no-exit-message]
stat *args: install
    @python -m meshup stat "$@"

# who has called whom: the identities of both ends, and TLS (as `linkerd viz edges`)
[group('watch')]
[no-cd]
[no-exit-message]
edges *args: install
    @python -m meshup edges "$@"

# requests as they happen, each with its verdict: NAME (as `linkerd viz tap`)
[group('watch')]
[no-cd]
[no-exit-message]
tap *args: install
    @python -m meshup tap "$@"

# send every kind of request for real: allowed calls work, all others are refused for the expected cause
[group('run')]
[no-cd]
[no-exit-message]
verify *args: install
    @python -m meshup verify "$@"

# one allowed request at a fixed rate: how many were lost, and how long they took
[group('run')]
[no-cd]
[no-exit-message]
load *args: install
    @python -m localmesh load "$@"

# a load for an hour on a mesh of its own, and how much memory each process takes over time
[group('run')]
[no-cd]
[no-exit-message]
soak *args: install
    @python -m localmesh.soak "$@"

# break one thing under load, show what happens, and how it heals: sidecar, app, disk, dns …
[group('run')]
[no-cd]
[no-exit-message]
chaos *args: install
    @python -m meshup chaos "$@"

# what `just apply` would change, in requests: opened, closed, or granted by other objects
[group('run')]
[no-exit-message]
diff *args: install
    @python -m localmesh diff "$@"

# take in what has changed in the manifests, while traffic flows
[group('run')]
[no-exit-message]
apply *args: install
    @python -m localmesh apply "$@"

# have a workload run as so many pods: `just scale ponger 3`
[group('run')]
[no-exit-message]
scale *args: install
    @python -m localmesh scale "$@"

# renew the certificates while traffic flows
[group('run')]
[no-cd]
[no-exit-message]
rotate *args: install
    @python -m meshup rotate "$@"

# replace a pod, or the pods of a workload, by new ones: NAME
[group('run')]
[no-cd]
[no-exit-message]
restart *args: install
    @python -m meshup restart "$@"

# check this machine before a cluster is created; needs nothing but Python
[group('cluster')]
[no-exit-message]
doctor *args:
    @PYTHONPATH=src python3 -m kindmesh.doctor "$@"

# install all dependencies into .venv, by hash
[group('setup')]
install:
    @[ -d .venv ] || uv venv --quiet --no-project --python '>=3.11'
    @cat requirements.lock pyproject.toml | cmp -s - .venv/installed || { echo "installing the locked dependencies into .venv" >&2 \
      && uv pip sync --quiet --require-hashes --compile-bytecode requirements.lock \
      && uv pip install --quiet --no-deps --no-build-isolation --editable . \
      && cat requirements.lock pyproject.toml >.venv/installed; }

# resolve the dependencies anew and lock them by hash
[group('setup')]
lock *args:
    uv pip compile --quiet --universal --generate-hashes --no-annotate --python-version 3.11 --all-extras --group dev \
      --custom-compile-command "just lock" pyproject.toml --output-file requirements.lock "$@"
    uv pip compile --quiet --universal --generate-hashes --no-annotate --python-version 3.11 --constraint requirements.lock \
      --custom-compile-command "just lock" src/meshpolicy/pyproject.toml --output-file src/meshpolicy/requirements.lock

# who may call whom, from the manifests
[group('policy')]
[no-exit-message]
policy *args: install
    @meshpolicy list k8s/base mesh/policies mesh/ingress "$@"

# look for mistakes in the manifests, and prove what they promise
[group('policy')]
[no-exit-message]
policy-lint *args: install
    @meshpolicy lint k8s mesh "$@"
    @meshpolicy prove tests/proofs.yaml

# write a folder of evidence, tenet by tenet of NIST SP 800-207: proofs, versions, and what the running mesh showed
[group('policy')]
[no-cd]
[no-exit-message]
evidence *args: install
    @python -m meshup.evidence "$@"

# look for weaknesses in the manifests with checkov; fetched for this alone, since it brings a hundred packages
[group('policy')]
[no-exit-message]
harden *args: install
    @uv tool run --quiet --exclude-newer 2026-11-20 --from checkov==3.3.30 checkov --config-file .checkov.yaml "$@"

# run the tests; pass pytest options after the name
[group('test')]
test *args: install
    PYTHONDONTWRITEBYTECODE= pytest {{ if args == "" { "--numprocesses 3 --dist loadscope" } else { "" } }} "$@"

# run the tests of meshpolicy, and fail where they reach less of it than pyproject.toml asks for
[group('test')]
coverage *args: install
    pytest --numprocesses 2 --dist loadscope --cov --cov-report=term:skip-covered tests/meshpolicy "$@"

# everything CI runs, in CI's order
[group('test')]
check: lint types layers policy-lint docs-check site test

# measure: paired, in one run, as ratios
[group('test')]
bench *args: install
    @python bench/service.py "$@"
    @python bench/instrumentation.py "$@"
    @python bench/mesh.py "$@"
    @python bench/traces.py "$@"
    @python bench/watch.py "$@"
    @python bench/apply.py "$@"
    @python bench/scale.py "$@"
    @python bench/meshpolicy.py "$@"
    @python bench/diff.py "$@"
    @python bench/ready/measure.py "$@"
    @python bench/netpol.py "$@"

# list all that the lock file pins, as a CycloneDX bill of materials
[group('release')]
sbom *args: install
    @PYTHONPATH=.ci python -m supply.sbom "$@"

# cut a release: write VERSION down, commit and tag; --dry-run shows it
[group('release')]
[no-exit-message]
release *args: install
    @PYTHONPATH=.ci python -m supply.release "$@"

# rewrite the sources in the house style
[group('code')]
fmt: install
    ruff check --quiet --fix
    ruff format --quiet
    {{ quote(just_executable()) }} --fmt

# write the messages of Envoy's API anew from their definitions
[group('code')]
api: install
    cd src && python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. localmesh/envoy/api.proto

# build the distribution `meshpolicy` into dist/
[group('code')]
wheel: install
    uv build --quiet --wheel --no-build-isolation --python .venv/bin/python --out-dir dist src/meshpolicy

# check style, names and known bug patterns
[group('code')]
lint: install
    ruff check
    ruff format --check
    yamllint --strict k8s mesh
    zizmor --offline --quiet .github/workflows .github/actions
    {{ quote(just_executable()) }} --fmt --check

# check the types
[group('code')]
types: install
    mypy

# check that imports point one way
[group('code')]
layers: install
    lint-imports --no-cache

# write the outputs that the documentation shows
[group('docs')]
docs: install
    python docs/generate.py

# take the picture of the page that the documentation shows
[group('docs')]
screenshot: install
    python docs/screenshot.py

# build the documentation as a site, into site/; a dead link fails it
[group('docs')]
site: install
    @python docs/site.py

# check that the documentation shows what is so
[group('docs')]
docs-check: install
    python docs/generate.py --check
