"""ECGs over HTTP: which a study holds, and one of them ready to be drawn."""

import asyncio
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Literal

import brotli
from fastapi import Path, Query, Request, Response

from config.routing import Router
from dicom_node.archive.matching import InstanceFilter, StudyFilter
from dicom_node.archive.queries import find_instance, find_study, search_instances
from dicom_node.archive.reader import read_file
from dicom_node.archive.tables import Instance, Series
from viewer.access import ViewerPorts
from viewer.attributes import text, unpacked
from viewer.ecg.dicom import AMBULATORY_ECG, FILE_BYTES_MAX, SOP_CLASSES, TWELVE_LEAD_ECG, read_ecg
from viewer.ecg.dicom_facts import moment_of
from viewer.ecg.errors import EcgTooLarge, NotAnEcg
from viewer.ecg.model import Ecg
from viewer.ecg.schemas import (
    ANSWER_SAMPLES_MAX,
    WINDOW_MS_DEFAULT,
    WINDOW_MS_MAX,
    EcgAnswer,
    EcgList,
    EcgSummary,
    answer_of,
)

ECGS_MAX = 500
START_MS_MAX = 14 * 24 * 3_600_000
ANSWER_VERSION = "1"
"""Part of every ETag: a new form of the answer must not be mistaken for the old one."""
NOT_KEPT = "no-store"
BROTLI_QUALITY = 5
KINDS: Mapping[str, Literal["twelve_lead", "ambulatory"]] = {
    TWELVE_LEAD_ECG: "twelve_lead",
    AMBULATORY_ECG: "ambulatory",
}
ACQUISITION_DATE_TIME, CONTENT_DATE, CONTENT_TIME = "0008002A", "00080023", "00080033"
TIMEZONE_OFFSET = "00080201"

Uid = Annotated[str, Path(max_length=64, pattern=r"^[0-9.]+$")]
StartMs = Annotated[int, Query(ge=0, le=START_MS_MAX, description="Where the window begins")]
WindowMs = Annotated[int, Query(ge=1, le=WINDOW_MS_MAX, description="How long the window is")]


def ecg_router(ports: ViewerPorts) -> Router:
    """The routes of the ECG workspace."""
    service = _EcgService(ports)
    router = Router(prefix="/api", tags=["ecg"])
    router.add_api_route("/studies/{study_instance_uid}/ecgs", service.study_ecgs, response_model=EcgList)
    router.add_api_route(
        "/studies/{study_instance_uid}/ecgs/{sop_instance_uid}", service.study_ecg, response_model=EcgAnswer
    )
    return router


class _EcgService:
    """The handlers, with what they stand on."""

    def __init__(self, ports: ViewerPorts) -> None:
        self._ports = ports

    async def study_ecgs(self, request: Request, study_instance_uid: Uid) -> EcgList:
        """The ECG objects of a study, earliest first; none for a study of images."""
        async with self._ports.access.reading(request, study_instance_uid) as (view, scope):
            study = await find_study(view, scope, study_instance_uid)
            rows = await search_instances(
                view,
                scope,
                StudyFilter(study_instance_uids=[study_instance_uid]),
                instances=InstanceFilter(sop_class_uids=SOP_CLASSES),
                limit=ECGS_MAX,
                metadata=True,
            )
        found = [
            _summary(series, instance)
            for owner, series, instance in rows
            if owner.study_key == study.study_key
        ]
        return EcgList(ecgs=sorted(found, key=lambda one: (one.acquired_at or "", one.sop_instance_uid)))

    async def study_ecg(
        self,
        request: Request,
        study_instance_uid: Uid,
        sop_instance_uid: Uid,
        start_ms: StartMs = 0,
        window_ms: WindowMs = WINDOW_MS_DEFAULT,
    ) -> Response:
        """One ECG, its samples in the window asked for; `ETag` names object and window."""
        async with self._ports.access.reading(request, study_instance_uid) as (view, scope):
            instance = await find_instance(view, scope, study_instance_uid, sop_instance_uid)
        if instance.sop_class_uid not in SOP_CLASSES:
            raise NotAnEcg(sop_class_uid=instance.sop_class_uid)
        if instance.object_bytes > FILE_BYTES_MAX:
            raise EcgTooLarge(bytes=instance.object_bytes, bytes_max=FILE_BYTES_MAX)
        tag = _tag(instance, start_ms, window_ms)
        headers = {"ETag": tag, "Cache-Control": NOT_KEPT, "Vary": "Accept-Encoding"}
        if tag in (one.strip() for one in request.headers.get("if-none-match", "").split(",")):
            return Response(status_code=304, headers=headers)
        compressed = "br" in request.headers.get("accept-encoding", "")
        body = await asyncio.to_thread(self._body, instance, start_ms, window_ms, compressed=compressed)
        if compressed:
            headers["Content-Encoding"] = "br"
        return Response(body, media_type="application/json", headers=headers)

    def _body(self, instance: Instance, start_ms: int, window_ms: int, *, compressed: bool) -> bytes:
        ecg = read_ecg(read_file(self._ports.objects, instance))
        _refuse_wide_window(ecg, window_ms)
        body = answer_of(ecg, start_ms, window_ms).model_dump_json().encode()
        return brotli.compress(body, quality=BROTLI_QUALITY) if compressed else body


def _refuse_wide_window(ecg: Ecg, window_ms: int) -> None:
    asked = sum(
        min(group.sample_count, window_ms / 1000 * group.hz) * len(group.leads) for group in ecg.groups
    )
    if asked > ANSWER_SAMPLES_MAX:
        raise EcgTooLarge(samples=int(asked), samples_max=ANSWER_SAMPLES_MAX)


def _tag(instance: Instance, start_ms: int, window_ms: int) -> str:
    named = f"{ANSWER_VERSION} {instance.dataset_sha256} {start_ms} {window_ms}"
    return f'W/"{sha256(named.encode()).hexdigest()[:32]}"'


def _summary(series: Series, instance: Instance) -> EcgSummary:
    data = unpacked(instance.metadata_json)
    moment = moment_of(
        (text(data, ACQUISITION_DATE_TIME), text(data, CONTENT_DATE) + text(data, CONTENT_TIME)),
        text(data, TIMEZONE_OFFSET),
    )
    return EcgSummary(
        sop_instance_uid=instance.sop_instance_uid,
        series_instance_uid=series.series_instance_uid,
        kind=KINDS.get(instance.sop_class_uid, "general"),
        acquired_at=None if moment is None else moment.isoformat(timespec="seconds"),
    )
