"""What Flux renders from the folder that is read, and what from elsewhere: never taken for known where it is not."""

from pathlib import Path

import pytest

from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place
from meshpolicy.manifests.gitops import Scope, covered, scopes
from meshpolicy.manifests.load import load
from meshpolicy.manifests.options import ReadOptions

from ..command import run


def flux(path: str, kind: str = "GitRepository", name: str = "flux-system", **spec: object) -> Document:
    """Return a Kustomization of Flux."""
    data = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": "flux-system"},
        "spec": {"path": path, "sourceRef": {"kind": kind, "name": name}, **spec},
    }
    return Document(Place("clusters/apps.yaml", 1), data)


HERE = Document(Place("apps/web.yaml", 1), {"kind": "Deployment"})


@pytest.mark.parametrize(
    ("document", "here"),
    [
        (flux("./apps"), True),
        (flux("./apps", "OCIRepository"), False),
        (flux("./apps", "Bucket"), False),
        (flux("./elsewhere"), False),
        (flux("./apps", patches=[{"patch": "x"}]), False),
    ],
)
def test_only_a_folder_of_the_repository_that_was_read_is_covered(document: Document, here: bool) -> None:
    assert (document not in covered([document, HERE])) is here


@pytest.mark.parametrize("kind", ["OCIRepository", "Bucket"])
def test_an_artifact_beside_the_repository_hides_nothing_of_it(kind: str) -> None:
    own, other = flux("./apps"), flux("./apps", kind, "other", postBuild={"substitute": {"A": "1"}})
    assert list(covered([own, other, HERE])) == [other, HERE]
    assert scopes([own, other]) == ()


@pytest.mark.parametrize(
    ("built", "scope"),
    [
        ({"substitute": {"A": "1"}}, Scope("apps", {"A": "1"})),
        ({"substituteFrom": [{"kind": "ConfigMap", "name": "vars"}]}, Scope("apps", {}, more=True)),
        (
            {"substitute": {"A": "1"}, "substituteFrom": [{"kind": "Secret", "name": "vars"}]},
            Scope("apps", {"A": "1"}, more=True),
        ),
    ],
)
def test_a_scope_says_whether_the_cluster_gives_variables_too(built: dict[str, object], scope: Scope) -> None:
    assert scopes([flux("./apps", postBuild=built)]) == (scope,)


WEB = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, annotations: {linkerd.io/inject: enabled}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: app, image: a, ports: [{containerPort: 80}]}]}
---
"""


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("fluxcd.controlplane.io/v1", "ResourceSet"),
        ("fleet.cattle.io/v1alpha1", "GitRepo"),
        ("kappctrl.k14s.io/v1alpha1", "App"),
        ("core.oam.dev/v1beta1", "Application"),
        ("kubernetes.crossplane.io/v1alpha2", "Object"),
        ("work.open-cluster-management.io/v1", "ManifestWork"),
    ],
)
def test_what_any_tool_may_render_is_not_known(tmp_path: Path, version: str, kind: str) -> None:
    (tmp_path / "all.yaml").write_text(f"{WEB}apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{}}\n")
    told = "renders objects that are not in the input, and may hold policies"
    assert told in " ".join(run("list", tmp_path)[1].split())
    assert told not in " ".join(run("list", "--closed-world", tmp_path)[1].split())


POLICY = """
apiVersion: policy.linkerd.io/v1alpha1
kind: NetworkAuthentication
metadata: {name: near, namespace: shop}
spec: {networks: [{cidr: "${NET:=10.0.0.0/8}"}]}
"""


@pytest.mark.parametrize(
    ("more", "values", "missing"),
    [(False, {}, ()), (True, {}, ("NET",)), (True, {"NET": "10.1.0.0/16"}, ())],
)
def test_a_default_is_unknown_where_the_cluster_may_give_another_value(
    tmp_path: Path, more: bool, values: dict[str, str], missing: tuple[str, ...]
) -> None:
    (tmp_path / "apps").mkdir()
    (tmp_path / "apps/near.yaml").write_text(POLICY)
    options = ReadOptions(variables=values, scopes=(Scope("apps", {}, more=more),))
    (document,), problems = load([str(tmp_path)], options=options)
    assert (document.unset, problems) == (missing, ())


def test_what_a_variable_of_the_cluster_may_open_is_no_certain_answer(tmp_path: Path) -> None:
    """By the default a stranger is let in from 10.0.0.0/8; the cluster may say anything else."""
    (tmp_path / "apps").mkdir()
    (tmp_path / "apps/near.yaml").write_text(POLICY)
    (tmp_path / "flux.yaml").write_text(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a, namespace: flux-system}\n"
        "spec:\n  path: apps\n  sourceRef: {kind: GitRepository, name: a}\n"
        "  postBuild: {substituteFrom: [{kind: ConfigMap, name: vars}]}\n"
    )
    told = run("list", tmp_path)
    assert "NET" in "".join(map(str, told))
