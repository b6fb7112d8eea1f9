"""Feeds the readers with what coverage-guided fuzzing invents, until something raises, hangs or takes 1 GB.

    pip install atheris
    python tests/meshpolicy/fuzz.py -max_total_time=600

The options are libFuzzer's. It starts from the cases and the project's manifests; what fails is written to a file.
"""

import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
SEEDS = ("tests/cases", "k8s/base", "mesh/policies", "mesh/ingress")
LIMITS = ("-timeout=20", "-rss_limit_mb=1024", "-max_len=8192", "-use_value_profile=1")
ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 65536, 10**30, 1.5, float("nan"), "", "*", "*.x", "8080", "80-90", "0-1,x", "10.0.0.0/8"),
    *("::/0", "spiffe://x/y", "(a+)+$", "[", "\x00", "a" * 300, [], {}, [None], [[]], {"": None}, {"a": {"b": []}}),
)
"""Values that stand where others were expected."""


def nodes(tree: Any) -> list[tuple[Any, Any]]:
    """Return every place below a tree: its container, and its key or index."""
    entries = list(tree.items()) if isinstance(tree, dict) else list(enumerate(tree)) if isinstance(tree, list) else []
    return [found for key, value in entries for found in ((tree, key), *nodes(value))]


def changed(data: bytes, random: Random) -> bytes:
    """Return YAML in which one value is dropped, replaced, or put elsewhere; ValueError for what is no YAML."""
    documents = list(yaml.load_all(data, yaml.CSafeLoader))
    places = nodes(documents)
    if not places:
        raise ValueError("nothing to change")
    (at, key), (other, index) = random.choice(places), random.choice(places)
    match random.randrange(5):
        case 0:
            del at[key]
        case 1:
            at[key] = random.choice(ODD)
        case 2:
            at[key] = [at[key], other[index]]
        case _:
            at[key] = other[index]
    return yaml.dump_all(documents, Dumper=yaml.CSafeDumper).encode()


def mutator(atheris: Any) -> Callable[[bytes, int, int], bytes]:
    """Return what changes an input: half of the time its bytes, else its tree."""

    def mutated(data: bytes, most: int, seed: int) -> bytes:
        random = Random(seed)  # noqa: S311 # nothing secret
        if random.random() < 0.5:
            try:
                found = changed(data, random)
            except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError):
                found = b""
            if 0 < len(found) <= most:
                return found
        mutant: bytes = atheris.Mutate(data, most)
        return mutant

    return mutated


def plant(folder: Path) -> None:
    """Write the seeds, a case together with its base, and the words that they use."""
    texts = [file.read_text() for seed in SEEDS for file in sorted((ROOT / seed).rglob("*.yaml"))]
    base = (ROOT / SEEDS[0] / "cluster.yaml").read_text()
    for number, text in enumerate(texts):
        (folder / str(number)).write_text(f"{text}\n{base}" if "\nbase: cluster.yaml" in text else text)
    words = sorted({word for text in texts for word in text.split() if word.isalnum() and len(word) < 40})
    (folder / "words.dict").write_text("".join(f'"{word}"\n' for word in words))


def main() -> None:
    """Run libFuzzer with the seeds in a folder of its own, unless folders are named."""
    sys.path.insert(0, str(ROOT / "src"))
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["meshpolicy"]):
        exercised = import_module("exercise").exercised
    with tempfile.TemporaryDirectory() as seeds:
        plant(Path(seeds))
        arguments = [sys.argv[0], f"-dict={seeds}/words.dict", *LIMITS, *sys.argv[1:], seeds]
        atheris.Setup(arguments, lambda data: exercised(data) and None, custom_mutator=mutator(atheris))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
