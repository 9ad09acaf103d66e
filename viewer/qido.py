"""QIDO-RS: studies, series and instances the caller may see (PS3.18 10.6)."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from dicom_node.archive.queries import (
    find_series,
    find_study,
    first_metadata,
    first_series_keys,
    search_instances,
    search_series,
    search_studies,
)
from dicom_node.archive.scope import StudyScope
from dicom_node.archive.tables import Study
from viewer.access import ViewerPorts
from viewer.media_types import DICOM_JSON, require_json
from viewer.qido_answers import Result, instance_result, series_result, study_result, with_fields
from viewer.qido_query import Query, read_query
from viewer.web_address import root_of

Uid = Annotated[str, Path(max_length=64, pattern=r"^[0-9.]+$")]
NOT_KEPT = {"Cache-Control": "private, no-store"}


def qido_router(ports: ViewerPorts) -> APIRouter:
    """The search routes of the DICOMweb root."""
    service = QidoService(ports)
    router = APIRouter(tags=["dicomweb"])
    for path, endpoint in (
        ("/studies", service.search_for_studies),
        ("/series", service.search_for_series),
        ("/instances", service.search_for_instances),
        ("/studies/{study_instance_uid}/series", service.search_for_series_of_study),
        ("/studies/{study_instance_uid}/instances", service.search_for_instances_of_study),
        (
            "/studies/{study_instance_uid}/series/{series_instance_uid}/instances",
            service.search_for_instances_of_series,
        ),
    ):
        router.add_api_route(path, endpoint, methods=["GET"], response_class=Response)
    return router


def _answer(results: Sequence[Result]) -> Response:
    """Results as DICOM JSON; none are an empty list with 200, which every client reads (CP-2473)."""
    body = json.dumps(results, ensure_ascii=False, separators=(",", ":"))
    return Response(body, media_type=DICOM_JSON, headers=NOT_KEPT)


def _within(query: Query, study: Study) -> Query:
    """`query` held to one institution's copy of a study."""
    return replace(query, studies=replace(query.studies, study_keys=[study.study_key]))


class QidoService:
    """Answers searches. Without a match it says so; a study in the path that may not be known is a 404."""

    def __init__(self, ports: ViewerPorts) -> None:
        self._ports = ports

    async def _begin(self, request: Request, study_instance_uid: str | None) -> tuple[StudyScope, Query]:
        scope = await self._ports.access.scope(request, study_instance_uid)
        require_json(request)
        return scope, read_query(request.query_params.multi_items())

    async def search_for_studies(self, request: Request) -> Response:
        """Studies that match, newest first."""
        scope, query = await self._begin(request, None)
        root = root_of(request)
        async with self._ports.database.read() as view:
            rows = await search_studies(view, scope, query.studies, limit=query.limit, offset=query.offset)
            results = [study_result(study, root) for study in rows]
            if query.fields:
                keys = await first_series_keys(view, [study.study_key for study in rows])
                blobs = await first_metadata(view, list(keys.values()))
                results = [
                    with_fields(result, blobs[keys[study.study_key]], query.fields)
                    for study, result in zip(rows, results, strict=True)
                ]
        return _answer(results)

    async def search_for_series(self, request: Request) -> Response:
        """Series that match, whatever their study; study attributes come with them."""
        scope, query = await self._begin(request, None)
        async with self._ports.database.read() as view:
            return _answer(await self._series(view, scope, query, root_of(request), with_study=True))

    async def search_for_series_of_study(self, request: Request, study_instance_uid: Uid) -> Response:
        """The series of one study."""
        scope, query = await self._begin(request, study_instance_uid)
        async with self._ports.database.read() as view:
            query = _within(query, await find_study(view, scope, study_instance_uid))
            return _answer(await self._series(view, scope, query, root_of(request), with_study=False))

    async def _series(
        self, view: AsyncSession, scope: StudyScope, query: Query, root: str, *, with_study: bool
    ) -> list[Result]:
        rows = await search_series(
            view, scope, query.studies, query.series, limit=query.limit, offset=query.offset
        )
        results = [
            (study_result(study, root) if with_study else {}) | series_result(study, series, root)
            for study, series in rows
        ]
        if not query.fields:
            return results
        blobs = await first_metadata(view, [series.series_key for _, series in rows])
        return [
            with_fields(result, blobs[series.series_key], query.fields)
            for (_, series), result in zip(rows, results, strict=True)
        ]

    async def search_for_instances(self, request: Request) -> Response:
        """Instances that match, whatever their study; study and series attributes come with them."""
        scope, query = await self._begin(request, None)
        async with self._ports.database.read() as view:
            return _answer(await self._instances(view, scope, query, root_of(request), levels=2))

    async def search_for_instances_of_study(self, request: Request, study_instance_uid: Uid) -> Response:
        """The instances of one study; series attributes come with them."""
        scope, query = await self._begin(request, study_instance_uid)
        async with self._ports.database.read() as view:
            query = _within(query, await find_study(view, scope, study_instance_uid))
            return _answer(await self._instances(view, scope, query, root_of(request), levels=1))

    async def search_for_instances_of_series(
        self, request: Request, study_instance_uid: Uid, series_instance_uid: Uid
    ) -> Response:
        """The instances of one series."""
        scope, query = await self._begin(request, study_instance_uid)
        query = replace(query, series=replace(query.series, series_instance_uids=[series_instance_uid]))
        async with self._ports.database.read() as view:
            study, _series = await find_series(view, scope, study_instance_uid, series_instance_uid)
            query = _within(query, study)
            return _answer(await self._instances(view, scope, query, root_of(request), levels=0))

    async def _instances(
        self, view: AsyncSession, scope: StudyScope, query: Query, root: str, *, levels: int
    ) -> list[Result]:
        rows = await search_instances(
            view,
            scope,
            query.studies,
            query.series,
            query.instances,
            limit=query.limit,
            offset=query.offset,
            metadata=bool(query.fields),
        )
        results: list[Result] = []
        for study, series, instance in rows:
            above = (study_result(study, root) if levels > 1 else {}) | (
                series_result(study, series, root) if levels else {}
            )
            result = above | instance_result(study, series, instance, root)
            results.append(
                with_fields(result, instance.metadata_json, query.fields) if query.fields else result
            )
        return results
