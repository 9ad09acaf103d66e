"""What one receiving process of all does for the objects that are stored."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from threading import Lock

from sqlalchemy import Engine

from config.kernel.clock import Clock
from config.kernel.objects import ObjectStore
from config.settings import Objects
from config.spooled_objects import SpooledObjects
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.keeping import cache, checking, names, uploading
from dicom_node.keeping.room import short_of
from dicom_node.rounds import Rounds

FAILPOINTS = ("before_upload", "after_upload", "after_leaving")
"""Where a fault test may strike, besides those of intake."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Keeping:
    """What the chores work with."""

    reader: Engine
    ingest: Ingest
    clock: Clock
    failpoints: Failpoints
    leaving: Lock = field(default_factory=Lock)
    sending: Lock = field(default_factory=Lock)
    """Held by whoever changes what the bucket has."""

    def chores(self, objects: ObjectStore, settings: Objects) -> list[Rounds]:
        """The chores for this store."""
        found = self._before_a_bucket(objects, settings) if isinstance(objects, SpooledObjects) else []
        if self.reader.dialect.name == "sqlite":
            keeper = names.NameKeeper(reader=self.reader, ingest=self.ingest)
            found.append(Rounds("names", names.LOOK_SECONDS, keeper.once, gives_way=True))
        if settings.check_bytes_per_second:
            checker = checking.Checker(
                objects=objects,
                reader=self.reader,
                ingest=self.ingest,
                clock=self.clock,
                period=timedelta(days=settings.check_days),
                bytes_per_second=settings.check_bytes_per_second,
                leaving=self.leaving,
            )
            found.append(Rounds("checker", checking.LOOK_SECONDS, checker.once))
        return found

    def _before_a_bucket(self, store: SpooledObjects, settings: Objects) -> list[Rounds]:
        uploader = uploading.Uploader(
            store=store,
            reader=self.reader,
            ingest=self.ingest,
            clock=self.clock,
            failpoints=self.failpoints,
            sending=self.sending,
        )
        bounds = cache.Cache(
            store=store,
            reader=self.reader,
            ingest=self.ingest,
            failpoints=self.failpoints,
            bytes_max=settings.folder_bytes_max,
            leaving=self.leaving,
            short_of=partial(short_of, store.local.root, settings.reserve_bytes),
        )
        return [
            Rounds("uploader", uploading.LOOK_SECONDS, uploader.once),
            Rounds("cache", cache.LOOK_SECONDS, bounds.once),
        ]
