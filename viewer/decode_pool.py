"""Processes in which untrusted pixels are decoded: few, limited, replaceable.

A process may take only so much memory and CPU time for one task (RLIMIT_AS, RLIMIT_CPU); one that
dies takes its task with it and nothing else: the pool is replaced and the caller told. So is it, and
nobody is told, when a process keeps memory after a task.
"""

import asyncio
import gc
import multiprocessing
import os
import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from pathlib import Path
from typing import Self, TypeVar

from config.kernel.limits import GIB, MIB
from config.memory import keep_freed_memory
from config.supervise import die_with_parent

MEMORY_BYTES_MAX = 4 * GIB
KEPT_BYTES_MAX = 64 * MIB
"""More than a process had at its start, after a task and with what it was about: time for another one."""
CPU_SECONDS_MAX = 60
NICENESS = 5
PROCESSES_MAX = 4
WAITING_PER_PROCESS = 2
_CLEAN = multiprocessing.get_context("forkserver")
_CLEAN.set_forkserver_preload(
    ["viewer.frame_jobs", "viewer.rendering", "viewer.thumbnails", "viewer.transcoding"]
)
"""Decoding processes are copies of one that has loaded what decodes, and never met a frame or a request.

They share its memory and are there in no time. It ends with the process that serves, and they with it.
"""
Result = TypeVar("Result")
Argument = TypeVar("Argument")


class DecoderDied(Exception):
    """A decoding process was ended by the system while it worked on this task (or beside it)."""


class DecodePool:
    """Runs module-level functions in limited processes, started at the first task."""

    def __init__(
        self,
        *,
        processes: int | None = None,
        memory_bytes_max: int = MEMORY_BYTES_MAX,
        cpu_seconds_max: int = CPU_SECONDS_MAX,
        kept_bytes_max: int = KEPT_BYTES_MAX,
    ) -> None:
        self._processes = processes or max(2, min(PROCESSES_MAX, os.cpu_count() or 1))
        self._memory_bytes_max, self._cpu_seconds_max = memory_bytes_max, cpu_seconds_max
        self._kept_bytes_max = kept_bytes_max
        self._executor: ProcessPoolExecutor | None = None
        self._places = asyncio.Semaphore(self._processes * WAITING_PER_PROCESS)
        self._alone = asyncio.Lock()

    async def run(self, function: Callable[[Argument], Result], argument: Argument) -> Result:
        """`function(argument)` in a process of the pool. Raises DecoderDied, and what it raises."""
        async with self._places:
            if self._executor is None:
                self._executor = self.new_executor(self._processes)
            executor = self._executor
            try:
                result, kept_bytes = await self._call(executor, function, argument)
            except BrokenProcessPool:
                self._retire(executor)
                raise DecoderDied from None
            if kept_bytes > self._kept_bytes_max:
                self._retire(executor)
            return result

    async def run_alone(self, function: Callable[[Argument], Result], argument: Argument) -> Result:
        """The same in a process of its own, so that only this task can be to blame."""
        async with self._alone:
            executor = self.new_executor(1)
            try:
                return (await self._call(executor, function, argument))[0]
            except BrokenProcessPool:
                raise DecoderDied from None
            finally:
                executor.shutdown(wait=False)

    def warm(self) -> None:
        """Start the processes now, in the background."""
        if self._executor is None:
            self._executor = self.new_executor(self._processes)
        self._executor.submit(os.getpid)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._executor is not None:
            executor, self._executor = self._executor, None
            await asyncio.to_thread(executor.shutdown, cancel_futures=True)

    async def _call(
        self, executor: ProcessPoolExecutor, function: Callable[[Argument], Result], argument: Argument
    ) -> tuple[Result, int]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(executor, _limited, self._cpu_seconds_max, function, argument)

    def new_executor(self, processes: int) -> ProcessPoolExecutor:
        """Processes under this pool's limits; whoever takes them ends them."""
        return ProcessPoolExecutor(
            processes, mp_context=_CLEAN, initializer=_prepare, initargs=(self._memory_bytes_max,)
        )

    def _retire(self, executor: ProcessPoolExecutor) -> None:
        """What it has been given it still does."""
        if self._executor is executor:
            self._executor = None
        executor.shutdown(wait=False)


def _prepare(memory_bytes_max: int) -> None:
    """Bound this process for good: memory, what it keeps of it between tasks, no core files, less urgent than
    those who answer people.
    """
    gc.freeze()  # a collection would write beside each inherited object, and copy the page that it lies on
    die_with_parent(os.getppid())
    os.nice(NICENESS)
    os.environ["RUST_BACKTRACE"] = "0"  # or a panic would load the names of all functions, 42 MB
    keep_freed_memory()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes_max, memory_bytes_max))
    _resident_bytes_at_start()


def _limited(
    cpu_seconds_max: int, function: Callable[[Argument], Result], argument: Argument
) -> tuple[Result, int]:
    """Run one task with a CPU allowance of its own: what was used before does not count.

    Its result, and the bytes by which the process is larger now than at its start.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(usage.ru_utime + usage.ru_stime) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + cpu_seconds_max, hard))
    result = function(argument)
    return result, _resident_bytes() - _resident_bytes_at_start()


@cache
def _resident_bytes_at_start() -> int:
    """What the first call in this process found."""
    return _resident_bytes()


def _resident_bytes() -> int:
    """Memory of this process (proc(5), statm); 0 where nobody says."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * resource.getpagesize() if statm.exists() else 0
