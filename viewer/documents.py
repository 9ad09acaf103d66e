"""Data sets without bulk values as answers: DICOM JSON, or the Native DICOM Model in parts."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from fastapi import Request, Response
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool

from viewer.content_coding import json_answer
from viewer.media_types import DICOM_JSON, DICOM_XML, JSON, MediaRange, NotAcceptable, accept_of, accepted_in
from viewer.native_xml import native_xml
from viewer.wado_parts import multipart

XML_PARTS = f'multipart/related; type="{DICOM_XML}"'
DOCUMENTS = (DICOM_JSON, JSON, XML_PARTS)


def document_type(request: Request) -> str:
    """DICOM_JSON, JSON or XML_PARTS, whichever is wanted most (PS3.18 8.7.3.2). Raises NotAcceptable."""
    return _document_type(accept_of(request))


@lru_cache(maxsize=256)
def _document_type(text: str) -> str:
    ranges = accepted_in(text)
    wanted = {one: _quality(ranges, one) for one in DOCUMENTS}
    best = max(DOCUMENTS, key=lambda one: wanted[one])
    if not wanted[best]:
        raise NotAcceptable(offered=list(DOCUMENTS))
    return best


def _quality(ranges: Sequence[MediaRange], offered: str) -> float:
    parts = offered == XML_PARTS
    kind = DICOM_XML if parts else offered
    return max((one.quality for one in ranges if one.is_multipart == parts and one.matches(kind)), default=0)


async def answer_documents(
    request: Request, array: bytes, media_type: str, headers: dict[str, str]
) -> Response:
    """A JSON array of data sets in the form that `document_type` chose; no data set in parts is 204."""
    if media_type != XML_PARTS:
        return await json_answer(request, array, media_type, headers)
    documents = await run_in_threadpool(json.loads, array)
    if not documents:
        return Response(status_code=204, headers=headers)
    return multipart(((DICOM_XML, [native_xml(one)]) for one in documents), DICOM_XML, headers)


def written(documents: Sequence[dict[str, Any]]) -> bytes:
    """Data sets as a JSON array."""
    return to_json(documents)
