"""Writes what `requirements.lock` pins as a CycloneDX bill of materials: `python -m supply.sbom [LOCK]`.

The same lock gives the same bytes: serial number and order follow from its content, the time from SOURCE_DATE_EPOCH.
"""

import os
import re
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parents[2]
HASH = re.compile(r"\s--hash=sha256:([0-9a-f]{64})")
MARKER = "pip:marker"


def main() -> None:
    """Print the bill of materials of a lock file, the project's own if none is named."""
    lock = Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT / "requirements.lock"
    print(written(bill(lock.read_text())))  # noqa: T201 what it is for


def bill(lock: str) -> Bom:
    """Return the bill of materials of a lock file's text.

    Raises `ValueError` where a line pins no version or has no hash.
    """
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    found = Bom(serial_number=uuid5(NAMESPACE_URL, lock))
    found.metadata.component = Component(
        name=project["name"], version=project["version"], type=ComponentType.APPLICATION, bom_ref=project["name"]
    )
    found.components.update(_component(line) for line in entries(lock))
    found.register_dependency(found.metadata.component, found.components)
    found.metadata.timestamp = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), UTC)
    return found


def entries(lock: str) -> Iterator[str]:
    r"""Yield the requirements of a lock file with their hashes, each as one line: a `\` at its end continues a line."""
    for line in lock.replace("\\\n", " ").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line


def _component(line: str) -> Component:
    pinned = Requirement(HASH.sub("", line).strip())
    versions = [one.version for one in pinned.specifier if one.operator == "=="]
    hashes = HASH.findall(line)
    if len(versions) != 1 or not hashes:
        raise ValueError(f"`{pinned}`: expected one version (`==`) and a sha256 hash; run `just lock`")
    package = PackageURL("pypi", name=pinned.name, version=versions[0])
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(str(package)),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one) for one in hashes],
    )
    return Component(
        name=pinned.name,
        version=versions[0],
        purl=package,
        bom_ref=str(package),
        external_references=[files],
        properties=[Property(name=MARKER, value=str(pinned.marker))] if pinned.marker else [],
    )


def written(found: Bom) -> str:
    """Return a bill of materials as CycloneDX 1.6 in JSON."""
    return JsonV1Dot6(found).output_as_string(indent=2)


if __name__ == "__main__":
    main()
