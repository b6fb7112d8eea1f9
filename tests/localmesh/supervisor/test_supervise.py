"""What serves beside the mesh does not end unnoticed."""

import asyncio
from collections.abc import Coroutine

import pytest

from localmesh.supervisor.supervise import told
from localmesh.until import stop_task


async def fail() -> None:
    raise RuntimeError("why")


async def end() -> None:
    pass


@pytest.mark.parametrize(("serving", "says"), [(fail, "the page has failed"), (end, "the page has ended")])
def test_what_ends_by_itself_is_told_with_what_to_do(
    serving: object, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    then: list[str] = []
    made: Coroutine[None, None, None] = serving()  # type: ignore[operator] # a function without parameters
    asyncio.run(told("the page", made, lambda: then.append("ended")))
    (record,) = caplog.records
    assert record.getMessage() == f"{says}; `just down` and `just up` bring it back"
    assert then == ["ended"]
    assert bool(record.exc_info) is (serving is fail)


def test_what_is_stopped_ends_quietly(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        task = asyncio.create_task(told("the page", asyncio.sleep(3600)))
        await asyncio.sleep(0)
        await stop_task(task)

    asyncio.run(main())
    assert caplog.records == []
