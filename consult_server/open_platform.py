"""Opens what a process needs, from settings; closes it again."""

import os
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from multiprocessing import get_context

from config.changes import Changes
from config.kernel.clock import SystemClock
from config.kernel.database import Database
from config.kernel.redis import connect
from config.settings import Settings
from config.stores import objects_of
from config.supervise import die_with_parent
from consult_server.web.platform import Platform
from consult_server.web.push import LiveHub

CPU_WORKERS = 1
TASKS_BEFORE_RENEWAL = 200


@asynccontextmanager
async def open_platform(settings: Settings) -> AsyncIterator[Platform]:
    """The platform of one process, closed when the block ends."""
    database, changes = Database(settings.database_url), Changes(settings.database_url)
    redis = connect(settings.redis_url)
    cpu = ProcessPoolExecutor(
        CPU_WORKERS,
        mp_context=get_context("spawn"),
        initializer=die_with_parent,
        initargs=(os.getpid(),),
        max_tasks_per_child=TASKS_BEFORE_RENEWAL,
    )
    try:
        yield Platform(
            settings=settings,
            clock=SystemClock(),
            database=database,
            changes=changes,
            redis=redis,
            objects=objects_of(settings),
            cpu=cpu,
            live=LiveHub(redis),
        )
    finally:
        cpu.shutdown(wait=False, cancel_futures=True)
        await redis.aclose()
        changes.close()
        await database.close()
