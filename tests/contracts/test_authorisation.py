"""Every route × everybody: who may do what. A route without a row fails, and a row without a route."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from asgi_lifespan import LifespanManager
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.routing import BaseRoute, Mount
from starlette.types import Message, Scope

from config.kernel.database import Database
from consult_server.app import make_app
from consult_server.calls.tries import Tries
from consult_server.consults.domain import Status
from consult_server.identity.passwords import Passwords
from consult_server.identity.service import COMMAND_LINE, create_token
from dicom_node.archive.tables import Quarantine
from tests.factories import annotations, hanging
from tests.factories.aside import Intake
from tests.factories.cases import REPORT, STUDY_UID, Case, Desk, desks, ok
from tests.factories.states import cases_in
from tests.factories.transfers import RULE, a_rule, a_waiting_job
from tests.fixtures.product import ORIGIN, PASSWORD, QUICK_HASHES, Product, Unhurried

ACTORS = (
    "anonymous",
    "applicant",
    "technician",
    "foreign_applicant",
    "coordinator",
    "specialist",
    "auditor",
    "administrator",
    "token",
)
UNKNOWN_ID = "00000000-0000-7000-8000-000000000000"
KNOWN_BY = {"{consult_id}", "{study_instance_uid}", "{account_id}", "{exam_id}"}
UNKNOWN_UID = "1.2.3.4.5.6"
SERIES, INSTANCE = f"{STUDY_UID}.1", f"{STUDY_UID}.1.1"


@dataclass(frozen=True)
class Row:
    """How a route is asked, and what each actor is answered, in the order of ACTORS."""

    statuses: str
    case: Status | None = None
    json: dict[str, Any] | None = None
    query: dict[str, str] = field(default_factory=dict)
    version: int = 0

    def expected(self) -> dict[str, str]:
        """For each actor the status, or `status:code` where the code tells who got further."""
        return dict(zip(ACTORS, self.statuses.split(), strict=True))


WORD = {"reason": "因为"}
TEXT = {"template_id": "ct_chest", "sections": REPORT, "positive": True}
INSTITUTION = {
    "name": "白水镇卫生院",
    "level": "township",
    "runs_centre": False,
    "issuer_of_patient_id": "BSZX",
    "phone": "",
}
PLACE = {"host": None, "port": 1, "enabled": True, "certificate": None, "tls": False, "availability": False}
PATIENT = {
    "identifier": "N1",
    "name": "单建国",
    "sex": "M",
    "birth_date": "1961-03-14",
    "id_no": "",
    "phone": "",
}
EXAM = {
    "modality": "CT",
    "body_part": "CHEST",
    "procedure": "胸部平扫",
    "reason": "咳嗽",
    "urgency": "routine",
    "scheduled_at": "2026-03-03T10:00:00+08:00",
    "station_ae_title": "",
}
KEPT = {"institution_id": None, "source_ae_title": None, "modality": None, "keep_months": 180}
SEALED = {"institution_id": UNKNOWN_ID, "study": "A1", "reason": "争议"}
APPROVED = {"digest": "0" * 64, "reason": "到期"}
WHOSE = {"ae_title": "NEAR_PACS", "patient_id": UNKNOWN_ID}
LINK = {"invitation": "x" * 32}
REDEEM = LINK | {"identity_tail": "", "consent": {"consult": True, "recording": False}}
CONSULT, STUDY = "/api/consults/{consult_id}", "/dicom-web/studies/{study_instance_uid}"
SERIES_PATH = STUDY + "/series/{series_instance_uid}"
INSTANCE_PATH = SERIES_PATH + "/instances/{sop_instance_uid}"
FRAMES = "/frames/{frame_list}"
IMAGES, PACK = "/api/studies/{study_instance_uid}", "/api/packs/{pack_id}/{study_instance_uid}"

# anonymous, applicant, technician, foreign applicant, coordinator, assigned reader, another, admin, API token
PUBLIC = "200 200 200 200 200 200 200 200 200"
SIGNED_IN = "401 200 200 200 200 200 200 200 200"
CLINICAL = "401 200 200 200 200 200 200 403 200"
ADMINISTRATOR = "401 403 403 403 403 403 403 200 403"
ORDERING = "401 200 200 200 403 403 403 403 403"
KEEPERS = "401 403 200 403 403 403 403 200 403"
AUTHOR = "401 200 403 404 404 404 404 404 404"
CENTRE = "401 403 403 404 200 404 404 404 404"
READER = "401 403 403 404 403 200 404 404 200"
PARTIES = "401 200 200 404 200 200 404 404 200"
IMAGE_PARTIES = "401 200 200 404 200 200 200 404 200"  # the other reader may claim an accepted case

NO_REPORT = "404:reports.not_found"
UNSIGNED = f"401 {NO_REPORT} {NO_REPORT} 404 {NO_REPORT} 200 404 404 200"
STORING = CLINICAL.replace("200", "415:dicomweb.media_type_refused")


def instead(statuses: str, success: object) -> str:
    """The same people, another success."""
    return statuses.replace("200", str(success))


ROWS: dict[str, list[Row]] = {
    "GET /health/live": [Row(PUBLIC)],
    "GET /health/ready": [Row(PUBLIC)],
    "GET /metrics": [Row(instead(PUBLIC, "401:general.metrics_forbidden"))],
    "POST /api/sessions": [Row(instead(PUBLIC, 401), json={"user": "nobody", "password": PASSWORD})],
    "DELETE /api/sessions/current": [Row(instead(SIGNED_IN, 204))],
    "GET /api/me": [Row(SIGNED_IN)],
    "PUT /api/me/locale": [Row(instead(SIGNED_IN, 204), json={"locale": "en"})],
    "PUT /api/me/password": [
        Row(instead(SIGNED_IN, 204), json={"current": PASSWORD, "new": "another good password"})
    ],
    "GET /api/specialists": [Row("401 403 403 403 200 403 403 403 403")],
    "POST /api/bootstrap": [
        Row(
            instead(PUBLIC, 404),
            json={
                "token": "x" * 43,
                "user": "root",
                "name": "某",
                "password": PASSWORD,
                "institution_name": "某院",
            },
        )
    ],
    "GET /api/institutions": [Row(SIGNED_IN)],
    "POST /api/institutions": [Row(instead(ADMINISTRATOR, 201), json=INSTITUTION)],
    "GET /api/agreements": [Row(SIGNED_IN)],
    "POST /api/agreements": [
        Row(
            instead(ADMINISTRATOR, 201),
            json={
                "inviting_institution_id": "{city}",
                "invited_institution_id": "{county}",
                "service_lines": ["ecg"],
                "valid_from": "2026-01-01",
                "valid_to": "2026-12-31",
            },
        )
    ],
    "GET /api/accounts": [Row(ADMINISTRATOR)],
    "POST /api/accounts": [
        Row(
            instead(ADMINISTRATOR, 201),
            json={
                "user": "new.person",
                "name": "新",
                "institution_id": "{county}",
                "roles": ["specialist"],
                "title": "",
                "department": "",
                "service_lines": [],
                "password": "a long enough one",
            },
        )
    ],
    "PUT /api/accounts/{account_id}/active": [Row(ADMINISTRATOR, json={"active": False})],
    "GET /api/peers": [Row(ADMINISTRATOR)],
    "POST /api/peers": [
        Row(
            instead(ADMINISTRATOR, 201),
            json={"ae_title": "NEW_PACS", "institution_id": "{county}", "host": None, "port": None},
        )
    ],
    "PUT /api/peers/{ae_title:path}": [Row(ADMINISTRATOR, json=PLACE)],
    "POST /api/peers/{ae_title:path}/echo": [Row(instead(ADMINISTRATOR, "409:dicom.peer_not_dialable"))],
    "DELETE /api/peers/{ae_title:path}": [Row(instead(ADMINISTRATOR, 204))],
    "GET /api/receiving": [Row(ADMINISTRATOR)],
    "GET /api/quarantine": [Row(KEEPERS)],
    "GET /api/quarantine/waiting": [Row(KEEPERS)],
    "GET /api/quarantine/{quarantine_id}/file": [Row(ADMINISTRATOR)],
    "POST /api/quarantine/{quarantine_id}/retry": [Row(KEEPERS)],
    "POST /api/quarantine/{quarantine_id}/discard": [Row(instead(KEEPERS, 204), json=WORD)],
    "GET /api/rejections": [Row(KEEPERS)],
    "POST /api/rejections/{note_id}/withdraw": [
        Row(instead(ADMINISTRATOR, "404:dicom.rejection_note_not_found"), json=WORD)
    ],
    "GET /api/transfers": [Row(KEEPERS)],
    "POST /api/transfers": [
        Row(
            "401 201 201 404 201 201 201 403 201",
            Status.ACCEPTED,
            {"study_instance_uid": STUDY_UID, "ae_title": "NEAR_PACS", "commitment": False},
        )
    ],
    "POST /api/transfers/{transfer_id}/cancel": [Row(KEEPERS)],
    "POST /api/transfers/{transfer_id}/again": [Row(KEEPERS)],
    "GET /api/destinations": [Row(SIGNED_IN)],
    "GET /api/forward-rules": [Row(ADMINISTRATOR)],
    "POST /api/forward-rules": [Row(instead(ADMINISTRATOR, 201), json=RULE | {"modality": "MR"})],
    "PUT /api/forward-rules/{rule_id}": [Row(ADMINISTRATOR, json={"enabled": False, "commitment": True})],
    "DELETE /api/forward-rules/{rule_id}": [Row(instead(ADMINISTRATOR, 204))],
    "POST /api/priors/search": [Row(instead(CLINICAL, "404:patients.not_found"), json=WHOSE)],
    "POST /api/priors": [
        Row(instead(CLINICAL, "404:patients.not_found"), json=WHOSE | {"studies": ["1.2.3"]})
    ],
    "GET /api/storage": [Row(ADMINISTRATOR)],
    "GET /api/storage/faults": [Row(ADMINISTRATOR)],
    "PUT /api/storage/quotas/{institution_id}": [Row(instead(ADMINISTRATOR, 204), json={"quota_bytes": 1})],
    "GET /api/retention": [Row(ADMINISTRATOR)],
    "GET /api/retention/preview": [Row(ADMINISTRATOR)],
    "GET /api/retention/holds": [Row(ADMINISTRATOR)],
    "POST /api/retention/rules": [Row(instead(ADMINISTRATOR, 201), json=KEPT)],
    "DELETE /api/retention/rules/{rule_id}": [Row(instead(ADMINISTRATOR, 404))],
    "POST /api/retention/holds": [Row(instead(ADMINISTRATOR, 404), json=SEALED)],
    "POST /api/retention/holds/{hold_id}/lift": [Row(instead(ADMINISTRATOR, 404), json=WORD)],
    "POST /api/retention/destructions": [Row(instead(ADMINISTRATOR, 409), json=APPROVED)],
    "GET /api/retention/destructions/{destruction_id}": [Row(ADMINISTRATOR)],
    "GET /api/patients": [Row(CLINICAL)],
    "POST /api/patients": [Row(instead(CLINICAL, 201), json=PATIENT)],
    "GET /api/exams": [Row(ORDERING)],
    "GET /api/exams/stations": [Row(ORDERING)],
    "POST /api/exams": [
        Row("401 201 403 404 403 403 403 403 403", json=EXAM | {"patient_id": "{patient_id}"})
    ],
    "GET /api/consults/{consult_id}/exams": [Row("401 200 200 404 404 404 404 404 404", Status.DRAFT)],
    "GET /api/exams/{exam_id}": [Row("401 200 200 404 403 403 403 403 403")],
    "PUT /api/exams/{exam_id}": [Row("401 200 403 404 403 403 403 403 403", json=EXAM, version=1)],
    "POST /api/exams/{exam_id}/cancel": [Row("401 200 403 404 403 403 403 403 403", json=WORD, version=1)],
    "GET /api/worklist": [Row(CLINICAL)],
    "GET /api/arrivals": [Row(CLINICAL)],
    "POST /api/consults": [Row("401 201 403 201 403 403 403 403 403", json={"case_kind": "consult"})],
    f"GET {CONSULT}": [
        Row("401 200 200 404 404 404 404 404 404", Status.DRAFT),
        Row("401 200 200 404 200 404 404 404 404", Status.SUBMITTED),
        Row(IMAGE_PARTIES, Status.ACCEPTED),
        Row(PARTIES, Status.ASSIGNED),
        Row(PARTIES, Status.REPORTING),
        Row(PARTIES, Status.SIGNED),
    ],
    f"PATCH {CONSULT}": [Row(AUTHOR, Status.DRAFT, {"history": "新"})],
    f"DELETE {CONSULT}": [Row(instead(AUTHOR, 204), Status.DRAFT)],
    f"POST {CONSULT}/submit": [Row(AUTHOR, Status.DRAFT)],
    f"POST {CONSULT}/withdraw": [Row("401 200 403 404 403 404 404 404 404", Status.SUBMITTED, WORD)],
    f"POST {CONSULT}/accept": [Row(CENTRE, Status.SUBMITTED)],
    f"POST {CONSULT}/return": [Row(CENTRE, Status.SUBMITTED, WORD), Row(READER, Status.REPORTING, WORD)],
    f"POST {CONSULT}/decline": [Row(CENTRE, Status.SUBMITTED, WORD)],
    f"POST {CONSULT}/assign": [
        Row("401 403 403 404 200 403 403 404 403", Status.ACCEPTED, {"specialist_id": "{specialist}"})
    ],
    f"POST {CONSULT}/claim": [Row("401 403 403 404 403 200 200 404 200", Status.ACCEPTED)],
    f"POST {CONSULT}/start": [Row(READER, Status.ASSIGNED)],
    f"POST {CONSULT}/abandon": [Row(READER, Status.REPORTING, WORD)],
    f"POST {CONSULT}/adopt": [
        Row("401 200 403 404 403 403 404 404 403", Status.SIGNED, {"outcome": "adopted"})
    ],
    "GET /api/report-templates": [Row(SIGNED_IN)],
    f"GET {CONSULT}/report": [Row(UNSIGNED, Status.REPORTING), Row(PARTIES, Status.SIGNED)],
    f"PUT {CONSULT}/report": [Row(READER, Status.REPORTING, TEXT, version=1)],
    f"POST {CONSULT}/report/preview": [Row(READER, Status.REPORTING, version=1)],
    f"POST {CONSULT}/report/sign": [Row(READER, Status.REPORTING, {"password": PASSWORD}, version=1)],
    f"GET {CONSULT}/report.pdf": [
        Row(instead(UNSIGNED, NO_REPORT), Status.REPORTING),
        Row(PARTIES, Status.SIGNED),
    ],
    f"POST {CONSULT}/call": [Row("401 200 403 404 200 200 404 403 200", Status.REPORTING)],
    f"POST {CONSULT}/invitations": [Row("401 201 403 404 201 201 404 403 201", Status.REPORTING)],
    "POST /api/invitations/preview": [Row(instead(PUBLIC, 404), json=LINK)],
    "POST /api/invitations/redeem": [Row(instead(PUBLIC, 404), json=REDEEM)],
    "GET /api/live": [Row(SIGNED_IN)],
    "GET /dicom-web/studies": [Row(SIGNED_IN)],
    "GET /dicom-web/series": [Row(SIGNED_IN)],
    "GET /dicom-web/instances": [Row(SIGNED_IN)],
    f"GET {STUDY}/series": [Row(IMAGE_PARTIES)],
    f"GET {STUDY}/instances": [Row(IMAGE_PARTIES)],
    f"GET {SERIES_PATH}/instances": [Row(IMAGE_PARTIES)],
    f"GET {STUDY}": [Row(IMAGE_PARTIES)],
    f"GET {STUDY}/metadata": [Row(IMAGE_PARTIES)],
    f"GET {SERIES_PATH}": [Row(IMAGE_PARTIES)],
    f"GET {SERIES_PATH}/metadata": [Row(IMAGE_PARTIES)],
    f"GET {INSTANCE_PATH}": [Row(IMAGE_PARTIES)],
    f"GET {INSTANCE_PATH}/metadata": [Row(IMAGE_PARTIES)],
    f"GET {INSTANCE_PATH}/frames/{{frame_list}}": [Row(IMAGE_PARTIES)],
    f"GET {INSTANCE_PATH}/bulkdata/{{place}}": [Row(instead(IMAGE_PARTIES, "404:dicom.bulk_data_not_found"))],
    f"GET {INSTANCE_PATH}/pixeldata": [Row(IMAGE_PARTIES)],
    f"GET {STUDY}/rendered": [Row(IMAGE_PARTIES)],
    f"GET {SERIES_PATH}/rendered": [Row(IMAGE_PARTIES)],
    **{
        f"GET {path}": [Row(instead(IMAGE_PARTIES, "409:dicomweb.frame_undecodable"))]
        for path in (
            f"{STUDY}/thumbnail",
            f"{SERIES_PATH}/thumbnail",
            *(f"{INSTANCE_PATH}{part}/{tail}" for part in ("", FRAMES) for tail in ("rendered", "thumbnail")),
        )
    },
    "POST /dicom-web/studies": [Row(STORING)],
    f"POST {STUDY}": [Row(STORING)],
    f"GET {IMAGES}/manifest": [Row(IMAGE_PARTIES)],
    **{
        f"GET {PACK}/{records}/{{first}}-{{last}}": [Row(instead(IMAGE_PARTIES, "404:viewer.pack_not_found"))]
        for records in ("frames", "previews")
    },
    f"GET {IMAGES}/series/{{series_instance_uid}}/thumbnail": [
        Row(instead(IMAGE_PARTIES, "404:viewer.thumbnail_not_found"))
    ],
    f"GET {IMAGES}/ecgs": [Row(IMAGE_PARTIES)],
    f"GET {IMAGES}/ecgs/{{sop_instance_uid}}": [Row(instead(IMAGE_PARTIES, "422:ecg.not_an_ecg"))],
    "GET /api/openapi.json": [Row(SIGNED_IN)],
} | {
    f"{method} /{root}/{{_rest:path}}": [Row(instead(PUBLIC, 404))]
    for root in ("api", "dicom-web")
    for method in ("DELETE", "GET", "PATCH", "POST", "PUT")
}

ROWS |= {name: [Row(**row)] for name, row in (annotations.ROWS | hanging.ROWS).items()}

# HEAD is answered as GET, without the body that would name a code.
ROWS |= {
    name.replace("GET", "HEAD", 1): [
        replace(row, statuses=re.sub(r":[\w.]+", "", row.statuses)) for row in rows
    ]
    for name, rows in ROWS.items()
    if name.startswith("GET /dicom-web/") and "_rest" not in name
}


def routes(found: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, APIRoute]]:
    """Every route of an application with its whole path, those of included routers too."""
    for route in found:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes(inner.routes, prefix + route.include_context.prefix)  # type: ignore[attr-defined]
        elif isinstance(route, APIRoute):
            yield prefix + route.path, route


def named(found: list[BaseRoute]) -> set[str]:
    """Every `METHOD path`."""
    return {f"{method} {path}" for path, route in routes(found) for method in sorted(route.methods or ())}


class Undone(Database):
    """A database whose every transaction does its work and is then rolled back."""

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One transaction of which nothing stays."""
        async with super().write() as tx:
            yield tx
            await tx.flush()
            await tx.rollback()


@dataclass
class Hospital:
    """An application in which nothing lasts, a client for each actor, and what the rows speak of."""

    app: FastAPI
    clients: dict[str, httpx.AsyncClient]
    cases: dict[Status, Case]
    words: dict[str, str]

    def url(self, path: str, row: Row, *, unknown: bool = False) -> str:
        """A row's address: of the case and study that exist, or of some that do not."""
        words = self.words | {"consult_id": self.cases[row.case]["consult_id"] if row.case else ""}
        if unknown:
            words |= dict.fromkeys(("consult_id", "account_id", "exam_id"), UNKNOWN_ID)
            words |= {"study_instance_uid": UNKNOWN_UID}
        return re.sub(r"\{(\w+)(?::path)?\}", lambda found: words[found[1]], path)

    async def ask(self, actor: str, name: str, row: Row, *, unknown: bool = False) -> httpx.Response:
        """One actor's request."""
        method, path = name.split(" ")
        version = row.version or (self.cases[row.case]["version"] if row.case else 0)
        body = row.json and {
            key: value.format(**self.words) if isinstance(value, str) else value
            for key, value in row.json.items()
        }
        client = self.clients[actor]
        request = client.build_request(
            method,
            self.url(path, row, unknown=unknown),
            json=body,
            headers={"If-Match": f'"{version}"'} | dict(client.headers),
        )
        if path == "/api/live":
            return await first_words(self.app, request)
        return await client.send(request)


async def first_words(app: FastAPI, request: httpx.Request) -> httpx.Response:
    """The answer to a request whose sender goes away as soon as it begins."""
    started = asyncio.Event()
    status = 0

    async def receive() -> Message:
        await started.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            started.set()

    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.url.path,
        "raw_path": request.url.raw_path,
        "query_string": b"",
        "headers": [(key.lower(), value) for key, value in request.headers.raw],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8080),
    }
    await app(scope, receive, send)
    return httpx.Response(status)


async def an_order(desk: Desk) -> tuple[str, str]:
    """The township's patient and an examination of theirs, by their ids."""
    (patient,) = ok(await desk.applicant.get("/api/patients"))
    ordered = EXAM | {"patient_id": patient["patient_id"]}
    exam = ok(await desk.applicant.post("/api/exams", json=ordered))
    return patient["patient_id"], exam["exam_id"]


SAME_FOR_ALL = {
    "note_id": "no-such-note",
    "hold_id": UNKNOWN_ID,
    "destruction_id": UNKNOWN_ID,
    "study_instance_uid": STUDY_UID,
    "series_instance_uid": SERIES,
    "sop_instance_uid": INSTANCE,
    "frame_list": "1",
    "place": "pixels",
    "pack_id": "0" * 64,
    "first": "0",
    "last": "0",
    "_rest": "no/such/thing",
} | annotations.WORDS
"""What stands in an address wherever a test asks."""
SAME_FOR_ALL |= hanging.WORDS


async def a_hospital(product: Product) -> Hospital:
    """Cases in every state, then an application on the same database that changes nothing any more."""
    desk = await desks(product)
    states = (
        Status.DRAFT,
        Status.SUBMITTED,
        Status.ACCEPTED,
        Status.ASSIGNED,
        Status.REPORTING,
        Status.SIGNED,
    )
    cases = await cases_in(product, desk, *states)
    peer = {"ae_title": "OLD_PACS", "institution_id": product.places["county"], "host": None, "port": None}
    ok(await (await product.signed_in("administrator")).post("/api/peers", json=peer))
    patient_id, exam_id = await an_order(desk)
    await Intake(product).sent(b"no data set", "1.2.3")
    async with product.platform.database.read() as view:
        aside = await view.scalar(select(Quarantine.quarantine_id))
    async with product.platform.database.write() as tx:
        token = await create_token(tx, COMMAND_LINE, "specialist", product.clock.now())
    undone = Undone(product.platform.database.url)
    product.stack.push_async_callback(undone.close)
    app = make_app(
        replace(product.platform, database=undone), passwords=Passwords(QUICK_HASHES), decoders=Unhurried()
    )
    app.state.invitation_tries = Tries(at_most=1000, seconds=60, monotonic_seconds=time.monotonic)
    cookies = {actor: dict((await product.signed_in(actor)).cookies) for actor in ACTORS[1:-1]} | {
        "anonymous": {},
        "token": {},
    }
    await product.stack.enter_async_context(LifespanManager(app))
    clients = {
        actor: await product.stack.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
                base_url=ORIGIN,
                headers={"Origin": ORIGIN}
                | ({"Authorization": f"Bearer {token}"} if actor == "token" else {}),
                cookies=held,
            )
        )
        for actor, held in cookies.items()
    }
    words = {
        **product.places,
        "specialist": product.accounts["specialist"],
        "account_id": product.accounts["auditor"],
        "ae_title": "OLD_PACS",
        "rule_id": await a_rule(product),
        "transfer_id": await a_waiting_job(product),
        "quarantine_id": str(aside),
        "institution_id": product.places["city"],
        "patient_id": patient_id,
        "exam_id": exam_id,
        **SAME_FOR_ALL,
    }
    return Hospital(app, clients, cases, words)


def code_of(answer: httpx.Response) -> str:
    """A problem's code; '' for any other answer."""
    is_problem = answer.headers.get("content-type") == "application/problem+json"
    return str(answer.json()["code"]) if is_problem and answer.content else ""


def told_of(answer: httpx.Response) -> dict[str, Any]:
    """A problem's body but for the number of the request and the identifier that was asked for."""
    body = answer.text
    for identifier in (STUDY_UID, UNKNOWN_UID):
        body = body.replace(f'"{identifier}"', '"…"')
    return {key: value for key, value in json.loads(body).items() if key != "number"}


async def test_everybody_is_answered_as_the_matrix_says(product: Product) -> None:
    hospital = await a_hospital(product)
    assert named(hospital.app.router.routes) == set(ROWS), "every route has a row, every row a route"
    wrong = {}
    for name, rows in ROWS.items():
        for row in rows:
            for actor, status in row.expected().items():
                answer = await hospital.ask(actor, name, row)
                told = code_of(answer)
                if f"{answer.status_code}{f':{told}' if ':' in status else ''}" != status:
                    wrong[name, row.case, actor] = (status, answer.status_code, told)
    assert wrong == {}


async def test_what_one_may_not_know_is_answered_as_what_does_not_exist(product: Product) -> None:
    hospital = await a_hospital(product)
    compared, wrong = 0, {}
    for name, rows in ROWS.items():
        if not KNOWN_BY & set(re.findall(r"\{\w+\}", name)):
            continue
        for row in rows:
            for actor, status in row.expected().items():
                if not status.startswith(("404", "401")) or status.count(":") or name.startswith("HEAD"):
                    continue
                known = await hospital.ask(actor, name, row)
                unknown = await hospital.ask(actor, name, row, unknown=True)
                compared += 1
                if (known.status_code, told_of(known)) != (unknown.status_code, told_of(unknown)):
                    wrong[name, row.case, actor] = (known.text, unknown.text)
                assert "仇" not in known.text
    assert wrong == {}
    assert compared > 150


async def test_an_ended_sign_in_opens_no_route(product: Product) -> None:
    """A cookie of yesterday is told so: 401, `identity.signed_out`, on every route but the public ones."""
    hospital = await a_hospital(product)
    product.clock.advance(hours=product.platform.settings.session.lifetime_hours, seconds=1)
    for name, rows in ROWS.items():
        for row in rows:
            if row.expected()["anonymous"] != "401" or name == "POST /api/sessions":
                continue
            answer = await hospital.ask("coordinator", name, row)
            assert answer.status_code == 401, name
            if name != "GET /api/live" and not name.startswith("HEAD"):
                assert answer.json()["code"] == "identity.signed_out", name


async def test_a_route_without_a_row_would_be_found(product: Product) -> None:
    app = FastAPI()
    inner = APIRouter(prefix="/inner")

    @inner.get("/planted")
    async def planted() -> None: ...

    outer = APIRouter(prefix="/outer")
    outer.include_router(inner)
    app.include_router(outer)
    assert named(app.router.routes) == {"GET /outer/inner/planted"}
    mounts = {route.path for route in product.app.router.routes if isinstance(route, Mount)}
    assert mounts == {"/signaling", ""}, "a mount has its own tests: signaling's tickets, the client's files"
