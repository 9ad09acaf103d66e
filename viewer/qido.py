"""QIDO-RS: studies, series and instances the caller may see (PS3.18 10.6)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from viewer.content_coding import json_answer
from viewer.media_types import json_type
from viewer.qido_answers import (
    SERIES_ATTRIBUTES,
    STUDY_ATTRIBUTES,
    Result,
    instance_result,
    series_result,
    study_result,
    with_fields,
)
from viewer.qido_query import Level, Query, read_query
from viewer.routes import add_reading
from viewer.web_address import root_of

Uid = Annotated[str, Path(max_length=64, pattern=r"^[0-9.]+$")]
NOT_KEPT = {"Cache-Control": "private, no-store", "Vary": "Accept, Accept-Encoding"}
MORE = (
    '299 lianzhen "The number of results exceeded the maximum supported by the server. '
    'Additional results can be requested."'
)
"""The warning of PS3.18 8.3.4.4, word for word."""


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
        add_reading(router, path, endpoint)
    return router


@dataclass(frozen=True, kw_only=True)
class Search:
    """One search as it came: for whom, what for, and how it is to be answered."""

    request: Request
    scope: StudyScope
    query: Query
    root: str
    media_type: str

    @property
    def limit(self) -> int:
        """How many rows to look for: one more than the page shows whether there are others."""
        return self.query.limit + 1

    async def answer(self, results: Sequence[Result]) -> Response:
        """Results as DICOM JSON; none are an empty list with 200, which every client reads (CP-2473)."""
        page = results[: self.query.limit]
        more = self.query.capped and len(results) > len(page)
        body = json.dumps(page, ensure_ascii=False, separators=(",", ":")).encode()
        headers = NOT_KEPT | ({"Warning": MORE} if more else {})
        return await json_answer(self.request, body, self.media_type, headers)

    def within(self, study: Study) -> "Search":
        """This search held to one institution's copy of a study."""
        studies = replace(self.query.studies, study_keys=[study.study_key])
        return replace(self, query=replace(self.query, studies=studies))


class QidoService:
    """Answers searches. Without a match it says so; a study in the path that may not be known is a 404."""

    def __init__(self, ports: ViewerPorts) -> None:
        self._ports = ports

    async def _begin(self, request: Request, level: Level, study_instance_uid: str | None = None) -> Search:
        return Search(
            request=request,
            scope=await self._ports.access.scope(request, study_instance_uid),
            media_type=json_type(request),
            query=read_query(request.query_params.multi_items(), level),
            root=root_of(request),
        )

    async def search_for_studies(self, request: Request) -> Response:
        """Studies that match, newest first."""
        search = await self._begin(request, Level.STUDIES)
        query = search.query
        async with self._ports.database.read() as view:
            rows = await search_studies(
                view, search.scope, query.studies, limit=search.limit, offset=query.offset
            )
            results = [study_result(study, search.root) for study in rows]
            if query.fields:
                keys = await first_series_keys(view, [study.study_key for study in rows])
                blobs = await first_metadata(view, list(keys.values()))
                results = [
                    with_fields(result, blobs[keys[study.study_key]], query.fields, STUDY_ATTRIBUTES)
                    for study, result in zip(rows, results, strict=True)
                ]
        return await search.answer(results)

    async def search_for_series(self, request: Request) -> Response:
        """Series that match, whatever their study; study attributes come with them."""
        search = await self._begin(request, Level.SERIES)
        async with self._ports.database.read() as view:
            results = await self._series(view, search, with_study=True)
        return await search.answer(results)

    async def search_for_series_of_study(self, request: Request, study_instance_uid: Uid) -> Response:
        """The series of one study."""
        search = await self._begin(request, Level.SERIES, study_instance_uid)
        async with self._ports.database.read() as view:
            study = await find_study(view, search.scope, study_instance_uid)
            results = await self._series(view, search.within(study), with_study=False)
        return await search.answer(results)

    async def _series(self, view: AsyncSession, search: Search, *, with_study: bool) -> list[Result]:
        query, root = search.query, search.root
        rows = await search_series(
            view, search.scope, query.studies, query.series, limit=search.limit, offset=query.offset
        )
        results = [
            (study_result(study, root) if with_study else {}) | series_result(study, series, root)
            for study, series in rows
        ]
        if not query.fields:
            return results
        blobs = await first_metadata(view, [series.series_key for _, series in rows])
        everything = SERIES_ATTRIBUTES | STUDY_ATTRIBUTES if with_study else SERIES_ATTRIBUTES
        return [
            with_fields(result, blobs[series.series_key], query.fields, everything)
            for (_, series), result in zip(rows, results, strict=True)
        ]

    async def search_for_instances(self, request: Request) -> Response:
        """Instances that match, whatever their study; study and series attributes come with them."""
        search = await self._begin(request, Level.INSTANCES)
        async with self._ports.database.read() as view:
            results = await self._instances(view, search, levels=2)
        return await search.answer(results)

    async def search_for_instances_of_study(self, request: Request, study_instance_uid: Uid) -> Response:
        """The instances of one study; series attributes come with them."""
        search = await self._begin(request, Level.INSTANCES, study_instance_uid)
        async with self._ports.database.read() as view:
            study = await find_study(view, search.scope, study_instance_uid)
            results = await self._instances(view, search.within(study), levels=1)
        return await search.answer(results)

    async def search_for_instances_of_series(
        self, request: Request, study_instance_uid: Uid, series_instance_uid: Uid
    ) -> Response:
        """The instances of one series."""
        search = await self._begin(request, Level.INSTANCES, study_instance_uid)
        series = replace(search.query.series, series_instance_uids=[series_instance_uid])
        search = replace(search, query=replace(search.query, series=series))
        async with self._ports.database.read() as view:
            study, _series = await find_series(view, search.scope, study_instance_uid, series_instance_uid)
            results = await self._instances(view, search.within(study), levels=0)
        return await search.answer(results)

    async def _instances(self, view: AsyncSession, search: Search, *, levels: int) -> list[Result]:
        query, root = search.query, search.root
        rows = await search_instances(
            view,
            search.scope,
            query.studies,
            query.series,
            query.instances,
            limit=search.limit,
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
                with_fields(result, instance.metadata_json, query.fields, None) if query.fields else result
            )
        return results
