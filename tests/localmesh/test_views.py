"""What is read off a view of the mesh."""

import pytest

from localmesh.views import MeshView, Phase

from .build import pod_view


@pytest.mark.parametrize(
    ("phases", "started"),
    [
        ([], False),
        ([Phase.STARTING], False),
        ([Phase.READY, Phase.STARTING], False),
        ([Phase.READY, Phase.READY], True),
        ([Phase.READY, Phase.UNREADY, Phase.LEAVING], True),
    ],
)
def test_a_mesh_has_started_once_each_pod_was_ready(phases: list[Phase], started: bool) -> None:
    pods = tuple(pod_view(f"ponger-{number}", phase=phase) for number, phase in enumerate(phases))
    assert MeshView({}, pods, ()).started is started
