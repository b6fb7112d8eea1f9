"""Faults for learning, off unless a setting allows them."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from fastapi import HTTPException

from pingpong.settings import Settings

Chance = Callable[[], float]


def fault(settings: Settings, chance: Chance = random.random) -> Callable[[], Awaitable[None]]:
    """Return the faults for each request: a delay, and a share of failures."""

    async def suffer() -> None:
        if settings.fault_delay:
            await asyncio.sleep(settings.fault_delay)
        if chance() < settings.fault_error_rate:
            raise HTTPException(500, "a fault that PINGPONG_FAULT_ERROR_RATE asked for")

    return suffer
