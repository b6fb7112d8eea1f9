"""Bad input: each gives its message with file, document, field and what next, all together, and exit code 2."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from meshpolicy.cli import VERBS

from ...onpath import real_tools
from ..command import OWN, run

SERVER = "apiVersion: policy.linkerd.io/v1beta3\nkind: Server\nmetadata: {name: s, namespace: ns}\nspec: "
POLICY = "apiVersion: policy.linkerd.io/v1alpha1\nkind: AuthorizationPolicy\nmetadata: {name: p, namespace: ns}\nspec: "
TLS = "apiVersion: policy.linkerd.io/v1alpha1\nkind: MeshTLSAuthentication\nmetadata: {name: t}\nspec: "
NET = "apiVersion: policy.linkerd.io/v1alpha1\nkind: NetworkAuthentication\nmetadata: {name: t}\nspec: "
ROUTE = "apiVersion: policy.linkerd.io/v1beta3\nkind: HTTPRoute\nmetadata: {name: r}\nspec: "
GATEWAY = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\nspec: "
GRPC = "apiVersion: gateway.networking.k8s.io/v1\nkind: GRPCRoute\nmetadata: {name: r}\nspec: "
LIMIT = "apiVersion: policy.linkerd.io/v1alpha1\nkind: HTTPLocalRateLimitPolicy\nmetadata: {name: l}\nspec: "
WALL = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: w}\nspec: "
ON = "targetRef: {group: policy.linkerd.io, kind: Server, name: s}"
PODS = "podSelector: {matchLabels: {app: a}}"

CONTAINERS = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: "

BAD = [
    ("a: [", "bad.yaml:2: invalid YAML"),
    ("\t- a", "invalid YAML"),
    ("\x00", "invalid YAML"),
    ("just words", "is a text, where an object is expected"),
    ("[1, 2]", "is a list, where an object is expected"),
    ("a: 1\na: 2\n", "the key `a` is given twice"),
    ("a: &a [*a]", "contains itself"),
    ("kind: Server", "apiVersion: is missing"),
    ("apiVersion: v1", "kind: is missing"),
    ("a: 1", "holds no manifest"),
    ("apiVersion: v1\nkind: Pod", "metadata.name: is missing"),
    ("apiVersion: v1\nkind: Pod\nmetadata: {name: 7}\nspec: {containers: [{name: a}]}", "metadata.name: is `7`"),
    ("apiVersion: v1\nkind: Pod\nmetadata: {name: p}", "spec.containers: is missing or empty"),
    ("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: 1}", "spec.containers: is `1`, where a list"),
    (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {a: 1}}\nspec: {containers: [{name: a}]}",
        "labels.a: is `1`, where a string is expected (put it in quotes)",
    ),
    ("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {}", "spec.template: is missing"),
    ("a: \udce9", "invalid YAML: its byte 0xe9 at position 3 is not UTF-8"),
    ("{{- if .Values.x }}\nkind: Pod\n{{- end }}", "a template must be rendered first"),
    ("a: {{ .Values.x }}", "column 5: a key is an object or a list, where a string is expected; a template must"),
    ("? [a]\n: b", "column 3: a key is an object or a list, where a string is expected"),
    ("apiVersion: v1\nkind: List\nitems: 7", "items: is `7`, where a list is expected"),
    ("apiVersion: v1\nkind: List\nitems: [1, {kind: Pod}]", "items[1].apiVersion: is missing"),
    ("apiVersion: v1\nkind: Deployment\nmetadata: {name: d}", "is `v1`: a Deployment is of apps"),
    ("apiVersion: apps/v1\nkind: Pod\nmetadata: {name: d}", "is `apps/v1`: a Pod is of the core group (v1)"),
    ("apiVersion: policy.linkerd.io/v1beta3\nkind: Servers\nmetadata: {name: s}", "did you mean Server?"),
    (f"{CONTAINERS}[null]}}", "containers[0].name: is missing or empty"),
    (f"{CONTAINERS}[{{ports: [{{containerPort: '80'}}]}}]}}", "is the text `80`, where a number is expected"),
    (f"{CONTAINERS}[{{ports: [{{name: http}}]}}]}}", "ports[0].containerPort: is missing"),
    (f"{CONTAINERS}[{{env: [{{value: x}}]}}]}}", "env[0].name: is missing"),
    (
        f"{CONTAINERS}[{{livenessProbe: {{httpGet: {{path: 7}}}}}}]}}",
        "httpGet.path: is `7`, where a string is expected",
    ),
    (f"{CONTAINERS}[{{name: a}}]}}\nstatus: {{podIP: x}}", "status.podIP: is `x`, where an IP address is expected"),
    (
        "apiVersion: policy.linkerd.io/v1beta3\nkind: Server\nmetadata: {name: s, creationTimestamp: yesterday}\n"
        f"spec: {{{PODS}, port: 80}}",
        "where a time such as 2026-01-31T00:00:00Z is expected",
    ),
    (f"{SERVER}{{{PODS}, port: http}}\n---\n{SERVER}{{{PODS}, port: http}}", "Server ns/s is given twice"),
    (f"{SERVER}{{{PODS}}}", "spec.port: is missing"),
    (f"{SERVER}{{{PODS}, port: 0}}", "spec.port: is 0, where a port from 1 to 65535"),
    (f"{SERVER}{{{PODS}, port: 99999}}", "spec.port: is 99999"),
    (f"{SERVER}{{port: http}}", "exactly one of podSelector and externalWorkloadSelector"),
    (f"{SERVER}{{podSelectr: {{}}, port: http}}", "spec.podSelectr: is an unknown field; did you mean podSelector?"),
    (f"{SERVER}{{{PODS}, prt: http}}", "spec.prt: is an unknown field; did you mean port?"),
    (f"{SERVER}{{{PODS}, port: http, proxyProtocol: HTTP/3}}", "accepted are unknown, HTTP/1"),
    (f"{SERVER}{{{PODS}, port: http, accessPolicy: none}}", "accepted are all-unauthenticated"),
    (
        f"{SERVER}{{{PODS}, port: http, acessPolicy: deny}}",
        "spec.acessPolicy: is an unknown field; known are accessPolicy",
    ),
    (
        "apiVersion: policy.linkerd.io/v9\nkind: Server\nmetadata: {name: s}\nspec: {}",
        "apiVersion: is `policy.linkerd.io/v9`, which is no version of Server; write policy.linkerd.io/v1alpha1 or",
    ),
    (f"{POLICY}{{{ON}}}", "requiredAuthenticationRefs: is missing; an empty list admits everyone"),
    (f"{POLICY}{{requiredAuthenticationRefs: []}}", "spec.targetRef: is missing"),
    (
        f"{POLICY}{{targetRef: {{kind: Deployment, name: d}}, requiredAuthenticationRefs: []}}",
        "`Deployment` without a group is not a Server, Namespace",
    ),
    (
        f"{POLICY}{{targetRef: {{kind: Namespace, name: other}}, requiredAuthenticationRefs: []}}",
        "only the policy's own namespace, n",
    ),
    (f"{POLICY}{{{ON}, requiredAuthenticationRefs: [{{kind: Pod, name: p}}]}}", "is neither a MeshTLSAuthentication"),
    (f"{TLS}{{}}", "exactly one of identities and identityRefs"),
    (f"{TLS}{{identities: ['a*.b']}}", "`a*.b` is not a valid identity"),
    (f"{TLS}{{identityRefs: [{{kind: Namespace, name: ns, namespace: m}}]}}", "a Namespace lies in no namespace"),
    (f"{NET}{{networks: []}}", "spec.networks: is missing or empty"),
    (f"{NET}{{networks: [{{cidr: example.org}}]}}", "is `example.org`, where an address or network"),
    (f"{NET}{{networks: [{{cidr: 10.0.0.0/8, except: [192.168.0.0/16]}}]}}", "is outside of 10.0.0.0/8"),
    (f"{ROUTE}{{rules: [{{matches: [{{path: {{type: Exact, value: ping}}}}]}}]}}", "does not begin with /"),
    (
        f"{ROUTE}{{rules: [{{matches: [{{path: {{type: RegularExpression, value: '('}}}}]}}]}}",
        "is not a valid regular expression",
    ),
    (f"{GATEWAY}{{rules: [{{matches: [{{path: {{type: Exact, value: /a//b}}}}]}}]}}", "must not contain '//'"),
    (f"{GATEWAY}{{rules: [{{matches: [{{method: get}}]}}]}}", "is `get`; accepted are GET"),
    (
        f"{GRPC}{{rules: [{{matches: [{{method: {{type: RegularExpression, service: a}}}}]}}]}}",
        "is not supported by Linkerd",
    ),
    (f"{LIMIT}{{{ON}, total: {{requestsPerSecond: 0}}}}", "must be greater than 0"),
    (
        f"{LIMIT}{{{ON}, total: {{requestsPerSecond: 1}}, identity: {{requestsPerSecond: 2}}}}",
        "more than the total of 1",
    ),
    (f"{WALL}{{ingress: [{{from: [{{}}]}}]}}", "is an empty peer"),
    (f"{WALL}{{ingress: [{{ports: [{{port: 80, endPort: 70}}]}}]}}", "where a port from 80 to 65535"),
    (f"{WALL}{{policyTypes: [In]}}", "accepted are Ingress, Egress"),
]


@pytest.mark.parametrize(("text", "message"), BAD, ids=range(len(BAD)))
def test_bad_input_is_told_with_its_place(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_bytes(text.encode(errors="surrogateescape"))
    code, out, told = run("list", str(file))
    assert (code, out) == (2, "")
    assert message in told
    assert all(line.startswith(str(file)) for line in told.splitlines())
    assert len(set(told.splitlines())) == len(told.splitlines())
    assert "Traceback" not in told


def test_all_problems_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"{SERVER}{{}}\n---\n{TLS}{{}}")
    (tmp_path / "b.yaml").write_text("a: [")
    told = run("list", str(tmp_path))[2].splitlines()
    assert {line.rpartition(": ")[0].rpartition("/")[2].partition(": ")[0] for line in told} == {
        "a.yaml:4, spec.port",
        "a.yaml:4, spec.podSelector",
        "a.yaml:9, spec.identities",
        "b.yaml:2",
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["list"], "name the manifests to read"),
        (["list", "nowhere.yaml"], "cannot be read: No such file or directory"),
        (["list", "x", "--context", "c"], "exclude each other"),
        (["check", "unmeshed", "b", "{good}"], "no workload `b` in these manifests"),
        (["check", "unmeshed", "ponger:htp", "{good}"], "has no port `htp`; it has http (8080)"),
        (["check", "club/a", "ponger", "{good}"], "no workload `club/a`"),
        (["check", "unmeshed", "ponger", "{good}", "--path", "ping"], "a path begins with /"),
        (["check", "unmeshed", "ponger", "{good}", "--header", "x"], "write 'NAME: VALUE' or NAME=VALUE"),
        (["check", "", "ponger", "{good}"], "no workload `` in these manifests; there are"),
        (["check", "default/", "ponger", "{good}"], "no workload `default/`"),
        (["blast", "pinger", "{good}"], "write namespace/account"),
        (["blast", "a/b/c", "{good}"], "write namespace/account"),
        (["blast", "/b", "{good}"], "write namespace/account"),
        (["blast", "default/defalt", "{good}"], "no account `default/defalt` in these manifests; did you mean default"),
        (["list", "{good}", "--denied", "--unmeshed"], "it goes with neither --accepted nor --unmeshed"),
        (["list", "{good}", "--denied", "--output", "svg"], "--denied is not drawn"),
        (["lint", "{good}", "--ignore", "MP0O3"], "no such code; did you mean MP0"),
        (["accept", "a", "{good}", "--owner", "o", "--reason", "r", "--expires", "soon"], "does not match the format"),
        (["accept", "a", "{good}", "--owner", "", "--reason", "r"], "is empty: an entry says who"),
        (["accept", "a", "{good}", "--owner", "o", "--reason", " "], "is empty: an entry says who"),
        (
            ["accept", "a", "{good}", "--owner", "o", "--reason", "r", "--expires", "2020-01-31"],
            "2020-01-31 has passed",
        ),
        (["list", "{good}", "--default-policy", "open"], "'open' is not one of"),
        (["list", "{good}", "--accepted", "nowhere"], "does not exist"),
        (["list", "{good}", "--output", "xml"], "'xml' is not one of"),
        (["diff", "{good}", "nowhere"], "neither a path nor a git revision"),
        (["test", "{good}"], "no case found"),
        (["mutate", "{good}"], "no case found"),
        (["frobnicate"], "No such command 'frobnicate'."),
        (["lits", "{good}"], "No such command 'lits'; did you mean list"),
        (["prove", "a/b may connect to default/ponger:8080", "{good}"], "write `connect on default/ponger:8080`"),
        (["prove", "a/b may GET /x at default/ponger", "{good}"], "write `GET /x on default/ponger`"),
        (["prove", "only a/b may GET /x on ponger", "{good}"], "did you mean default/ponger?"),
        (["prove", "nobody may call on ponger:http", "{good}"], "did you mean default/ponger:http?"),
        (["prove", "only a/b may GET /x on pong", "{good}"], "write NAMESPACE/pong"),
        (["prove", "nofile.yaml", "{good}"], "nofile.yaml: cannot be read: No such file"),
        (
            ["prove", "a b c", "{good}"],
            "that can be proved; write one of\n  only CLIENTS may REQUESTS on SERVER\n  nobody",
        ),
        (["list", "{good}", "--trust-domain", "x y"], "`x y` is not made of letters, digits"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(arguments: list[str], message: str, tmp_path: Path) -> None:
    good = tmp_path / "good.yaml"
    good.write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: ponger}\n"
        "spec: {containers: [{name: a, ports: [{name: http, containerPort: 8080}]}]}\n"
    )
    with real_tools("git"):
        code, _, told = run(*(argument.replace("{good}", str(good)) for argument in arguments))
    assert (code, message in told) == (2, True), told


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_with_two_letters_swapped_or_one_left_out_is_suggested(verb: str) -> None:
    swapped = {verb[:at] + verb[at + 1] + verb[at] + verb[at + 2 :] for at in range(len(verb) - 1)}
    for word in (swapped | {verb[:at] + verb[at + 1 :] for at in range(len(verb))}) - set(VERBS):
        code, _, told = run(word, "--help")
        assert (code, verb in told.partition("did you mean ")[2]) == (2, True), told


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("requests: []\npolicies: []", "a case needs requests or rejected manifests"),
        ("requests: [{from: a/b, to: c, expect: allow}]", "where namespace/pod:port is expected"),
        ("requests: [{from: a/b, to: 'c/d:1'}]", "expect: is missing"),
        ("requests: [{from: a/b, to: 'c/d:1', expect: allow, protocol: smtp}]", "accepted are http, http2"),
        ("requests: []\ncluster: {defaultInboundPolicy: open}", "accepted are all-unauthenticated"),
        ("requests: []\ncluster: {clusterNetworks: [x]}", "clusterNetworks[0]: is `x`, where a network"),
        ("requests: []\ncluster: {outboundTransportMode: x}", "accepted are transport-header, transparent"),
        ("requests: []\nnewPod: {from: a/b}", "newPod.to: is missing"),
        ("requests: []\nbase: nowhere.yaml", "cannot be read"),
    ],
)
def test_a_bad_case_is_told_with_its_place(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "case.yaml"
    file.write_text(text)
    code, _, told = run("test", str(file))
    assert (code, message in told) == (2, True), told


def test_who_reads_no_further_is_told_of_no_error() -> None:
    """As of other tools: `meshpolicy list … | head -1` ends by the signal, and says nothing."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "meshpolicy", "list", *OWN]
    ended = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (-signal.SIGPIPE, b"")
