"""The composite actions: their steps are run here, on a made-up repository of two revisions, as GitHub runs them."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from .meshpolicy.build import ARENA, account, allow, server
from .meshpolicy.command import written
from .onpath import real_tools
from .rendered import ROOT
from .runner import Runner
from .test_workflows import COMMENTED, PINNED, WORKFLOWS, steps

ACTIONS = sorted((ROOT / ".github/actions").iterdir())
REVIEW, COMMENT = ACTIONS
MARK = "<!-- meshpolicy review -->"
each = pytest.mark.parametrize("action", ACTIONS, ids=lambda path: path.name)


def read(action: Path) -> dict[str, Any]:
    """Return what an action says."""
    found: dict[str, Any] = yaml.safe_load((action / "action.yml").read_text())
    return found


def git(folder: Path, *words: str) -> None:
    """Run git in a folder, as somebody."""
    author = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    environment = os.environ | {"GIT_CONFIG_GLOBAL": "/dev/null"}
    subprocess.run(["git", "-C", folder, *author, *words], check=True, env=environment)  # noqa: S607


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Runner]:
    """Return a job of a pull request, on a repository whose second revision lets `rogue` in and `pinger` no more."""
    workspace, temporary = tmp_path / "work space", tmp_path / "temp"
    (workspace / "policies").mkdir(parents=True)
    temporary.mkdir()
    with real_tools("git"):
        git(workspace, "init", "--quiet")
        for name in ("pinger", "rogue"):
            written(workspace, "policies/all.yaml", *ARENA, server(), allow(account(name), name=f"{name}-may"))
            git(workspace, "add", ".")
            git(workspace, "commit", "--quiet", "--message", name)
        yield Runner(workspace, temporary, {"event_name": "pull_request"})


def test_a_pull_request_is_told_what_opens_first_and_how_to_see_it(job: Runner) -> None:
    assert job.run(REVIEW, fail_on="never") == 0, job.log
    made = job.outputs["review"]
    comment = Path(made["comment"]).read_text()
    assert comment.startswith(f"{MARK}\n## Who may call whom: 1 opened, 1 closed\n")
    opened, closed = comment.split("### Closes")
    assert "`arena/rogue` → `arena/ponger:8080`" in opened
    assert "curl " in opened
    assert "`AuthorizationPolicy arena/rogue-may` (`policies/all.yaml:" in opened
    assert "`arena/pinger` → `arena/ponger:8080`" in closed
    assert job.summary.split("\n", 1)[0] == "## Who may call whom: 1 opened, 1 closed"
    assert {name: made[name] for name in ("opened", "closed", "unknown", "compared", "code")} == {
        "opened": "1",
        "closed": "1",
        "unknown": "0",
        "compared": "1",
        "code": "0",
    }
    assert json.loads(Path(made["sarif"]).read_text())["version"] == "2.1.0"
    assert re.search(
        r"^::warning file=policies/all\.yaml,line=\d+,title=opened%3A arena/rogue -> ", job.log, re.MULTILINE
    )


@pytest.mark.parametrize(("fail_on", "code"), [("opened", 1), ("unknown closed", 1), ("unknown", 0), ("never", 0)])
def test_the_job_fails_for_what_it_is_asked_to_and_the_comment_is_there_all_the_same(
    fail_on: str, code: int, job: Runner
) -> None:
    assert job.run(REVIEW, fail_on=fail_on) == code, job.log
    assert [used for used in job.used if used[0] == "actions/upload-artifact"] == [
        (
            "actions/upload-artifact",
            {
                "name": "meshpolicy-review",
                "path": str(job.temporary / "meshpolicy/comment.md"),
                "overwrite": "true",
                "retention-days": "1",
            },
        )
    ]


def test_manifests_that_cannot_be_read_are_told_and_close_no_alert(job: Runner) -> None:
    (job.workspace / "policies/all.yaml").write_text("apiVersion: v1\nkind: [\n")
    assert job.run(REVIEW, upload_sarif="true") == 2
    assert "::error file=policies/all.yaml,line=" in job.log
    assert "not known" in Path(job.outputs["review"]["comment"]).read_text()
    assert "sarif" not in job.outputs["review"]
    assert "github/codeql-action/upload-sarif" not in dict(job.used)


@pytest.mark.parametrize(("fork", "sent"), [("true", False), ("false", True)])
def test_findings_are_sent_where_the_job_may(fork: str, sent: bool, job: Runner) -> None:
    job.github = {"event_name": "pull_request", "event.pull_request.head.repo.fork": fork}
    assert job.run(REVIEW, fail_on="never", upload_sarif="true") == 0, job.log
    assert ("github/codeql-action/upload-sarif" in dict(job.used)) is sent


def test_paths_are_data_to_the_shell_and_only_they_are_read(job: Runner) -> None:
    odd = job.workspace / "od $(touch made) `touch made`; d"
    odd.mkdir()
    written(job.workspace, f"{odd.name}/more.yaml", *ARENA, server())
    assert job.run(REVIEW, fail_on="never", paths=f"\n  \n{odd.name}\n-x\n") == 2
    assert "holds -x" in job.log
    assert job.run(REVIEW, fail_on="never", paths=f"\n  \n{odd.name}\n") == 0, job.log
    assert "pinger-may" not in job.summary
    assert "opened" in job.summary
    assert not (job.workspace / "made").exists()


def test_the_first_manifests_of_a_repository_are_compared_with_none(job: Runner) -> None:
    git(job.workspace, "checkout", "--quiet", "--orphan", "new")
    git(job.workspace, "rm", "--quiet", "-rf", ".")
    for name in ("README.md", "all.yaml"):
        written(job.workspace, name, *ARENA, server(), allow(account("pinger")))
        git(job.workspace, "add", name)
        git(job.workspace, "commit", "--quiet", "--message", name)
    assert job.run(REVIEW, fail_on="never") == 0, job.log
    assert job.outputs["review"]["compared"] == "1"
    assert int(job.outputs["review"]["opened"]) > 0


PROJECT = "sources: [policies]\nprove:\n  - only arena/pinger may GET /x on arena/ponger:8080\n"


def test_what_meshpolicy_yaml_asks_for_is_checked_and_says_what_is_read(job: Runner) -> None:
    (job.workspace / "meshpolicy.yaml").write_text(PROJECT)
    written(job.workspace, "other.yaml", server("other"))
    assert job.run(REVIEW, fail_on="never") == 1, job.log
    assert "::error file=meshpolicy.yaml,line=3,title=prove" in job.log
    assert "other.yaml" not in job.log
    git(job.workspace, "reset", "--quiet", "--hard", "HEAD^1")
    (job.workspace / "meshpolicy.yaml").write_text(PROJECT)
    assert job.run(REVIEW, fail_on="never", base="HEAD") == 0, job.log


def test_a_change_that_removes_meshpolicy_yaml_is_reviewed_as_it_says_and_told(job: Runner) -> None:
    (job.workspace / "meshpolicy.yaml").write_text("sources: [policies]\n")
    (job.workspace / "elsewhere").mkdir()
    (job.workspace / "elsewhere/broken.yaml").write_text("kind: [")
    git(job.workspace, "add", ".")
    git(job.workspace, "commit", "--quiet", "--message", "say what is read")
    git(job.workspace, "rm", "--quiet", "meshpolicy.yaml")
    git(job.workspace, "commit", "--quiet", "--message", "say it no more")
    assert job.run(REVIEW, fail_on="unknown") == 1, job.log
    assert "the change removes meshpolicy.yaml" in Path(job.outputs["review"]["comment"]).read_text()


def test_nothing_that_a_change_holds_is_run(job: Runner) -> None:
    for name in ("click", "yaml", "json", "meshpolicy", "sitecustomize"):
        (job.workspace / f"{name}.py").write_text("raise SystemExit('run')\n")
    assert job.run(REVIEW, fail_on="never") == 0, job.log


def test_an_event_with_secrets_is_refused(job: Runner) -> None:
    job.github = {"event_name": "pull_request_target"}
    assert job.run(REVIEW) == 2
    assert "use the event pull_request" in job.log


def test_it_installs_what_the_lock_names_by_hash(job: Runner) -> None:
    assert job.run(REVIEW, fail_on="never") == 0, job.log
    words = job.installed
    lock = Path(words[words.index("--requirement") + 1])
    assert "--require-hashes" in words
    assert lock.samefile(ROOT / "src/meshpolicy/requirements.lock")
    whole = (ROOT / "requirements.lock").read_text().splitlines()
    wanted = [line for line in lock.read_text().splitlines() if not line.startswith("#")]
    assert [line for line in wanted if line not in whole] == []
    assert {line.partition("==")[0] for line in wanted if "==" in line} >= {"click", "pyyaml"}


def test_a_pull_request_is_compared_with_the_first_parent_of_its_merge(job: Runner) -> None:
    assert job.run(REVIEW, fail_on="never") == 0, job.log
    assert dict(job.used)["actions/checkout"] == {"fetch-depth": "2", "persist-credentials": "false"}
    again = Runner(job.workspace, job.temporary, job.github)
    assert again.run(REVIEW, fail_on="never", base="HEAD", checkout="false") == 0, again.log
    assert "actions/checkout" not in dict(again.used)
    assert again.outputs["review"]["opened"] == "0"


@each
def test_an_action_pins_what_it_uses_and_pastes_no_expression_into_a_shell(action: Path) -> None:
    used = [step["uses"] for step in read(action)["runs"]["steps"] if "uses" in step]
    elsewhere = {step["uses"] for path in WORKFLOWS for step in steps(path) if "uses" in step}
    assert [name for name in used if not PINNED.fullmatch(name)] == []
    assert len(COMMENTED.findall((action / "action.yml").read_text())) == len(used)
    assert set(used) <= elsewhere
    assert [step["run"] for step in read(action)["runs"]["steps"] if "${{" in step.get("run", "")] == []


GUIDE = (ROOT / "docs/guides/put-it-in-ci.md").read_text()
SHOWN = re.findall(r"^```yaml\n(name: (\S+)\n.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("text", "name"), SHOWN, ids=[name for _, name in SHOWN])
def test_the_workflows_of_the_guide_use_the_actions_as_they_are_and_have_no_weakness(
    text: str, name: str, tmp_path: Path
) -> None:
    pinned = text.replace("OWNER", "somebody").replace("@COMMIT", f"@{'0' * 40}")
    [job_] = yaml.safe_load(pinned)["jobs"].values()
    [step] = job_["steps"]
    action = ROOT / step["uses"].partition("@")[0].removeprefix("somebody/pingpong/")
    assert step.get("with", {}).keys() <= read(action)["inputs"].keys()
    assert action.name == name
    file = tmp_path / ".github/workflows" / f"{name}.yml"
    file.parent.mkdir(parents=True)
    file.write_text(pinned)
    zizmor = Path(sys.executable).with_name("zizmor")
    done = subprocess.run([zizmor, "--offline", "--quiet", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_guide_shows_a_workflow_for_each_action() -> None:
    assert {name for _, name in SHOWN} == {action.name for action in ACTIONS}


class GitHub:
    """A stand-in for GitHub's API: pull requests and comments."""

    def __init__(self) -> None:
        self.pulls = [{"number": 7, "head": {"sha": "abc"}}, {"number": 6, "head": {"sha": "old"}}]
        self.comments: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str, str]] = []
        self.written: list[str] = []

    def answer(self, method: str, path: str, body: bytes) -> Any:
        """Return what GitHub answers."""
        if method != "GET":
            self.written.append(json.loads(body)["body"])
            return {}
        return self.pulls if "/pulls?" in path else self._page(path)

    def _page(self, path: str) -> list[dict[str, Any]]:
        page = int(path.rpartition("page=")[2])
        return self.comments[(page - 1) * 100 : page * 100]


@pytest.fixture
def forge() -> Iterator[tuple[GitHub, str]]:
    """Return a stand-in for GitHub, and its address."""
    github = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            github.asked.append((self.command, self.path, self.headers["Authorization"]))
            text = json.dumps(github.answer(self.command, self.path, body)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = answer  # noqa: N815 # the names of http.server

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 # its name there
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield github, f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()


@pytest.fixture
def commenting(tmp_path: Path, forge: tuple[GitHub, str], monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Return the job that comments, with a review to write."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    event = "event.workflow_run"
    github = {
        "token": "t0ken",
        f"{event}.head_repository.owner.login": "a",
        f"{event}.head_branch": "b/c&state=x",
        f"{event}.head_sha": "abc",
        f"{event}.id": "1",
    }
    job = Runner(tmp_path, tmp_path, github, environment={"GITHUB_API_URL": forge[1], "GITHUB_REPOSITORY": "o/r"})
    (tmp_path / "meshpolicy-review").mkdir()
    (tmp_path / "meshpolicy-review/comment.md").write_text(f"{MARK}\nopens nothing\n")
    return job


def test_a_review_becomes_the_comment_of_its_pull_request(commenting: Runner, forge: tuple[GitHub, str]) -> None:
    github = forge[0]
    assert commenting.run(COMMENT) == 0, commenting.log
    methods = [(method, path.removeprefix("/repos/o/r/")) for method, path, _ in github.asked]
    assert methods == [
        ("GET", "pulls?state=open&per_page=100&head=a%3Ab/c%26state%3Dx"),
        ("GET", "issues/7/comments?per_page=100&page=1"),
        ("POST", "issues/7/comments"),
    ]
    assert {token for _, _, token in github.asked} == {"Bearer t0ken"}
    assert github.written == [f"{MARK}\nopens nothing\n"]


def test_the_comment_of_an_earlier_review_is_renewed_and_no_other(
    commenting: Runner, forge: tuple[GitHub, str]
) -> None:
    github = forge[0]
    bot, person = {"login": "github-actions[bot]"}, {"login": "p"}
    github.comments = [{"id": n, "user": person, "body": MARK} for n in range(150)]
    github.comments += [{"id": 200, "user": bot, "body": "x"}, {"id": 201, "user": bot, "body": f"{MARK}\nold"}]
    assert commenting.run(COMMENT) == 0, commenting.log
    assert github.asked[-1][:2] == ("PATCH", "/repos/o/r/issues/comments/201")


def test_a_commit_that_is_no_longer_the_last_one_gets_no_comment(commenting: Runner, forge: tuple[GitHub, str]) -> None:
    forge[0].pulls = [{"number": 7, "head": {"sha": "newer"}}]
    assert commenting.run(COMMENT) == 0
    assert "nothing to comment on" in commenting.log
    assert forge[0].written == []


@pytest.mark.parametrize("text", ["no mark", MARK + "x" * 70_000])
def test_what_is_no_review_is_not_written(text: str, commenting: Runner, forge: tuple[GitHub, str]) -> None:
    (commenting.temporary / "meshpolicy-review/comment.md").write_text(text)
    assert commenting.run(COMMENT) == 1
    assert forge[0].asked == []


def test_a_link_to_another_file_is_not_followed(commenting: Runner, forge: tuple[GitHub, str]) -> None:
    file = commenting.temporary / "meshpolicy-review/comment.md"
    file.rename(commenting.temporary / "secret")
    file.symlink_to(commenting.temporary / "secret")
    assert commenting.run(COMMENT) == 1
    assert forge[0].asked == []
