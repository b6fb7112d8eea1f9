"""The forge's workflows: pinned, with the least permissions, and nothing that could be slipped into a shell."""

import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from .rendered import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
COMMENTED = re.compile(r"uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", re.MULTILINE)
SECRET = re.compile(
    r"gh[pousr]_\w{20,}|github_pat_\w{20,}|AKIA[0-9A-Z]{16}|-----BEGIN|xox[abp]-|"
    r"(?:password|token|secret|key)\s*[:=]\s*['\"]?(?!\$|write|read|none)[\w+/=-]{12,}",
    re.IGNORECASE,
)
each = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


def read(path: Path) -> dict[Any, Any]:
    """Return a workflow; YAML 1.1 reads its key `on` as true."""
    found: dict[Any, Any] = yaml.safe_load(path.read_text())
    return found


def steps(path: Path) -> Iterator[dict[str, Any]]:
    """Return every step of a workflow."""
    for job in read(path)["jobs"].values():
        yield from job["steps"]


def test_there_is_a_workflow_for_checks_and_one_for_releases() -> None:
    assert [path.stem for path in WORKFLOWS] == ["check", "release"]


@each
def test_every_action_is_pinned_by_its_full_hash_and_says_which_version_that_is(path: Path) -> None:
    used = [step["uses"] for step in steps(path) if "uses" in step]
    assert used
    assert [action for action in used if not PINNED.fullmatch(action)] == []
    assert len(COMMENTED.findall(path.read_text())) == len(used)


def test_one_action_has_one_version_everywhere() -> None:
    used = {step["uses"] for path in WORKFLOWS for step in steps(path) if "uses" in step}
    assert len({action.partition("@")[0] for action in used}) == len(used)


@each
def test_nothing_is_permitted_but_what_a_job_asks_for(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {}
    assert all(isinstance(job["permissions"], dict) for job in workflow["jobs"].values())


@each
def test_only_the_release_may_write(path: Path) -> None:
    written = {
        scope for job in read(path)["jobs"].values() for scope, level in job["permissions"].items() if level == "write"
    }
    release = {"contents", "pull-requests", "packages", "id-token", "attestations"}
    assert written == (release if path.stem == "release" else set())


@each
def test_every_job_ends_and_no_two_get_into_each_others_way(path: Path) -> None:
    workflow = read(path)
    assert workflow["concurrency"]["group"]
    assert all(job["timeout-minutes"] <= 30 for job in workflow["jobs"].values())
    assert all(not job["runs-on"].endswith("latest") for job in workflow["jobs"].values())


@each
def test_no_secret_is_written_down(path: Path) -> None:
    assert SECRET.findall(path.read_text()) == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("password: hunter2hunter2hunter2", True),
        ("token: ghp_0123456789abcdefghijABCDEFGHIJ", True),
        ("password: ${{ github.token }}", False),
        ("id-token: write # keyless signing", False),
    ],
)
def test_a_secret_would_be_found(line: str, found: bool) -> None:
    assert bool(SECRET.search(line)) is found


@each
def test_no_expression_is_pasted_into_a_shell(path: Path) -> None:
    assert [step["run"] for step in steps(path) if "${{" in step.get("run", "")] == []


def test_a_check_of_a_stranger_leaves_no_credentials_behind() -> None:
    checkouts = [step for step in steps(ROOT / ".github/workflows/check.yml") if "checkout" in step.get("uses", "")]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False, False]


def test_the_cluster_job_brings_up_proves_and_removes_whatever_happened() -> None:
    job = read(ROOT / ".github/workflows/check.yml")["jobs"]["cluster"]
    runs = [step.get("run", "") for step in job["steps"]]
    order = [next(number for number, run in enumerate(runs) if word in run) for word in ("up kind", "verify", "down")]
    assert order == sorted(order)
    assert job["steps"][order[-1]]["if"] == "always()"
    (upload,) = [step for step in job["steps"] if "upload-artifact" in step.get("uses", "")]
    assert upload["if"] == "failure()"


def test_a_release_is_scanned_and_signed_before_it_has_a_name_or_is_proposed() -> None:
    release = read(ROOT / ".github/workflows/release.yml")["jobs"]["image"]["steps"]
    words = [str(step.get("uses", step.get("run"))) for step in release]
    order = (
        *("build-push-action", "scan-action", "sbom-action", "attest-build-provenance"),
        *("cosign sign", "imagetools create", "gh pr create"),
    )
    places = [[number for number, word in enumerate(words) if name in word] for name in order]
    assert [len(found) for found in places] == [1] * len(order)
    assert places == sorted(places)


def test_what_is_scanned_signed_and_named_is_the_one_digest_that_was_built() -> None:
    release = read(ROOT / ".github/workflows/release.yml")["jobs"]["image"]["steps"]
    (build,) = [step for step in release if "build-push-action" in step.get("uses", "")]
    assert "push-by-digest=true" in build["with"]["outputs"]
    assert "tags" not in build["with"]
    names = ("scan-action", "sbom-action", "attest-", "cosign sign", "imagetools create", "gh pr create")
    users = [step for step in release if any(name in str(step.get("uses", step.get("run"))) for name in names)]
    assert len(users) == len(names) + 1
    assert [step for step in users if "${{ steps.build.outputs.digest }}" not in str(step)] == []


def test_nothing_is_released_that_was_not_checked() -> None:
    jobs = read(ROOT / ".github/workflows/release.yml")["jobs"]
    assert jobs["image"]["needs"] == "check"
    assert [step["run"] for step in jobs["check"]["steps"] if "run" in step] == ["./.ci/run"]


@pytest.mark.parametrize("path", [".ci/run", ".github/workflows/check.yml"])
def test_the_two_tools_have_a_version(path: str) -> None:
    found = re.findall(r"\b(uv|rust-just)(==\d+\.\d+\.\d+)?(?=[ \n])", (ROOT / path).read_text())
    assert sorted(name for name, version in found if version) == ["rust-just", "uv"]
    assert [name for name, version in found if not version] == []


@pytest.mark.parametrize(
    ("digest", "image", "complaint"),
    [
        ("sha256:" + "a" * 64, "pingpong", ""),
        ("sha256:" + "a" * 64, "another", "not there once"),
        ("latest", "pingpong", "latest is no digest"),
    ],
)
def test_a_digest_takes_the_place_of_the_tag_and_comments_stay(
    digest: str, image: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overlay = tmp_path / "kustomization.yaml"
    text = f"# why\nimages:\n  - name: {image}\n    newName: old.example/name\n    newTag: unreleased\n"
    overlay.write_text(text)
    monkeypatch.setattr(sys, "argv", ["digest.py", str(overlay), "ghcr.io/a/b", digest])
    if complaint:
        with pytest.raises(SystemExit, match=complaint):
            runpy.run_path(str(ROOT / ".github/digest.py"), run_name="__main__")
        assert overlay.read_text() == text
    else:
        runpy.run_path(str(ROOT / ".github/digest.py"), run_name="__main__")
        assert overlay.read_text() == text.replace("old.example/name", "ghcr.io/a/b").replace(
            "newTag: unreleased", f"digest: {digest}"
        )
