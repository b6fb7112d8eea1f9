"""Files are named from where the person stands."""

from pathlib import Path

import pytest

from localmesh.relative import relative_paths

ROOTS = (Path("/home/me/project/mesh"), Path("/home/me/project/mesh/policies"), Path("/home/me/project/one.yaml"))


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("/home/me/project", "a grant (mesh/policies/a.yaml:1), mesh/b.yaml and one.yaml: wrong"),
        (
            "/home/me/project/k8",
            "a grant (../mesh/policies/a.yaml:1), ../mesh/b.yaml and ../one.yaml: wrong",
        ),
        ("/home/me/project/mesh", "a grant (policies/a.yaml:1), b.yaml and ../one.yaml: wrong"),
        (
            "/var/run",
            "a grant (/home/me/project/mesh/policies/a.yaml:1), /home/me/project/mesh/b.yaml"
            " and /home/me/project/one.yaml: wrong",
        ),
    ],
)
def test_a_file_is_named_from_the_folder_one_is_in(folder: str, said: str) -> None:
    project = "/home/me/project"
    text = f"a grant ({project}/mesh/policies/a.yaml:1), {project}/mesh/b.yaml and {project}/one.yaml: wrong"
    assert relative_paths(text, ROOTS, Path(folder)) == said
