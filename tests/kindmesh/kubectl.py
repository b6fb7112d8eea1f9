"""Stands in for kubectl: it keeps objects in a file, and answers and refuses in kubectl's own words.

What controllers do is done at once: a deleted pod of a Deployment comes back, cert-manager renews, trust-manager
publishes. `answer` is one call; `main` is the program.
"""

import base64
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Object = dict[str, Any]
GROUPS = {
    "deployment": "deployments.apps",
    "networkpolicy": "networkpolicies.networking.k8s.io",
    "authorizationpolicy": "authorizationpolicies.policy.linkerd.io",
    "certificate": "certificates.cert-manager.io",
}
"""How messages name a kind; others by their plural."""
VALUED = ("--context", "-n", "--namespace", "-l", "-c", "-o", "-f", "-p", "--as", "--field-selector")
"""The options whose value is the next argument."""


CHANGING = ("apply", "create", "delete", "drain", "patch", "rollout", "scale", "uncordon")


class Failed(Exception):
    """What kubectl prints on standard error; it then exits with 1."""


def not_found(kind: str, name: str) -> Failed:
    """Return the API server's answer about an object that is not there."""
    return Failed(f'Error from server (NotFound): {GROUPS.get(kind, f"{kind}s")} "{name}" not found')


def singular(word: str) -> str:
    """Return the kind that a word of the command line means."""
    plain = word.partition(".")[0].lower()
    return f"{plain[:-3]}y" if plain.endswith("ies") else plain.removesuffix("s")


class Cluster:
    """The objects, by kind, namespace and name."""

    def __init__(self, path: Path) -> None:
        """Read them."""
        self._path = path
        state = json.loads(path.read_text())
        self.kinds: list[str] = state["unknown"]
        self.objects: list[Object] = state["objects"]
        self.version: int = state["version"]

    def save(self) -> None:
        """Write them."""
        state = {"unknown": self.kinds, "objects": self.objects, "version": self.version}
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(state))
        new.replace(self._path)

    def known(self, kind: str) -> str:
        """Return the kind, if the API server has it."""
        if kind in self.kinds:
            raise Failed(f'error: the server doesn\'t have a resource type "{kind}s"')
        return kind

    def find(self, kind: str, space: str | None, name: str) -> Object | None:
        """Return one object."""
        return next((one for one in self.all(kind, space) if one["metadata"]["name"] == name), None)

    def need(self, kind: str, space: str | None, name: str) -> Object:
        """Return one object that must be there."""
        found = self.find(self.known(kind), space, name)
        if found is None and kind == "deployment" and space and self.find("namespace", None, space) is None:
            raise not_found("namespace", space)
        if found is None:
            raise not_found(kind, name)
        return found

    def all(self, kind: str, space: str | None) -> list[Object]:
        """Return the objects of a kind."""
        return [
            one
            for one in self.objects
            if one["kind"].lower() == kind and (space is None or one["metadata"].get("namespace", space) == space)
        ]

    def put(self, new: Object) -> Object:
        """Store an object in place of the one of its name."""
        space = new["metadata"].get("namespace")
        if space and self.find("namespace", None, space) is None:
            raise not_found("namespace", space)
        old = self.find(new["kind"].lower(), space, new["metadata"]["name"])
        self.version += 1
        uid = old["metadata"]["uid"] if old else f"uid-{self.version}"
        new["metadata"] |= {"uid": uid, "resourceVersion": str(self.version)}
        if old is not None:
            self.objects.remove(old)
        self.objects.append(new)
        self._follow(new)
        return new

    def _follow(self, new: Object) -> None:
        """Do what the controllers of this kind would do."""
        match new["kind"], new["metadata"]["name"]:
            case "Namespace", name:
                self.put(thing("ServiceAccount", "default", name))
            case "Secret", "linkerd-identity-issuer":
                self.put(thing("Event", f"issuer-{self.version}", "linkerd", reason="IssuerUpdated"))
            case "Secret", "linkerd-trust-anchor" | "linkerd-previous-anchor" if self.published():
                self.put(thing("ConfigMap", "linkerd-identity-trust-roots", "linkerd", data=self.published()))
            case "Deployment", _:
                self._start(new)
            case _:
                pass

    def published(self) -> dict[str, str]:
        """Return what trust-manager would publish."""
        found = [self.find("secret", "cert-manager", f"linkerd-{word}-anchor") for word in ("trust", "previous")]
        texts = [base64.b64decode(one["data"]["tls.crt"]).decode() for one in found if one]
        return {"ca-bundle.crt": "\n".join(dict.fromkeys(texts))} if texts else {}

    def _start(self, deployment: Object) -> None:
        """Have as many pods as the Deployment wants."""
        space, labels = deployment["metadata"]["namespace"], deployment["spec"]["selector"]["matchLabels"] | HASH
        pods = [one for one in self.all("pod", space) if labels.items() <= one["metadata"]["labels"].items()]
        for pod in pods[deployment["spec"]["replicas"] :]:
            self.objects.remove(pod)
        for number in range(len(pods), deployment["spec"]["replicas"]):
            name = f"{deployment['metadata']['name']}-{self.version}-{number}"
            made = thing("Pod", name, space, spec={"nodeName": "one", "containers": [], "initContainers": [SIDECAR]})
            made["metadata"]["labels"] = labels
            self.put(made)

    def remove(self, gone: Object) -> None:
        """Delete an object, with what it holds."""
        name, space = gone["metadata"]["name"], gone["metadata"].get("namespace")
        self.objects.remove(gone)
        if gone["kind"] == "Namespace":
            self.objects = [one for one in self.objects if one["metadata"].get("namespace") != name]
        elif gone["kind"] == "Pod":
            for deployment in self.all("deployment", space):
                self._start(deployment)


HASH = {"pod-template-hash": "1"}
SIDECAR = {"name": "linkerd-proxy"}
RUNNING = {"phase": "Running", "podIP": "10.244.0.7", "conditions": [{"type": "Ready", "status": "True"}]}


def thing(kind: str, name: str, namespace: str = "", **fields: Any) -> Object:
    """Return an object as an API server stores it."""
    metadata: Object = {"name": name, "labels": {}} | ({"namespace": namespace} if namespace else {})
    status = {"status": RUNNING} if kind == "Pod" else {}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata} | status | fields


class Call:
    """One call of kubectl: its verb, its words, its options."""

    def __init__(self, cluster: Cluster, arguments: list[str], given: str) -> None:
        """Read the arguments; `given` is the standard input."""
        self.cluster, self.given = cluster, given
        self.beside = ""
        self.words: list[str] = []
        self.options: dict[str, str] = {}
        self.command: list[str] = []
        words = iter(arguments)
        for word in words:
            if word == "--":
                self.command = list(words)
            elif word in VALUED:
                self.options[word] = next(words)
            elif word.startswith("-"):
                name, _, value = word.partition("=")
                self.options[name] = value
            else:
                self.words.append(word)
        self.verb = self.words.pop(0)

    @property
    def space(self) -> str | None:
        """The namespace; None is all."""
        return None if {"-A", "--all-namespaces"} & set(self.options) else self.options.get("-n", "default")

    def documents(self) -> list[Object]:
        """Return the objects that were given on standard input."""
        import yaml  # late: most calls are given nothing, and each is a process of its own

        found = [one for one in yaml.load_all(self.given, yaml.CSafeLoader) if one]
        if not found and self.verb != "get":
            raise Failed(f"error: no objects passed to {self.verb}")
        for one in found:
            self.cluster.known(one["kind"].lower())
        return found

    def targets(self) -> Iterator[tuple[str, str | None, str]]:
        """Return what the words name: kind, namespace, name."""
        words = list(self.words)
        if "/" not in words[0]:
            kind = singular(words.pop(0))
            words = [f"{kind}/{word}" for word in words]
        for word in words:
            kind, _, name = word.partition("/")
            where = None if singular(kind) in ("namespace", "node") else self.space
            yield singular(kind), where, name

    def named(self) -> list[Object]:
        """Return the objects that the words name; an absent one is an error unless it may be."""
        found = []
        for kind, space, name in self.targets():
            absent = "--ignore-not-found" in self.options
            one = self.cluster.find(self.cluster.known(kind), space, name) if absent else None
            if one is not None or not absent:
                found.append(self.cluster.need(kind, space, name))
        return found

    def chosen(self) -> list[Object]:
        """Return the objects of a kind that the selectors choose."""
        kind = self.cluster.known(singular(self.words[0]))
        wanted = [word.partition("=") for word in self.options.get("-l", "").split(",") if word]
        fields = [word.partition("=") for word in self.options.get("--field-selector", "").split(",") if word]
        return [
            one
            for one in self.cluster.all(kind, self.space)
            if all(key in one["metadata"]["labels"] for key, _, _ in wanted)
            and all(one["metadata"]["labels"][key] == value for key, equals, value in wanted if equals)
            and all(value_of(one, key) == value for key, _, value in fields)
        ]

    def get(self) -> str:
        """Read objects, or print that there are none."""
        if "--raw" in self.options:
            return "ok"
        single = False
        if "-f" in self.options:
            found = [
                one
                for new in self.documents()
                for one in [self.cluster.find(new["kind"].lower(), self.home(new), new["metadata"]["name"])]
                if one
            ]
        elif "/" in self.words[0] or len(self.words) > 1:
            found, single = self.named(), True
        else:
            found = self.chosen()
        return self.shown(found, single=single)

    def shown(self, found: list[Object], *, single: bool) -> str:
        """Return objects in the form that was asked for."""
        match self.options.get("-o", ""):
            case "json" if (single or "-f" in self.options) and len(found) == 1:
                return json.dumps(found[0])
            case "json":
                empty = not found and "--ignore-not-found" in self.options
                return "" if empty else json.dumps({"apiVersion": "v1", "items": found, "kind": "List"})
            case "yaml":
                return json.dumps(found[0])  # which is YAML too
            case _:
                return "\n".join(f"{one['kind'].lower()}/{one['metadata']['name']}" for one in found)

    def home(self, new: Object) -> str | None:
        """Return the namespace of a document."""
        return None if new["kind"] in ("Namespace", "Node") else new["metadata"].get("namespace", "default")

    def apply(self) -> str:
        """Store objects."""
        found = [self.cluster.put(self.whole(new)) for new in self.documents()]
        return self.shown(found, single=len(found) == 1)

    def whole(self, new: Object) -> Object:
        """Return an object with what the API server adds."""
        new["metadata"].setdefault("labels", {})
        return {"status": RUNNING} | new if new["kind"] == "Pod" else new

    def create(self) -> str:
        """Store new objects, or judge one as a dry run."""
        found = self.documents()
        if self.options.get("--dry-run") == "server":
            injector = self.cluster.find("deployment", "linkerd", "linkerd-proxy-injector")
            if injector is None or injector["spec"]["replicas"] == 0:
                raise Failed(
                    "Error from server (InternalError): error when creating STDIN: Internal error occurred: failed"
                    ' calling webhook "linkerd-proxy-injector.linkerd.io": connection refused'
                )
            return json.dumps(found[0] | {"spec": found[0]["spec"] | {"initContainers": [SIDECAR]}})
        for new in found:
            kind, name = new["kind"].lower(), new["metadata"]["name"]
            if self.cluster.find(kind, self.home(new), name):
                raise Failed(f'Error from server (AlreadyExists): {kind}s "{name}" already exists')
            self.cluster.put(self.whole(new))
        return "created"

    def delete(self) -> str:
        """Remove objects."""
        for one in self.named():
            self.cluster.remove(one)
        return "deleted"

    def wait(self) -> str:
        """Wait for a condition, which is there where the object is."""
        found = self.named() if self.words != ["node"] else self.cluster.all("node", None)
        if not found:
            raise Failed("error: no matching resources found")
        return "condition met"

    def rollout(self) -> str:
        """Restart a workload, or wait for it."""
        action = self.words.pop(0)
        for one in self.named():
            if action == "restart":
                self.cluster.put(one)
        return f"{self.words[0]} {action}ed"

    def scale(self) -> str:
        """Set the number of pods."""
        for one in self.named():
            one["spec"]["replicas"] = int(self.options["--replicas"])
            self.cluster.put(one)
        return "scaled"

    def drain(self) -> str:
        """Evict chosen pods of the one node; the budget keeps the last of a Deployment, which has no other node."""
        self.need_node()
        if "--delete-emptydir-data" not in self.options:
            raise Failed("error: cannot delete Pods with local storage (use --delete-emptydir-data to override)")
        self.options |= {"-l": self.options["--pod-selector"], "-A": ""}
        self.words = ["pods"]
        evicted, *kept = self.chosen()
        self.cluster.objects.remove(evicted)
        if not kept:
            return "drained"
        name = kept[0]["metadata"]["name"]
        self.cluster.save()
        raise Failed(f'error when evicting pods/"{name}": Cannot evict pod as it would violate the disruption budget.')

    def need_node(self) -> Object:
        """Return the node that is named."""
        return self.cluster.need("node", None, self.words[0])

    def uncordon(self) -> str:
        """Let the node take pods again: every Deployment gets what it lacks."""
        self.need_node()
        for one in self.cluster.all("deployment", None):
            self.cluster.put(one)
        return "uncordoned"

    def patch(self) -> str:
        """Change an object; cert-manager answers a Certificate's condition Issuing by a new certificate."""
        (one,) = self.named()
        if one["kind"] == "Certificate" and "--subresource" in self.options:
            space = one["metadata"]["namespace"]
            kept = self.cluster.need("secret", space, one["spec"]["secretName"])
            text = f"certificate {self.cluster.version}"
            kept["data"]["tls.crt"] = base64.b64encode(text.encode()).decode()
            self.cluster.put(kept)
        return "patched"

    def describe(self) -> str:
        """Describe an object."""
        return "\n".join(f"Name: {one['metadata']['name']}" for one in self.named())

    def logs(self) -> str:
        """Print what the chosen pods wrote; without a pod, kubectl says so and succeeds."""
        self.words = ["pods"]
        pods = self.chosen()
        if not pods:
            self.beside = f"No resources found in {self.space} namespace.\n"
        return "\n".join(f"[pod/{one['metadata']['name']}/{self.options['-c']}] a line" for one in pods)

    def auth(self) -> str:
        """Say that an account may not do something: nobody may, so one that does not exist may not either."""
        raise Failed("no")

    def exec(self) -> str:
        """Run the program of a load, or of questions, in a pod."""
        self.words = self.words[:1]
        (one,) = self.named()
        if one["kind"] == "Deployment" and one["spec"]["replicas"] == 0:
            raise Failed("error: timed out waiting for the condition")
        if "-i" in self.options:
            return json.dumps({"sent": 50, "failures": {}, "p50": 0.002, "p99": 0.01})
        return "\n".join(json.dumps(self.answer(one, question)) for question in json.loads(self.command[-1]))

    def answer(self, client: Object, question: Object) -> Object:
        """Answer one request by the policies that are stored."""
        answer = {"status": 0, "server": "", "proxy_error": "", "error": "", "body": "", "seconds": 0.001}
        space, name = client["metadata"]["namespace"], client["metadata"]["name"]
        if self.cluster.find("networkpolicy", "pingpong", "all-to-dns") is None:
            return answer | {"error": "name"}
        if space == "kindmesh-probe" and not client["spec"].get("hostNetwork"):
            meshed = client["metadata"]["annotations"]["linkerd.io/inject"] == "enabled"
            return answer | ({"status": 504, "proxy_error": "in fail-fast"} if meshed else {"error": "refused"})
        granted = self.cluster.find("authorizationpolicy", "pingpong", "pinger-may-ping") is not None
        path = question["url"].rpartition(":")[2].partition("/")[2]
        ping = name in ("pinger", "kindmesh-newcomer") and path == "ping" and question["method"] == "GET"
        probe = path == "ready" and question["method"] == "GET"
        if probe or (granted and ping) or (name == "kindmesh-ingress" and path in ("", "rally")):
            return answer | {"status": 200, "server": "uvicorn", "body": "pong"}
        return answer | {"status": 403}


def value_of(one: Object, path: str) -> str:
    """Return the field at a path such as `status.phase`."""
    found: Any = one
    for key in path.split("."):
        found = found.get(key, {})
    return str(found)


def answer(path: Path, arguments: list[str], given: str) -> tuple[int, str, str]:
    """Answer one call: its exit code, and what is printed on standard output and standard error."""
    cluster = Cluster(path)
    call = Call(cluster, arguments, given)
    run: Callable[[], str] = getattr(call, call.verb)
    try:
        said = run()
    except Failed as failed:
        # `auth can-i` says no on standard output.
        return (1, f"{failed}\n", "") if call.verb == "auth" else (1, "", f"{failed}\n")
    if call.verb in CHANGING:
        cluster.save()
    return 0, f"{said}\n" if said else "", call.beside


def main(path: str) -> None:
    """Answer the call of this process; an interactive one goes on until it is told to stop."""
    if "-i" in sys.argv:
        sys.stdout.write("started\n")
        sys.stdout.flush()
        sys.stdin.readline()
    code, out, err = answer(Path(path), sys.argv[1:], "")
    sys.stdout.write(out)
    sys.stderr.write(err)
    sys.exit(code)
