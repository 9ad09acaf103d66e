"""What one process has: settings, clock, database, wire, objects. Made once by the entry point."""

from concurrent.futures import Executor
from dataclasses import dataclass

from redis.asyncio import Redis

from config.changes import Changes
from config.kernel.clock import Clock
from config.kernel.database import Database
from config.kernel.objects import ObjectStore
from config.settings import Settings
from consult_server.web.push import LiveHub


@dataclass(frozen=True, kw_only=True)
class Platform:
    """The process's dependencies, handed to routes by `deps`."""

    settings: Settings
    clock: Clock
    database: Database
    changes: Changes
    redis: Redis
    objects: ObjectStore
    cpu: Executor
    live: LiveHub
