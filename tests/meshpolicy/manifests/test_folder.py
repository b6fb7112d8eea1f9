"""Which files of a folder are read: foreign files are left out and named, and the rest is answered."""

from pathlib import Path

import pytest

from meshpolicy.core.errors import ProblemKind
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.folder import is_excluded, manifests_in
from meshpolicy.manifests.load import load
from meshpolicy.manifests.options import ReadOptions
from meshpolicy.manifests.sources import read

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"


def tree(path: Path, files: dict[str, str]) -> Path:
    """Write files below a folder and return it."""
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return path


@pytest.mark.parametrize(
    ("files", "read", "left_out"),
    [
        ({"a.yaml": POD, "b.txt": "x"}, ["a.yaml"], []),
        ({"a.yaml": POD, ".git/b.yaml": POD}, ["a.yaml"], []),
        ({"a.yaml": POD, "patch.json": "[1]"}, ["a.yaml"], ["patch.json"]),
        ({"a.yaml": POD, "list.yaml": "- 1"}, ["a.yaml"], ["list.yaml"]),
        ({"a.yaml": POD, "c/Chart.yaml": "name: c", "c/templates/t.yaml": "a: {{ .x }}"}, ["a.yaml"], ["c"]),
        (
            {"a.yaml": POD, "kustomization.yaml": "patches: [{path: p.yaml}]", "p.yaml": POD},
            ["a.yaml"],
            ["p.yaml"],
        ),
        (
            {"o/a.yaml": POD, "o/kustomization.yml": "patchesStrategicMerge: [../p.yaml]", "p.yaml": POD},
            ["a.yaml"],
            ["p.yaml"],
        ),
        (
            {"kustomization.yaml": "patchesJson6902: [{path: p.yaml}]\npatches: x", "p.yaml": "[]", "a.yaml": POD},
            ["a.yaml"],
            ["p.yaml"],
        ),
        ({"a.yaml": POD, "kustomization.yaml": "patches: ["}, ["a.yaml"], ["kustomization.yaml"]),
    ],
)
def test_a_folder_is_read_but_for_what_is_no_manifest(
    files: dict[str, str], read: list[str], left_out: list[str], tmp_path: Path
) -> None:
    documents, problems = load([tree(tmp_path, files)])
    assert [Path(document.place.file).name for document in documents] == read
    foreign = [problem for problem in problems if problem.kind is not ProblemKind.UNUSABLE]
    assert [Path(problem.place.file).name for problem in foreign] == left_out


def test_a_folder_is_the_same_by_whatever_way_it_is_named(tmp_path: Path) -> None:
    base = tree(tmp_path / "base", {"kustomization.yaml": "resources: [a.yaml]", "a.yaml": POD})
    (tmp_path / "tests").mkdir()
    documents, problems = load([tmp_path / "tests" / ".." / "base"])
    assert ([document.place.file for document in documents], problems) == ([str(base / "a.yaml")], ())


def test_a_linked_folder_has_its_own_parent(tmp_path: Path) -> None:
    tree(tmp_path, {"far/base/a.yaml": POD, "far/overlay/x.txt": "", "near/base/b.yaml": POD})
    (tmp_path / "near/overlay").symlink_to(tmp_path / "far/overlay")
    documents, _ = load([tmp_path / "near/overlay/../base"])
    assert [Path(document.place.file).name for document in documents] == ["a.yaml"]


@pytest.mark.parametrize(("name", "rendered"), [("app", 0), ("linkerd-config", 1), ("linkerd-cni-config", 1)])
def test_a_kustomization_that_makes_the_settings_of_the_mesh_is_rendered(
    name: str, rendered: int, tmp_path: Path
) -> None:
    """R1: other ConfigMaps that it makes decide no access, so that the files that it lists are enough."""
    made = f"resources: [a.yaml]\nconfigMapGenerator: [{{name: {name}, literals: [a=b]}}]"
    found = manifests_in(tree(tmp_path, {"a.yaml": POD, "kustomization.yaml": made}))
    assert (len(found.rendered), len(found.files)) == (rendered, 1 - rendered)


def test_a_list_is_an_error_where_its_file_was_named(tmp_path: Path) -> None:
    tree(tmp_path, {"list.yaml": "- 1"})
    assert [problem.kind for problem in load([tmp_path / "list.yaml"])[1]] == [ProblemKind.UNUSABLE]


@pytest.mark.parametrize(
    ("name", "pattern", "excluded"),
    [
        ("k8s/prod/a.yaml", "prod", False),
        ("k8s/prod", "prod", True),
        ("k8s/prod", "prod/", True),
        ("k8s/prod/a.yaml", "*.yaml", True),
        ("k8s/prod/a.yaml", "prod/*", True),
        ("k8s/prod/a.yaml", "a.yaml", True),
        ("k8s/prod/ba.yaml", "a.yaml", False),
    ],
)
def test_a_pattern_names_files_and_folders_by_their_last_parts(name: str, pattern: str, excluded: bool) -> None:
    assert is_excluded(name, [pattern]) is excluded


def test_an_excluded_folder_is_not_read(tmp_path: Path) -> None:
    tree(tmp_path, {"a.yaml": POD, "prod/b.yaml": "a: ["})
    assert load([tmp_path], options=ReadOptions(("prod",)))[0][0].data == load([tmp_path / "a.yaml"])[0][0].data


@pytest.mark.parametrize(
    ("target", "files", "noted"),
    [
        ("../common", {"common/b.yaml": POD}, ["link"]),
        ("../common", {"common/b.txt": ""}, []),
        ("sub", {"k8s/sub/b.yaml": POD}, []),
        (
            "../base",
            {
                "base/b.yaml": POD,
                "base/kustomization.yaml": "resources: [b.yaml]",
                "k8s/kustomization.yaml": "resources: [link, a.yaml]",
            },
            [],
        ),
    ],
)
def test_a_linked_folder_that_is_not_read_is_noted(
    target: str, files: dict[str, str], noted: list[str], tmp_path: Path
) -> None:
    tree(tmp_path, {"k8s/a.yaml": POD, **files})
    (tmp_path / "k8s/link").symlink_to(target)
    found = [one for one in load([tmp_path / "k8s"], options=ReadOptions())[1] if "link to a folder" in one.message]
    assert [(Path(one.place.file).name, one.kind) for one in found] == [(n, ProblemKind.NOT_RENDERED) for n in noted]


@pytest.mark.parametrize(
    ("source", "overlay", "met"),
    [("base", "prod", False), (".", "prod", True), ("prod", "prod", True), (".", ".hid", False), (".", "base", False)],
)
def test_an_overlay_lies_in_a_folder_that_is_read(
    source: str, overlay: str, met: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kustomization = "resources: [../base/a.yaml]"
    tree(tmp_path, {"base/a.yaml": POD, "prod/kustomization.yaml": kustomization, ".hid/kustomization.yaml": "{}"})
    monkeypatch.chdir(tmp_path)
    for start in ("", f"{tmp_path}/"):
        found = read([source], MeshSettings(), options=ReadOptions(overlays=(start + overlay,)))
        wrong = [one.place.file for one in found.unusable if not one.place.file.endswith(".yaml")]
        assert wrong == ([] if met else [overlay])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_manifest_is_read_in_the_encodings_that_kubernetes_reads(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(POD.encode(encoding))
    documents, problems = load([tmp_path])
    assert ([document.data["kind"] for document in documents], problems) == (["Pod"], ())


@pytest.mark.parametrize(
    "given", [POD.encode("utf-16-le"), POD.encode("utf-32"), POD.encode("utf-16")[:-1], POD.encode() + b"#\xe9"]
)
def test_a_manifest_that_cannot_be_decoded_is_an_error_and_not_foreign(given: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(given)
    assert [problem.kind for problem in load([tmp_path])[1]] == [ProblemKind.UNUSABLE]
