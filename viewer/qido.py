"""QIDO-RS: studies, series and instances the caller may see (PS3.18 10.6)."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.concurrency import run_in_threadpool

from config.routing import Router
from dicom_node.archive.matching import ANY_SERIES
from dicom_node.archive.queries import (
    find_series,
    find_study,
    first_metadata,
    first_series_keys,
    listed_instances,
    listed_studies,
    search_instances,
    search_series,
    search_studies,
    series_of,
)
from dicom_node.archive.scope import StudyScope
from dicom_node.archive.tables import Instance, Series, Study
from viewer.access import ViewerPorts
from viewer.attributes import unpacked
from viewer.documents import answer_documents, document_type, written
from viewer.qido_answers import (
    SERIES_ATTRIBUTES,
    STUDY_ATTRIBUTES,
    Result,
    all_with_fields,
    instance_result,
    series_result,
    study_result,
)
from viewer.qido_further import Further, matches_all
from viewer.qido_listed import InstanceList
from viewer.qido_query import Level, Query, QueryRefused, read_query
from viewer.qido_study_list import StudyList
from viewer.routes import Readings, Uid
from viewer.web_address import PREFIX, root_of

NOT_KEPT = {"Cache-Control": "private, no-store", "Vary": "Accept, Accept-Encoding"}
MORE = (
    '299 lianzhen "The number of results exceeded the maximum supported by the server. '
    'Additional results can be requested."'
)
LITERAL_ONLY = (
    '299 lianzhen "The fuzzymatching parameter is not supported. Only literal matching has been performed."'
)
"""The warnings of PS3.18 8.3.4.4 and 8.3.4.2, word for word."""
AT_ONCE = 60
"""Results that are written out faster than a thread is asked to."""
SCANNED_BATCH = 500
SCANNED_MAX = 20_000
Row = TypeVar("Row")


def qido_router(ports: ViewerPorts, readings: Readings) -> Router:
    """The search routes of the DICOMweb root."""
    service = QidoService(ports)
    router = Router(prefix=PREFIX, tags=["dicomweb"])
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
        readings.add(router, path, endpoint)
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
        body = await run_in_threadpool(written, page) if len(page) > AT_ONCE else written(page)
        return await self.answer_written(body, more=len(results) > len(page))

    async def answer_written(self, body: bytes, *, more: bool) -> Response:
        """A page of results that is a JSON array already; `more` says that there are others."""
        said = [MORE] * (self.query.capped and more) + [LITERAL_ONLY] * self.query.literal_only
        headers = NOT_KEPT | ({"Warning": ", ".join(said)} if said else {})
        return await answer_documents(self.request, body, self.media_type, headers)

    def of_series(self, series_instance_uid: str) -> "Search":
        """This search held to the series of one UID."""
        series = replace(self.query.series, series_instance_uids=[series_instance_uid])
        return replace(self, query=replace(self.query, series=series))

    def within(self, study: Study) -> "Search":
        """This search held to one institution's copy of a study."""
        studies = replace(self.query.studies, study_keys=[study.study_key])
        return replace(self, query=replace(self.query, studies=studies))


class QidoService:
    """Answers searches. Without a match it says so; a study in the path that may not be known is a 404."""

    def __init__(self, ports: ViewerPorts) -> None:
        self._ports = ports

    @asynccontextmanager
    async def _begun(
        self, request: Request, level: Level, study_instance_uid: str | None = None
    ) -> AsyncIterator[tuple[AsyncSession, Search]]:
        async with self._ports.access.reading(request, study_instance_uid) as (view, scope):
            yield (
                view,
                Search(
                    request=request,
                    scope=scope,
                    media_type=document_type(request),
                    query=read_query(
                        request.query_params.multi_items(), level, within_study=study_instance_uid is not None
                    ),
                    root=root_of(request),
                ),
            )

    async def search_for_studies(self, request: Request) -> Response:
        """Studies that match, newest first."""
        async with self._begun(request, Level.STUDIES) as (view, search):
            query = search.query
            if query.fields:
                return await search.answer(await self._studies_with_fields(view, search))
            rows = await listed_studies(
                view, search.scope, query.studies, limit=search.limit, offset=query.offset
            )
        body = StudyList.below(search.root).written(rows[: query.limit])
        return await search.answer_written(body, more=len(rows) > query.limit)

    async def _studies_with_fields(self, view: AsyncSession, search: Search) -> list[Result]:
        query = search.query
        rows = await search_studies(
            view, search.scope, query.studies, limit=search.limit, offset=query.offset
        )
        results = [study_result(study, search.root) for study in rows]
        keys = await first_series_keys(view, [study.study_key for study in rows])
        blobs = await first_metadata(view, list(keys.values()))
        found = [blobs[keys[study.study_key]] for study in rows]
        return await run_in_threadpool(all_with_fields, results, found, query.fields, STUDY_ATTRIBUTES)

    async def search_for_series(self, request: Request) -> Response:
        """Series that match, whatever their study; study attributes come with them."""
        async with self._begun(request, Level.SERIES) as (view, search):
            results = await self._series(view, search, with_study=True)
        return await search.answer(results)

    async def search_for_series_of_study(self, request: Request, study_instance_uid: Uid) -> Response:
        """The series of one study."""
        async with self._begun(request, Level.SERIES, study_instance_uid) as (view, search):
            query = search.query
            study = await find_study(view, search.scope, study_instance_uid)
            if query.needs_metadata or query.narrowed or query.series != ANY_SERIES:
                results = await self._series(view, search.within(study), with_study=False)
            else:
                listed = (await series_of(view, study.study_key))[query.offset :][: search.limit]
                results = [series_result(study, series, search.root) for series in listed]
        return await search.answer(results)

    async def _series(self, view: AsyncSession, search: Search, *, with_study: bool) -> list[Result]:
        query, root = search.query, search.root

        async def page(limit: int, offset: int) -> list[tuple[Study, Series]]:
            return await search_series(
                view, search.scope, query.studies, query.series, limit=limit, offset=offset
            )

        async def stored(found: Sequence[tuple[Study, Series]]) -> list[bytes]:
            blobs = await first_metadata(view, [series.series_key for _, series in found])
            return [blobs[series.series_key] for _, series in found]

        rows = await matching_rows(search, page, stored)
        results = [
            (study_result(study, root) if with_study else {}) | series_result(study, series, root)
            for study, series in rows
        ]
        if not query.fields:
            return results
        everything = SERIES_ATTRIBUTES | STUDY_ATTRIBUTES if with_study else SERIES_ATTRIBUTES
        return await run_in_threadpool(all_with_fields, results, await stored(rows), query.fields, everything)

    async def search_for_instances(self, request: Request) -> Response:
        """Instances that match, whatever their study; study and series attributes come with them."""
        async with self._begun(request, Level.INSTANCES) as (view, search):
            results = await self._instances(view, search, levels=2)
        return await search.answer(results)

    async def search_for_instances_of_study(self, request: Request, study_instance_uid: Uid) -> Response:
        """The instances of one study; series attributes come with them."""
        async with self._begun(request, Level.INSTANCES, study_instance_uid) as (view, search):
            study = await find_study(view, search.scope, study_instance_uid)
            results = await self._instances(view, search.within(study), levels=1)
        return await search.answer(results)

    async def search_for_instances_of_series(
        self, request: Request, study_instance_uid: Uid, series_instance_uid: Uid
    ) -> Response:
        """The instances of one series."""
        async with self._begun(request, Level.INSTANCES, study_instance_uid) as (view, asked):
            search = asked.of_series(series_instance_uid)
            query = search.query
            study, series = await find_series(view, search.scope, study_instance_uid, series_instance_uid)
            if query.needs_metadata or query.narrowed:
                return await search.answer(await self._instances(view, search.within(study), levels=0))
            rows = await listed_instances(
                view, series.series_key, query.instances, limit=search.limit, offset=query.offset
            )
        body = InstanceList(study, series, search.root).written(rows[: query.limit])
        return await search.answer_written(body, more=len(rows) > query.limit)

    async def _instances(self, view: AsyncSession, search: Search, *, levels: int) -> list[Result]:
        query, root = search.query, search.root

        async def page(limit: int, offset: int) -> list[tuple[Study, Series, Instance]]:
            return await search_instances(
                view,
                search.scope,
                query.studies,
                query.series,
                query.instances,
                limit=limit,
                offset=offset,
                metadata=query.needs_metadata,
            )

        async def stored(found: Sequence[tuple[Study, Series, Instance]]) -> list[bytes]:
            return [instance.metadata_json for _, _, instance in found]

        rows = await matching_rows(search, page, stored)
        results: list[Result] = []
        for study, series, instance in rows:
            above = (study_result(study, root) if levels > 1 else {}) | (
                series_result(study, series, root) if levels else {}
            )
            results.append(above | instance_result(study, series, instance, root))
        if not query.fields:
            return results
        return await run_in_threadpool(all_with_fields, results, await stored(rows), query.fields, None)


async def matching_rows(
    search: Search,
    page: Callable[[int, int], Awaitable[list[Row]]],
    stored: Callable[[Sequence[Row]], Awaitable[list[bytes]]],
) -> list[Row]:
    """One page of rows, and one row more when there is one.

    Keys without a column are matched in what is stored, batch by batch. Raises QueryRefused when the
    other keys let too much through.
    """
    query = search.query
    if not query.further:
        return await page(search.limit, query.offset)
    found: list[Row] = []
    for start in range(0, SCANNED_MAX, SCANNED_BATCH):
        rows = await page(SCANNED_BATCH, start)
        fits = await run_in_threadpool(_fits, query.further, await stored(rows))
        found += [row for row, fit in zip(rows, fits, strict=True) if fit]
        if len(rows) < SCANNED_BATCH or len(found) >= query.offset + search.limit:
            return found[query.offset : query.offset + search.limit]
    raise QueryRefused(
        parameter=query.further[0].path, fault=f"is looked for among more than {SCANNED_MAX}: say more"
    )


def _fits(keys: tuple[Further, ...], stored: Sequence[bytes]) -> list[bool]:
    return [matches_all(keys, unpacked(one)) for one in stored]
