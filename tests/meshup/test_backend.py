"""Which backend is taken on which machine, and what is said about it."""

import pytest

from meshup.backend import TOOLS, Backend, choose


@pytest.mark.parametrize(
    ("asked", "absent", "engine", "backend", "reason"),
    [
        ("", (), True, Backend.KIND, "Docker, kind, kubectl and helm are available"),
        ("", (), False, Backend.LOCAL, "Docker does not answer"),
        ("", ("kind",), True, Backend.LOCAL, "kind is not installed"),
        ("", ("kind", "helm"), True, Backend.LOCAL, "kind and helm are not installed"),
        ("", TOOLS, True, Backend.LOCAL, "docker, kind, kubectl and helm are not installed"),
        ("local", (), True, Backend.LOCAL, "as requested"),
        ("kind", TOOLS, False, Backend.KIND, "as requested"),
    ],
)
def test_the_backend_is_what_was_asked_for_or_what_the_machine_can_carry(
    asked: str, absent: tuple[str, ...], engine: bool, backend: Backend, reason: str
) -> None:
    choice = choose(asked, which=lambda tool: None if tool in absent else f"/bin/{tool}", engine=lambda: engine)
    assert (choice.backend, choice.reason) == (backend, reason)


def test_the_choice_reads_as_a_sentence() -> None:
    choice = choose("", which=lambda _: None, engine=lambda: False)
    assert str(choice) == "Using the local mesh: docker, kind, kubectl and helm are not installed."
