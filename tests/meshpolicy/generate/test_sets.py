"""Two applications after the shapes of well-known demos, with their traffic: what is granted, what is told apart."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from meshpolicy.manifests.load import load

from ..command import run, written

SETS = Path(__file__).parent / "sets"

CHOSEN = re.compile(r"^ {6}choose: .*'(.*)'$", re.MULTILINE)

BOOKS = {
    "books/traffic may GET / on books/webapp:7000",
    "books/traffic may POST /books on books/webapp:7000",
    'books/traffic may GET ~"/books/[0-9]+" on books/webapp:7000',
    "books/webapp may GET /authors.json on books/authors:7001",
    r'books/webapp may GET ~"/authors/[0-9]+\\.json" on books/authors:7001',
    r'books/books may GET ~"/authors/[0-9]+\\.json" on books/authors:7001',
    "books/webapp may POST /books.json on books/books:7002",
    r'books/webapp may GET ~"/books/[0-9]+\\.json" on books/books:7002',
    "books/authors may GET /books.json on books/books:7002",
}
EMOJI = {
    "emoji/default may GET /api/list on emoji/web:8080",
    "emoji/default may GET /api/vote on emoji/web:8080",
    "emoji/web may POST /emoji.v1.EmojiService/ListAll on emoji/emoji:8080",
    "emoji/web may POST /emoji.v1.EmojiService/FindByShortcode on emoji/emoji:8080",
    r'emoji/web may POST ~"/emoji\\.v1\\.VotingService/[^/]+" on emoji/voting:8080',
}


def told(name: str, *more: str) -> tuple[int, dict[str, object]]:
    """Return the exit code and the answer in JSON for one application."""
    folder = SETS / name
    traffic = [word for file in sorted(folder.iterdir()) if file.suffix != ".yaml" for word in ("--traffic", str(file))]
    code, out, _ = run("generate", folder / "manifests.yaml", *traffic, "--output", "json", *more)
    return code, json.loads(out)


@pytest.mark.parametrize(("name", "granted"), [("books", BOOKS), ("emoji", EMOJI)])
def test_exactly_what_was_seen_often_is_granted_and_proved(name: str, granted: set[str]) -> None:
    code, found = told(name)
    assert {one["sentence"] for one in found["grants"]} == granted  # type: ignore[attr-defined]
    assert found["proofs"] == {
        "allowed": True, "refused": [], "left_out": [], "perhaps_needless": [],
        "beyond": [], "unknown": [], "problems": [],
    }  # fmt: skip
    assert code == 1  # something is left to decide


@pytest.mark.parametrize(
    ("name", "apart"),
    [
        (
            "books",
            {
                ("seen too seldom", "books/traffic", "GET /debug"),
                ("unmeshed caller", "unmeshed 10.42.0.77", "GET /"),
                ("to an address", "books/webapp", "GET /books.json"),
                ("unknown path", "books/webapp", "GET /book"),
                ("failed", "books/webapp", "DELETE /authors/40.json"),
                ("health check", "unmeshed 10.42.0.1", "GET /ping"),
                ("unknown server", "books/webapp", "GET /"),
            },
        ),
        (
            "emoji",
            {
                ("seen too seldom", "emoji/default", "GET /leaderboard"),
                ("to an address", "monitoring/prometheus", "any request"),
                ("the traffic would not show it", "anybody", "connect"),
            },
        ),
    ],
)
def test_every_other_call_is_told_apart(name: str, apart: set[tuple[str, str, str]]) -> None:
    _, found = told(name)
    assert {(one["why"], one["client"], one["request"]) for one in found["not_granted"]} == apart  # type: ignore[attr-defined]


DECIDED = (
    "--accept", "GET /books/{number}", "--accept", "GET /books/{number}.json", "--narrow", "GET /authors/*",
    "--forbid", "/debug", "--forbid", "unmeshed * may *", "--accept", "books/webapp may GET /books.json",
    "--forbid", "GET /book", "--accept", "DELETE /authors/40.json", "--forbid", "* may GET / on old-*",
)  # fmt: skip


def test_a_run_in_which_all_is_decided_exits_0_and_grants_what_was_accepted() -> None:
    code, found = told("books", *DECIDED)
    sentences = {one["sentence"] for one in found["grants"]}  # type: ignore[attr-defined]
    assert (code, found["settled"]) == (0, True)
    assert "books/webapp may DELETE /authors/40.json on books/authors:7001" in sentences
    assert "books/books may GET /authors/371.json on books/authors:7001" in sentences
    assert not any("/authors/[0-9]+" in one for one in sentences)


def test_the_policies_are_written_as_files_and_written_anew_by_the_next_run(tmp_path: Path) -> None:
    books, out = SETS / "books", tmp_path / "policies"
    words = ("generate", books / "manifests.yaml", "--traffic", books / "traffic.log", "-o", out)
    first, _, err = run(*words)
    assert err.splitlines()[-1] == (
        f"{out}: wrote servers.yaml, httproutes.yaml, meshtlsauthentications.yaml, networkauthentications.yaml, "
        "authorizationpolicies.yaml, kustomization.yaml"
    )
    texts = {file.name: file.read_text() for file in out.iterdir()}
    assert (first, sorted(texts)) == (
        1,
        [
            "authorizationpolicies.yaml", "httproutes.yaml", "kustomization.yaml", "meshtlsauthentications.yaml",
            "networkauthentications.yaml", "servers.yaml",
        ],
    )  # fmt: skip
    assert yaml.safe_load(texts["kustomization.yaml"])["resources"] == [
        "servers.yaml", "httproutes.yaml", "meshtlsauthentications.yaml", "networkauthentications.yaml",
        "authorizationpolicies.yaml",
    ]  # fmt: skip
    again, _, _ = run(words[0], words[1], out, *words[2:])
    assert (again, {file.name: file.read_text() for file in out.iterdir()}) == (1, texts)
    documents, problems = load([str(out)])
    assert (len(documents), problems) == (26, ())
    assert run("lint", books / "manifests.yaml", out)[0] == 0


def test_a_file_that_was_not_written_here_is_not_overwritten(tmp_path: Path) -> None:
    books = SETS / "books"
    (tmp_path / "servers.yaml").write_text("# mine\n")
    code, _, told = run("generate", books / "manifests.yaml", "--traffic", books / "traffic.log", "-o", tmp_path)
    assert (code, (tmp_path / "servers.yaml").read_text()) == (2, "# mine\n")
    assert "servers.yaml: is there, and was not written by `meshpolicy generate`: choose another folder" in told


def test_a_folder_of_other_manifests_is_not_written_into(tmp_path: Path) -> None:
    books = SETS / "books"
    own = tmp_path / "own.yaml"
    own.write_text("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: mine, namespace: books}\n")
    code, _, told = run("generate", books / "manifests.yaml", "--traffic", books / "traffic.log", "-o", tmp_path)
    assert (code, list(tmp_path.iterdir())) == (2, [own])
    assert "own.yaml: is a manifest that was not written by `meshpolicy generate`" in told


@pytest.mark.parametrize("below", ["app", "app/base"])
def test_a_folder_with_manifests_below_it_is_not_written_into(tmp_path: Path, below: str) -> None:
    """A kustomization above them that does not list them would take them out of what is read."""
    books = SETS / "books"
    (tmp_path / below).mkdir(parents=True)
    shutil.copy(books / "manifests.yaml", tmp_path / below)
    words = ("generate", tmp_path, "--traffic", books / "traffic.log", "-o", tmp_path)
    code, _, told = run(*words)
    assert (code, [one.name for one in tmp_path.iterdir()]) == (2, ["app"])
    assert "manifests.yaml: is a manifest that was not written by `meshpolicy generate`" in told


def test_a_folder_above_an_earlier_run_is_not_written_into(tmp_path: Path) -> None:
    books = SETS / "books"
    words = ("generate", books / "manifests.yaml", "--traffic", books / "traffic.log", "-o")
    run(*words, tmp_path / "policies")
    code, _, told = run(*words, tmp_path)
    assert (code, [one.name for one in tmp_path.iterdir()]) == (2, ["policies"])
    assert "where an earlier run put it: choose another folder for -o" in " ".join(told.split())


def test_files_in_hidden_folders_are_no_obstacle(tmp_path: Path) -> None:
    books = SETS / "books"
    (tmp_path / ".git").mkdir()
    shutil.copy(books / "manifests.yaml", tmp_path / ".git")
    assert run("generate", books / "manifests.yaml", "--traffic", books / "traffic.log", "-o", tmp_path)[0] == 1


def test_where_nothing_is_granted_nothing_is_said_to_be_proved(tmp_path: Path) -> None:
    app = tmp_path / "app.yaml"
    app.write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
    out = run("generate", app, "--traffic", SETS / "books" / "traffic.log")[1]
    assert "nothing to prove" in out
    assert "proved:" not in out
    words = ("--traffic", SETS / "books" / "traffic.log", "--output", "json")
    assert json.loads(run("generate", app, *words)[1])["proofs"]["allowed"] is None


def test_without_a_grant_nothing_is_said_of_grants(tmp_path: Path) -> None:
    log = tmp_path / "calls.log"
    lines = (SETS / "books" / "traffic.log").read_text().splitlines()
    log.write_text("\n".join(line for line in lines if "10.42.0.77:" in line or "10.42.0.1:" in line) + "\n")
    out = run("generate", SETS / "books" / "manifests.yaml", "--traffic", log, "--forbid", "unmeshed * may *")[1]
    assert "without any one of these grants" not in out
    assert "proved: nothing else is allowed on these ports" in out


def test_ports_that_are_closed_on_purpose_say_so_and_are_no_finding(tmp_path: Path) -> None:
    emoji = SETS / "emoji"
    out = tmp_path / "policies"
    shut_words = ("--forbid", "anybody may connect on emoji/*:8801")
    run("generate", emoji / "manifests.yaml", "--traffic", emoji, *shut_words, "-o", out)
    servers = list(yaml.safe_load_all((out / "servers.yaml").read_text()))
    shut = {one["metadata"]["name"] for one in servers if one["spec"].get("accessPolicy") == "deny"}
    assert shut == {"emoji-prom", "voting-prom"}
    comments = [line for line in (out / "servers.yaml").read_text().splitlines() if " is closed" in line]
    assert comments == [
        "# emoji/emoji:8801 is closed on purpose: nobody was seen to call it; forbidden by you.",
        "# emoji/voting:8801 is closed, which is left to decide: "
        "no call that was seen is granted (to an address, 240 calls).",
    ]
    assert "MP001" not in run("lint", emoji / "manifests.yaml", out)[1]


THEIRS = """
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: theirs, namespace: books}
spec: {podSelector: {matchLabels: {app: webapp}}, port: 7000, accessPolicy: %s}
"""


@pytest.mark.parametrize(
    ("access", "why", "says"),
    [
        ("all-authenticated", "port has a Server", "Server books/theirs governs the port, which is left as it is"),
        (
            "deny",
            "port has a Server, which does not let it pass",
            "Server books/theirs governs the port, which is left as it is, and refuses this call: "
            "`meshpolicy check` says what to add",
        ),
    ],
)
def test_calls_to_a_port_with_a_server_are_told_with_what_it_makes_of_them(
    tmp_path: Path, access: str, why: str, says: str
) -> None:
    theirs = tmp_path / "theirs.yaml"
    theirs.write_text(THEIRS % access)
    books = SETS / "books"
    words = ("generate", books / "manifests.yaml", theirs, "--traffic", books / "traffic.log", "--output", "json")
    found = json.loads(run(*words)[1])
    (one,) = (one for one in found["not_granted"] if (one["client"], one["request"]) == ("books/traffic", "GET /"))
    assert (one["why"], one["hint"], one["open"]) == (why, says, access == "deny")


def test_with_o_dash_the_policies_are_on_stdout_and_the_rest_on_stderr() -> None:
    emoji = SETS / "emoji"
    code, out, err = run("generate", emoji / "manifests.yaml", "--traffic", emoji / "traffic.log", "-o", "-")
    kinds = [one["kind"] for one in yaml.safe_load_all(out)]
    assert (code, kinds[0], kinds.count("AuthorizationPolicy")) == (1, "Server", 3)
    assert "proved: nothing else is allowed on these ports" in err


def test_the_report_says_what_is_proved_and_what_is_left_to_choose() -> None:
    emoji = SETS / "emoji"
    _, out, err = run("generate", emoji / "manifests.yaml", "--traffic", emoji)
    assert err.startswith("note:") is False
    for line in (
        "  emoji/default may GET /api/list on emoji/web:8080  (12 calls)",
        "      choose: --accept | --narrow | --forbid 'POST /emoji.v1.VotingService/{name}'",
        "  proved: all that is granted above is allowed",
        "  proved: without any one of these grants, an observed call would be refused",
        "  proved: nothing else is allowed on these ports",
        "Closed, as nobody was granted a call:",
        "  emoji/voting:8801: no call that was seen is granted (to an address, 240 calls)",
    ):
        assert line in out.splitlines()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--traffic", "nothing.log"), "nothing.log: cannot be read: No such file or directory"),
        (("--traffic", "{books}/manifests.yaml"), "holds no observed call"),
        (("--traffic", "{books}/traffic.log", "--forbid", "/misspelt"), "nothing that was observed or declared"),
        (("--traffic", "{books}/traffic.log", "--scraper", "prometheus"), "is not NAMESPACE/ACCOUNT"),
        ((), "Missing option '--traffic'"),
    ],
)
def test_bad_input_exits_2_with_one_message(words: tuple[str, ...], says: str) -> None:
    shown = [word.format(books=SETS / "books") for word in words]
    code, _, err = run("generate", SETS / "books" / "manifests.yaml", *shown)
    assert (code, says in " ".join(err.split())) == (2, True)


def test_a_scraper_gets_the_sidecars_metrics_and_nobody_else(tmp_path: Path) -> None:
    books, out = SETS / "books", tmp_path / "out"
    words = ("generate", books / "manifests.yaml", "--traffic", books / "traffic.log", "-o", out)
    code, shown, _ = run(*words, "--scraper", "linkerd-viz/prometheus", *DECIDED)
    assert "  linkerd-viz/prometheus may send any request on books/webapp:4191" in shown.splitlines()
    assert (code, "  proved: all that is granted above is allowed" in shown.splitlines()) == (0, True)
    sentence = "only linkerd-viz/prometheus may GET /metrics on books/webapp:4191"
    assert run("prove", sentence, books / "manifests.yaml", out)[0] == 0


def test_a_server_on_one_sidecars_metrics_leaves_the_others_to_their_scraper(tmp_path: Path) -> None:
    """A Server governs the pods that it selects, and no others of its namespace."""
    books, out = SETS / "books", tmp_path / "out"
    spec = {"podSelector": {"matchLabels": {"app": "webapp"}}, "port": "linkerd-admin"}
    metadata = {"name": "own", "namespace": "books"}
    own = written(
        tmp_path,
        "own.yaml",
        {"apiVersion": "policy.linkerd.io/v1beta3", "kind": "Server", "metadata": metadata, "spec": spec},
    )
    words = ("generate", books / "manifests.yaml", own, "--traffic", books / "traffic.log", "-o", out)
    code, shown, _ = run(*words, "--scraper", "linkerd-viz/prometheus", *DECIDED)
    scraped = {line.split(" on ")[1] for line in shown.splitlines() if "linkerd-viz/prometheus may" in line}
    assert (code, "books/webapp:4191" in scraped, "books/authors:4191" in scraped) == (0, False, True)
    sources = (books / "manifests.yaml", own, out)
    assert run("prove", "only linkerd-viz/prometheus may GET /metrics on books/authors:4191", *sources)[0] == 0
    assert run("prove", "nobody may GET /metrics on books/webapp:4191", *sources)[0] == 0


@pytest.mark.parametrize("name", ["books", "emoji"])
def test_the_options_that_are_printed_for_calls_decide_about_these_calls_and_no_others(name: str) -> None:
    folder = SETS / name
    traffic = [word for file in sorted(folder.iterdir()) if file.suffix != ".yaml" for word in ("--traffic", str(file))]
    _, out, _ = run("generate", folder / "manifests.yaml", *traffic)
    granted, _, rest = out.partition("Not granted:")
    chosen = [("--accept", one) for one in dict.fromkeys(CHOSEN.findall(granted))]
    chosen += [("--forbid", one) for one in CHOSEN.findall(rest)]
    code, decided = told(name, *(word for pair in chosen for word in pair))
    _, undecided = told(name)
    assert code == 0
    assert [one["sentence"] for one in decided["grants"]] == [one["sentence"] for one in undecided["grants"]]  # type: ignore[attr-defined]
    for one in CHOSEN.findall(rest):
        again, more = told(name, "--accept", one)
        offered = f"--accept | --forbid '{one}'" in rest
        assert (again, len(more["grants"]) - len(undecided["grants"])) == (1, int(offered)), one  # type: ignore[arg-type]


@pytest.mark.parametrize("verb", ["generate", "ready"])
def test_what_was_not_read_is_told_to_programs_too(tmp_path: Path, verb: str) -> None:
    books = SETS / "books"
    shutil.copy(books / "manifests.yaml", tmp_path)
    (tmp_path / "chart").mkdir()
    (tmp_path / "chart/Chart.yaml").write_text("apiVersion: v2\nname: a\nversion: 0.1.0\n")
    _, out, err = run(verb, tmp_path, "--traffic", books / "traffic.log", "--output", "json")
    told = json.loads(out)["notes"]
    assert any("a Helm chart without policies" in one for one in told)
    assert all(one in " ".join(err.split()) for one in told if "left out" in one)


def policy_of(*references: dict[str, str]) -> str:
    """Return an AuthorizationPolicy for all Servers of the books' namespace."""
    spec = {"targetRef": {"kind": "Namespace", "name": "books"}, "requiredAuthenticationRefs": list(references)}
    metadata = {"name": "all", "namespace": "books"}
    one = {"apiVersion": "policy.linkerd.io/v1alpha1", "kind": "AuthorizationPolicy", "metadata": metadata}
    return yaml.safe_dump({**one, "spec": spec})


ELSEWHERE = {"group": "policy.linkerd.io", "kind": "NetworkAuthentication", "name": "net", "namespace": "elsewhere"}
NEEDED, ALONE = "proved: without any one of these grants", "proved: nothing else is allowed on these ports"


@pytest.mark.parametrize(
    ("policy", "said", "unsaid"),
    [
        ("", {NEEDED, ALONE}, {"NOT KNOWN", "BESIDES"}),
        (policy_of(), {"left out: ", "  ALLOWED BESIDES: "}, {"PERHAPS", ALONE}),
        (
            policy_of(ELSEWHERE),
            {"NOT KNOWN whether these are needed", "PERHAPS ALLOWED BESIDES: ", "NetworkAuthentication elsewhere/net"},
            {NEEDED, ALONE, "  ALLOWED BESIDES: "},
        ),
    ],
    ids=["no other policy", "one that admits all", "one that may"],
)
def test_what_the_manifests_do_not_decide_is_not_called_proved(
    policy: str, said: set[str], unsaid: set[str], tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(policy or "apiVersion: v1\nkind: Namespace\nmetadata: {name: elsewhere}\n")
    books = SETS / "books"
    words = ("generate", books / "manifests.yaml", file, "--traffic", books / "traffic.log")
    out = run(*words)[1]
    assert [text for text in said if text not in out] == []
    assert [text for text in unsaid if text in out] == []
    beyond = json.loads(run(*words, "--output", "json")[1])["proofs"]["beyond"]
    assert {bool(one["unknown"]) for one in beyond} == ({"PERHAPS" in out} if beyond else set())
