"""STOW-RS: files posted as multipart/related, stored one by one as they stream in (PS3.18 10.5)."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from config.kernel.errors import Forbidden, TooLarge, Unavailable
from config.routing import Router
from dicom_node.stow import Stow, Stowed, Upload
from viewer.access import ViewerPorts
from viewer.media_types import DICOM, DICOM_XML, MediaTypeRefused, parse_media_type, response_type
from viewer.metadata import instance_address
from viewer.multipart import Happening, MultipartReader, MultipartRefused, PartEvent, PartReader, SingleReader
from viewer.native_xml import native_xml
from viewer.stow_limits import StowLimits
from viewer.web_address import PREFIX, root_of

Uid = Annotated[str, Path(max_length=64, pattern=r"^[0-9.]+$")]
BLOCK_BYTES = 256 * 1024


class StoringRefused(Forbidden):
    """This account may not store objects."""

    code = "dicomweb.storing_refused"


class BodyTooLarge(TooLarge):
    """The body is larger than one request may be."""

    code = "dicomweb.body_too_large"


class PartsTooMany(TooLarge):
    """The body has more parts than one request may have."""

    code = "dicomweb.parts_too_many"


class StoringBusy(Unavailable):
    """Too many uploads run at once; send again shortly."""

    code = "dicomweb.storing_busy"


def stow_of(ports: ViewerPorts, limits: StowLimits) -> Stow:
    """The writer of this process; it opens nothing before the first object."""
    return Stow(
        database_url=ports.database.url,
        objects=ports.objects,
        elsewhere=ports.cache_folder / "stow",
        object_bytes_max=limits.object_bytes_max,
        reserve_bytes=limits.reserve_bytes,
        clock=ports.clock,
    )


def stow_router(ports: ViewerPorts, limits: StowLimits, stow: Stow | None = None) -> Router:
    """The store routes of the DICOMweb root. The router's lifespan owns the writer, `stow` if given."""
    service = StowService(ports, limits, stow or stow_of(ports, limits))
    router = Router(prefix=PREFIX, tags=["dicomweb"], lifespan=service.lifespan)
    for path, endpoint in (
        ("/studies", service.store),
        ("/studies/{study_instance_uid}", service.store_in_study),
    ):
        router.add_api_route(path, endpoint, methods=["POST"], response_class=Response)
    return router


class StowService:
    """Takes bodies apart and files in. At most `limits.bodies_max` bodies at once."""

    def __init__(self, ports: ViewerPorts, limits: StowLimits, stow: Stow) -> None:
        self._ports, self._limits, self._stow = ports, limits, stow
        self._slots = asyncio.Semaphore(limits.bodies_max)

    @asynccontextmanager
    async def lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        """Close the writer with the application."""
        try:
            yield
        finally:
            await run_in_threadpool(self._stow.close)

    async def store(self, request: Request) -> Response:
        """Store objects of any study."""
        return await self._take(request, None)

    async def store_in_study(self, request: Request, study_instance_uid: Uid) -> Response:
        """Store objects of one study; those of others fail, each by itself."""
        return await self._take(request, study_instance_uid)

    async def _take(self, request: Request, study_instance_uid: str | None) -> Response:
        async with self._ports.access.reading(request, study_instance_uid) as (_view, scope):
            store_as = scope.store_as
        if store_as is None:
            raise StoringRefused
        media_type = response_type(request)
        reader = self._reader(request)
        await run_in_threadpool(self._stow.check_room, store_as, _announced_bytes(request))
        if self._slots.locked():
            raise StoringBusy
        async with self._slots:
            body = _Body(self._stow, store_as, study_instance_uid, self._limits)
            try:
                await body.read(request, reader)
            finally:
                await run_in_threadpool(body.discard)
        return _answer(body.results, root_of(request), media_type)

    def _reader(self, request: Request) -> PartReader:
        content_type = parse_media_type(request.headers.get("content-type", ""))
        if content_type.inner not in ({DICOM, "*/*"} if content_type.is_multipart else {DICOM}):
            raise MediaTypeRefused(offered=[f'multipart/related; type="{DICOM}"', DICOM])
        if "content-encoding" in request.headers:
            raise MediaTypeRefused(fault="a compressed body is not taken")
        if _announced_bytes(request) > self._limits.body_bytes_max:
            raise BodyTooLarge(limit_bytes=self._limits.body_bytes_max)
        if not content_type.is_multipart:
            return SingleReader(DICOM)
        return MultipartReader(content_type.parameters.get("boundary", ""), self._limits.body_bytes_max + 1)


def _announced_bytes(request: Request) -> int:
    """How much the body will be, 0 when that is not said."""
    length = request.headers.get("content-length", "0")
    return int(length) if length.isdecimal() else 0


class _Body:
    """One request's files."""

    def __init__(
        self, stow: Stow, institution_id: str, study_instance_uid: str | None, limits: StowLimits
    ) -> None:
        self._stow, self._institution_id, self._study = stow, institution_id, study_instance_uid
        self._limits = limits
        self._upload: Upload | None = None
        self.results: list[Stowed] = []

    async def read(self, request: Request, reader: PartReader) -> None:
        """Everything the client sends. Files stored before a fault stay stored, as PS3.18 10.5.1.2 allows."""
        total, block = 0, bytearray()
        async for piece in request.stream():
            total += len(piece)
            if total > self._limits.body_bytes_max:
                raise BodyTooLarge(limit_bytes=self._limits.body_bytes_max)
            block += piece
            if len(block) >= BLOCK_BYTES:
                await run_in_threadpool(self._feed, reader, bytes(block))
                block.clear()
        await run_in_threadpool(self._feed, reader, bytes(block))
        await run_in_threadpool(self._close, reader)

    def _feed(self, reader: PartReader, block: bytes) -> None:
        for event in reader.feed(block):
            self._happen(event)

    def _close(self, reader: PartReader) -> None:
        """The body is over; a part that it cuts short fails by itself when others have come whole."""
        try:
            for event in reader.close():
                self._happen(event)
        except MultipartRefused:
            if not self.results:
                raise
            if self._upload is not None:
                self.results.append(self._cut_off())
        if not self.results:
            raise MultipartRefused(fault="the body has no parts")

    def _happen(self, event: PartEvent) -> None:
        if event.happening is Happening.BEGAN:
            if len(self.results) >= self._limits.parts_max:
                raise PartsTooMany(parts_max=self._limits.parts_max)
            if parse_media_type(event.content_type or DICOM).media_type != DICOM:
                raise MediaTypeRefused(offered=DICOM)
            self._upload = self._stow.upload(self._institution_id, self._study)
        elif self._upload is not None and event.happening is Happening.DATA:
            self._upload.write(event.data)
        elif self._upload is not None:
            self.results.append(self._upload.finish())
            self._upload = None

    def _cut_off(self) -> Stowed:
        self.discard()
        return Stowed(
            sop_class_uid="",
            sop_instance_uid="",
            study_instance_uid="",
            series_instance_uid="",
            status=0xC000,
            comment="the body ends inside this part",
        )

    def discard(self) -> None:
        """Leave nothing half received."""
        if self._upload is not None:
            self._upload.discard()
            self._upload = None


def _uid(value: str) -> dict[str, Any]:
    return {"vr": "UI", "Value": [value]}


def _reference(result: Stowed) -> dict[str, Any]:
    return {"00081150": _uid(result.sop_class_uid), "00081155": _uid(result.sop_instance_uid)}


def _answer(results: list[Stowed], root: str, media_type: str) -> Response:
    """The Store Instances Response Module (PS3.18 I); 200 all stored, 202 some or warned, 409 none."""
    stored = [r for r in results if r.is_stored]
    failed = [r for r in results if not r.is_stored]
    studies = {r.study_instance_uid for r in stored}
    document: dict[str, Any] = {}
    if len(studies) == 1:
        document["00081190"] = {"vr": "UR", "Value": [f"{root}/studies/{studies.pop()}"]}
    named = [_reference(r) | _failure(r) for r in failed if r.sop_class_uid and r.sop_instance_uid]
    nameless = [_failure(r) for r in failed if not (r.sop_class_uid and r.sop_instance_uid)]
    addresses = [_reference(r) | _warning(r) | _address(root, r) for r in stored]
    for tag, items in (("00081198", named), ("00081199", addresses), ("0008119A", nameless)):
        if items:
            document[tag] = {"vr": "SQ", "Value": items}
    plain = not failed and not any(_warning(r) for r in stored)
    status = 200 if plain else 202 if stored else 409
    said = native_xml(document) if media_type == DICOM_XML else json.dumps(document, ensure_ascii=False)
    return Response(said, status, media_type=media_type)


def _address(root: str, result: Stowed) -> dict[str, Any]:
    """Retrieve URL."""
    uids = (result.study_instance_uid, result.series_instance_uid, result.sop_instance_uid)
    return {"00081190": {"vr": "UR", "Value": [instance_address(root, *uids)]}}


def _warning(result: Stowed) -> dict[str, Any]:
    """Warning Reason where the object is kept otherwise than it was announced."""
    return {"00081196": {"vr": "US", "Value": [result.status]}} if result.status else {}


def _failure(result: Stowed) -> dict[str, Any]:
    """Failure Reason, and Error Comment where there is something to say."""
    reason: dict[str, Any] = {"00081197": {"vr": "US", "Value": [result.status]}}
    if result.comment:
        reason["00000902"] = {"vr": "LO", "Value": [result.comment]}
    return reason
