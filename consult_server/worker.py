"""`lianzhen worker`: relays, consumers and the work that events ask for.

The only place that knows both sides: it maps an event's name to its handlers and jobs.
"""

import asyncio
import signal
from asyncio import TaskGroup
from collections.abc import Coroutine
from functools import partial
from typing import Any

from config.kernel.envelope import Envelope
from config.kernel.relay import Relay
from config.kernel.streams import Consumer, Job
from config.memory import keep_freed_memory
from config.settings import Settings
from consult_server.consults.handlers import on_study_settled
from consult_server.exams.handlers import on_step_performed, on_study_arrived
from consult_server.open_platform import open_platform
from consult_server.retention.handlers import on_destruction_approved
from consult_server.study_access import viewer_ports
from consult_server.tables import inbox, outbox
from consult_server.web.platform import Platform
from dicom_node.archive.tables import outbox as dicom_outbox
from dicom_node.events import DestructionApproved, StepPerformed, StudySettled, StudyWithdrawn
from viewer.packs import Packs, build_packs


def prepare_images(packs: Packs) -> Job:
    """Frames of a settled study are packed before anybody asks for them."""

    async def pack_settled_study(envelope: Envelope) -> None:
        await build_packs(packs, envelope.payload["institution_id"], envelope.payload["study_instance_uid"])

    return pack_settled_study


def remove_images(packs: Packs) -> Job:
    """What was made of a study goes when the study does."""

    async def forget_withdrawn_study(envelope: Envelope) -> None:
        await packs.forget(envelope.payload["institution_id"], envelope.payload["study_instance_uid"])

    return forget_withdrawn_study


def consumers(platform: Platform, packs: Packs) -> list[Consumer]:
    """Who reacts to what the archive says; long work in a group of its own."""
    clock = platform.clock
    consumer = partial(
        Consumer,
        database=platform.database,
        redis=platform.redis,
        outbox=dicom_outbox,
        inbox=inbox,
        clock=clock,
    )
    changed = on_study_settled(clock)
    return [
        consumer(
            group="consult",
            handlers={
                StudySettled.name: (changed, on_study_arrived(clock)),
                StudyWithdrawn.name: (changed,),
                StepPerformed.name: (on_step_performed(clock),),
                DestructionApproved.name: (on_destruction_approved(clock),),
            },
        ),
        consumer(
            group="images",
            jobs={StudySettled.name: (prepare_images(packs),), StudyWithdrawn.name: (remove_images(packs),)},
        ),
    ]


async def run_until(platform: Platform, stop: asyncio.Event) -> None:
    """Relay and consume until `stop` is set."""
    async with Packs(viewer_ports(platform)) as packs, TaskGroup() as tasks:
        work: list[Coroutine[Any, Any, None]] = [
            *(
                Relay(platform.database, platform.redis, box, platform.clock).run()
                for box in (outbox, dicom_outbox)
            ),
            *(consumer.run() for consumer in consumers(platform, packs)),
        ]
        running = [tasks.create_task(each) for each in work]
        await stop.wait()
        for task in running:
            task.cancel()


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with open_platform(settings) as platform:
        await run_until(platform, stop)


def run(settings: Settings) -> None:
    """Work until told to stop."""
    keep_freed_memory()
    asyncio.run(_serve(settings))
