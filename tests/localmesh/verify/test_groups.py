"""The parts of a verification run beside each other, and one that breaks is told as what it is."""

import asyncio

import pytest

from localmesh.errors import CommandFailed
from localmesh.verify.groups import beside
from meshverify.finding import Finding, judge


def found(name: str) -> Finding:
    return judge("calls", name, "", "", good=True)


def test_findings_come_in_the_order_of_the_parts_whichever_ends_first() -> None:
    async def main() -> list[Finding]:
        second_has_ended = asyncio.Event()

        async def first() -> list[Finding]:
            await second_has_ended.wait()
            return [found("a"), found("b")]

        async def second() -> list[Finding]:
            second_has_ended.set()
            return [found("c")]

        return await beside(first(), second())

    assert [one.name for one in asyncio.run(main())] == ["a", "b", "c"]


def test_what_breaks_one_part_is_raised_and_ends_the_others() -> None:
    ended: list[str] = []

    async def waits() -> list[Finding]:
        try:
            await asyncio.Event().wait()
            return []
        finally:
            ended.append("waits")

    async def breaks() -> list[Finding]:
        await asyncio.sleep(0)
        raise CommandFailed("the copy of a sidecar did not become ready", "why")

    with pytest.raises(CommandFailed, match="the copy of a sidecar did not become ready"):
        asyncio.run(beside(waits(), breaks()))
    assert ended == ["waits"]
