# Everything this project can do. `just` lists it; `just check` is what CI runs.

set shell := ["bash", "-euo", "pipefail", "-c"]

export UV_PYTHON_DOWNLOADS := "never"
export VIRTUAL_ENV := justfile_directory() / ".venv"
export PATH := VIRTUAL_ENV / "bin" + ":" + env("PATH")

[private]
default:
    @{{ just_executable() }} --list --unsorted

# install all dependencies into .venv, by hash
[group('setup')]
install:
    @[ -d .venv ] || uv venv --quiet --python '>=3.11'
    @cat requirements.lock pyproject.toml | cmp -s - .venv/installed || { echo "installing the locked dependencies into .venv" >&2 \
      && uv pip sync --quiet --require-hashes --compile-bytecode requirements.lock \
      && uv pip install --quiet --no-deps --no-build-isolation --editable . \
      && cat requirements.lock pyproject.toml >.venv/installed; }

# resolve the dependencies anew and lock them by hash
[group('setup')]
lock *args:
    uv pip compile --quiet --universal --generate-hashes --no-annotate --python-version 3.11 --all-extras --group dev \
      --custom-compile-command "just lock" pyproject.toml --output-file requirements.lock {{ args }}

# run the tests; pass pytest options after the name
[group('test')]
test *args: install
    pytest {{ args }}

# rewrite the sources in the house style
[group('code')]
fmt: install
    ruff check --quiet --fix
    ruff format --quiet
    {{ just_executable() }} --fmt

# check style, names and known bug patterns
[group('code')]
lint: install
    ruff check
    ruff format --check
    {{ just_executable() }} --fmt --check

# check the types
[group('code')]
types: install
    mypy

# check that imports point one way
[group('code')]
layers: install
    lint-imports --no-cache
