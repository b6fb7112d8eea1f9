"""Which backend is taken on which machine, and what is said about it."""

import pytest

from meshup.backend import TOOLS, Backend, choose


@pytest.mark.parametrize(
    ("asked", "absent", "engine", "backend", "reason"),
    [
        ("", (), True, Backend.KIND, "a Docker engine and the cluster's tools are here"),
        ("", (), False, Backend.LOCAL, "no Docker engine answers"),
        ("", ("kind",), True, Backend.LOCAL, "a cluster needs kind, not found here"),
        ("", ("kind", "helm"), True, Backend.LOCAL, "a cluster needs kind and helm, not found here"),
        ("", TOOLS, True, Backend.LOCAL, "a cluster needs docker, kind, kubectl and helm, not found here"),
        ("local", (), True, Backend.LOCAL, "you asked for it"),
        ("kind", TOOLS, False, Backend.KIND, "you asked for it"),
    ],
)
def test_the_backend_is_what_was_asked_for_or_what_the_machine_can_carry(
    asked: str, absent: tuple[str, ...], engine: bool, backend: Backend, reason: str
) -> None:
    choice = choose(asked, which=lambda tool: None if tool in absent else f"/bin/{tool}", engine=lambda: engine)
    assert (choice.backend, choice.reason) == (backend, reason)


def test_the_choice_reads_as_a_sentence() -> None:
    choice = choose("", which=lambda _: None, engine=lambda: False)
    assert str(choice) == "Taking the local mesh: a cluster needs docker, kind, kubectl and helm, not found here."
