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


def test_there_is_a_workflow_for_checks_one_for_releases_and_one_that_scores() -> None:
    assert [path.stem for path in WORKFLOWS] == ["check", "release", "scorecard"]


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


def writes(job: dict[str, Any]) -> set[str]:
    """Return what a job may write."""
    return {scope for scope, level in job["permissions"].items() if level == "write"}


MAY_WRITE = {
    "check": {},
    "release": {"publish": {"packages", "id-token", "attestations"}, "propose": {"contents", "pull-requests"}},
    "scorecard": {"scorecard": {"id-token", "security-events"}},
}
OTHERS_WITH_RIGHTS = {
    "check": set(),
    "release": {("publish", "sigstore/cosign-installer")},
    "scorecard": {("scorecard", "ossf/scorecard-action"), ("scorecard", "github/codeql-action/upload-sarif")},
}


@each
def test_two_jobs_of_the_release_and_the_score_may_write_and_no_other(path: Path) -> None:
    assert {name: writes(job) for name, job in read(path)["jobs"].items() if writes(job)} == MAY_WRITE[path.stem]


@each
def test_of_what_others_wrote_only_the_named_runs_beside_a_right_to_write(path: Path) -> None:
    others = {
        (name, step["uses"].partition("@")[0])
        for name, job in read(path)["jobs"].items()
        for step in job["steps"]
        if writes(job) and not step.get("uses", "actions/").startswith("actions/")
    }
    assert others == OTHERS_WITH_RIGHTS[path.stem]


def test_a_scanner_has_no_rights_at_all() -> None:
    jobs = [job for path in WORKFLOWS for job in read(path)["jobs"].values() if "anchore/" in str(job)]
    assert [job["permissions"] for job in jobs] == [{}]


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


@each
def test_no_checkout_leaves_its_credentials_to_what_comes_after(path: Path) -> None:
    checkouts = [step for step in steps(path) if "checkout" in step.get("uses", "")]
    assert checkouts
    assert [step for step in checkouts if step.get("with", {}).get("persist-credentials") is not False] == []


def test_the_cluster_job_brings_up_proves_and_removes_whatever_happened() -> None:
    job = read(ROOT / ".github/workflows/check.yml")["jobs"]["cluster"]
    runs = [step.get("run", "") for step in job["steps"]]
    order = [next(number for number, run in enumerate(runs) if word in run) for word in ("up kind", "verify", "down")]
    assert order == sorted(order)
    assert job["steps"][order[-1]]["if"] == "always()"
    (upload,) = [step for step in job["steps"] if "upload-artifact" in step.get("uses", "")]
    assert upload["if"] == "failure()"


RELEASE = (
    ("build", "build-push-action"),
    ("build", "build-push-action"),
    ("build", 'test "$ONE" = "$OTHER"'),
    ("scan", "skopeo inspect"),
    ("scan", "scan-action"),
    ("scan", "sbom-action"),
    ("publish", "skopeo copy --preserve-digests oci-archive:"),
    ("publish", "actions/attest@"),
    ("publish", "actions/attest@"),
    ("publish", "cosign sign"),
    ("publish", 'skopeo copy --preserve-digests "docker:'),
    ("propose", "gh pr create"),
)


def release() -> dict[str, Any]:
    """Return the jobs of a release."""
    found: dict[str, Any] = read(ROOT / ".github/workflows/release.yml")["jobs"]
    return found


def test_a_release_is_scanned_and_signed_before_it_has_a_name_or_is_proposed() -> None:
    said = [(name, str(step.get("uses", step.get("run")))) for name, job in release().items() for step in job["steps"]]
    found = [
        (job, word) for name, words in said for job, word in dict.fromkeys(RELEASE) if name == job and word in words
    ]
    assert found == list(RELEASE)


def test_nothing_is_released_that_was_not_checked() -> None:
    jobs = release()
    needs = {name: job.get("needs", []) for name, job in jobs.items()}
    assert needs == {
        "check": [],
        "build": "check",
        "scan": "build",
        "publish": ["build", "scan"],
        "propose": ["build", "publish"],
    }
    assert [step["run"] for step in jobs["check"]["steps"] if "run" in step] == [
        'sudo env "PATH=$PATH" CI=true ./.ci/run'
    ]


def test_what_is_scanned_signed_and_named_is_the_one_digest_that_was_built() -> None:
    jobs, built = release(), "${{ needs.build.outputs.digest }}"
    build, again = [step for step in jobs["build"]["steps"] if "build-push-action" in step.get("uses", "")]
    assert build["with"]["outputs"] == "type=oci,dest=image.tar,rewrite-timestamp=true"
    assert {"tags", "push"} & build["with"].keys() == set()
    assert again["with"] == build["with"] | {"outputs": again["with"]["outputs"], "no-cache": True}
    assert again["env"] == build["env"]
    assert jobs["build"]["outputs"]["digest"] == f"${{{{ steps.{build['id']}.outputs.digest }}}}"
    compared = [step for step in jobs["scan"]["steps"] if '= "$DIGEST"' in step.get("run", "")]
    assert [step["env"]["DIGEST"] for step in (*compared, jobs["publish"], jobs["propose"]["steps"][-1])] == [built] * 3
    attested = [
        step["with"]["subject-digest"] for step in jobs["publish"]["steps"] if "attest@" in step.get("uses", "")
    ]
    assert attested == ["${{ env.DIGEST }}"] * 2
    copies = [step["run"].split()[-2:] for step in jobs["publish"]["steps"] if "skopeo copy" in step.get("run", "")]
    assert copies == [
        ["oci-archive:image.tar", '"docker://$IMAGE@$DIGEST"'],
        ['"docker://$IMAGE@$DIGEST"', '"docker://$IMAGE:$GITHUB_REF_NAME"'],
    ]


def test_the_two_tools_have_a_version() -> None:
    text = (ROOT / ".github/workflows/check.yml").read_text()
    found = re.findall(r"\b(uv|rust-just)(==\d+\.\d+\.\d+)?(?=[ \n])", text)
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
