"""AppError → RFC 9457 problem details, the only place where refusals become HTTP statuses."""

import inspect
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError
from starlette.exceptions import HTTPException

from config.kernel.errors import AppError, Conflict, Kind, VersionPassed
from config.logging import request_id

logger = logging.getLogger(__name__)

FIELDS_NAMED_MAX = 50
FIELD_CHARACTERS_MAX = 80

STATUS: Mapping[Kind, HTTPStatus] = {
    Kind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Kind.CONFLICT: HTTPStatus.CONFLICT,
    Kind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Kind.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Kind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}


DICOMWEB_ROOT = "/dicom-web/"
SPECIAL: Mapping[str, HTTPStatus] = {
    "calls.too_many_tries": HTTPStatus.TOO_MANY_REQUESTS,
    "dicom.over_quota": HTTPStatus.INSUFFICIENT_STORAGE,
    "dicomweb.frame_list_refused": HTTPStatus.BAD_REQUEST,
    "dicomweb.media_type_refused": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "dicomweb.multipart_refused": HTTPStatus.BAD_REQUEST,
    "dicomweb.not_acceptable": HTTPStatus.NOT_ACCEPTABLE,
    "dicomweb.query_refused": HTTPStatus.BAD_REQUEST,
    "general.metrics_forbidden": HTTPStatus.UNAUTHORIZED,
    "dicomweb.rendering_refused": HTTPStatus.BAD_REQUEST,
    "objects.full": HTTPStatus.INSUFFICIENT_STORAGE,
    "identity.signed_out": HTTPStatus.UNAUTHORIZED,
    "identity.wrong_password": HTTPStatus.UNAUTHORIZED,
    VersionPassed.code: HTTPStatus.PRECONDITION_FAILED,
}


ALONGSIDE: Mapping[HTTPStatus, Mapping[str, str]] = {
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "5"},
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": 'Bearer realm="lianzhen"'},
}
"""Headers that belong to a status (RFC 9110 10.2.3, 11.6.1)."""
WAIT = "retry_after_seconds"
"""The parameter of a refusal that knows how long to wait."""


def problem(status: HTTPStatus, code: str, detail: str, params: Mapping[str, Any]) -> JSONResponse:
    """One problem document; `number` is the short request id a person can quote."""
    body = {
        "type": f"urn:lianzhen:problem:{code}",
        "title": status.phrase,
        "status": status.value,
        "code": code,
        "detail": detail,
        "params": dict(params),
        "number": request_id.get()[:8],
    }
    headers = dict(ALONGSIDE.get(status, {}))
    if WAIT in params:
        headers["Retry-After"] = str(params[WAIT])
    return JSONResponse(body, status.value, headers, media_type="application/problem+json")


def status_of(error: AppError) -> HTTPStatus:
    """The HTTP status of a refusal."""
    return SPECIAL.get(error.code, STATUS[error.kind])


async def app_error(_request: Request, error: Exception) -> JSONResponse:
    """The answer to a refusal."""
    if not isinstance(error, AppError):
        raise error
    return problem(status_of(error), error.code, error.args[0], error.params)


async def _validation_error(request: Request, error: Exception) -> JSONResponse:
    """Names each field and rule, never echoes the value: it may be a patient's.

    Clients of DICOMweb know 400 for what is malformed (PS3.18 8.5), not 422.
    """
    if not isinstance(error, RequestValidationError):
        raise error
    fields = [
        {
            "field": ".".join(str(part) for part in fault["loc"][1:])[:FIELD_CHARACTERS_MAX],
            "rule": fault["type"],
            "text": fault["msg"],
        }
        for fault in error.errors()
    ]
    dicomweb = request.url.path.startswith(DICOMWEB_ROOT)
    return problem(
        HTTPStatus.BAD_REQUEST if dicomweb else HTTPStatus.UNPROCESSABLE_ENTITY,
        "general.fields_refused",
        "Some fields do not follow their rules.",
        {"fields": fields[:FIELDS_NAMED_MAX]},
    )


async def _http_error(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    answer = problem(status, f"general.http_{status.value}", status.phrase, {})
    answer.headers.update(error.headers or {})
    return answer


async def _two_at_once(_request: Request, error: Exception) -> JSONResponse:
    """Two writers met at a unique key: the later one looks again. The driver's text may name values."""
    logger.warning("request.conflict", extra={"error": type(error).__name__})
    return problem(HTTPStatus.CONFLICT, Conflict.code, inspect.getdoc(Conflict) or "", {})


async def _unexpected(_request: Request, error: Exception) -> JSONResponse:
    logger.error("request.failed", exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "general.unexpected", "This step was not done.", {})


def install(app: FastAPI) -> None:
    """Teach `app` to answer refusals as problem details."""
    app.add_exception_handler(AppError, app_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(IntegrityError, _two_at_once)
    app.add_exception_handler(Exception, _unexpected)
