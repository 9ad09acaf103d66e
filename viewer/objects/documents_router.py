"""The route of a document that came with a study: fetched when somebody wants to read it."""

import asyncio

from fastapi import Request, Response

from config.kernel.errors import Invalid, NotFound, TooLarge
from config.kernel.limits import MIB
from config.routing import Router
from dicom_node.archive.queries import find_instance
from dicom_node.archive.reader import value_bytes
from dicom_node.archive.tables import Instance
from viewer.access import ViewerPorts
from viewer.conditional import unchanged
from viewer.media_types import OCTETS
from viewer.objects.classes import DOCUMENTS
from viewer.objects.documents_read import document_place
from viewer.objects.router import Uid
from viewer.wado_parts import REVALIDATE, tag_of

EDITION = "document-1"
DOCUMENT_BYTES_MAX = 128 * MIB
NEVER_A_PAGE = {"Content-Disposition": "attachment", "Content-Security-Policy": "sandbox; default-src 'none'"}
"""Whoever opens the address gets a file: what somebody else wrote is never run as a page of ours."""


class NotADocument(Invalid):
    """This object is no encapsulated document."""

    code = "objects.not_a_document"


class DocumentMissing(NotFound):
    """There is no document in this object."""

    code = "objects.document_missing"


class DocumentTooLarge(TooLarge):
    """A document is larger than what is shown."""

    code = "objects.document_too_large"


def documents_router(ports: ViewerPorts, bytes_max: int = DOCUMENT_BYTES_MAX) -> Router:
    """The route of encapsulated documents of at most so many bytes."""
    service = _DocumentsService(ports, bytes_max)
    router = Router(prefix="/api", tags=["reading"])
    router.add_api_route(
        "/studies/{study_instance_uid}/documents/{sop_instance_uid}",
        service.study_document,
        response_class=Response,
        responses={200: {"content": {OCTETS: {}}}},
    )
    return router


class _DocumentsService:
    def __init__(self, ports: ViewerPorts, bytes_max: int) -> None:
        self._ports, self._bytes_max = ports, bytes_max

    async def study_document(
        self, request: Request, study_instance_uid: Uid, sop_instance_uid: Uid
    ) -> Response:
        """A document as it came, in its own media type, unless a browser would run that; `ETag` names it."""
        async with self._ports.access.reading(request, study_instance_uid) as (view, scope):
            instance = await find_instance(view, scope, study_instance_uid, sop_instance_uid)
        if instance.sop_class_uid not in DOCUMENTS:
            raise NotADocument(sop_class_uid=instance.sop_class_uid)
        headers = REVALIDATE | NEVER_A_PAGE | {"ETag": tag_of(instance, EDITION, weak=False)}
        if unchanged(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        media_type, content = await asyncio.to_thread(self._content, instance)
        return Response(content, media_type=media_type, headers=headers)

    def _content(self, instance: Instance) -> tuple[str, bytes]:
        """The media type and the bytes. Raises DocumentMissing, DocumentTooLarge, errors of the archive."""
        media_type, place = document_place(instance)
        if not isinstance(place, bytes):
            if place.end - place.start > self._bytes_max:
                raise DocumentTooLarge(bytes_max=self._bytes_max)
            place = value_bytes(self._ports.objects, instance, place.start, place.end)
        if not place:
            raise DocumentMissing
        return media_type, place
