"""A whole story with its mishaps, and not one patient's word or secret in the log."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from starlette.requests import Request

from config.logging import JsonLines
from consult_server.patients.schemas import masked
from tests.factories.cases import PATIENT, REPORT, STUDY_UID, a_signed_case, desks, ok, seen
from tests.fixtures.product import PASSWORD, Product


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that would have gone to standard error."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for noisy in ("httpx", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


async def mishaps(product: Product) -> None:
    """What goes wrong in a day: bad input, unknown cases, wrong words, a bug that quotes a patient."""
    client = await product.signed_in("applicant")
    await client.post("/api/patients", json=PATIENT)
    await client.post("/api/patients", json=PATIENT | {"sex": "男", PATIENT["name"]: PATIENT["id_no"]})
    await client.post("/api/patients", content=f'{{"name": "{PATIENT["name"]}'.encode())
    await client.get("/api/patients", params={"q": PATIENT["name"]})
    await client.get(f"/api/consults/{PATIENT['name']}")
    await client.get("/dicom-web/studies", params={"PatientName": PATIENT["name"]})
    await client.post("/api/sessions", json={"user": PATIENT["name"], "password": PASSWORD})
    await client.get("/api/planted/value")
    await client.get("/api/planted/database")


def plant(product: Product) -> None:
    """Two routes with bugs: one quotes a patient, one breaks a unique key behind the rules' back."""

    async def value() -> None:
        msg = f"cannot read {PATIENT['name']} {PATIENT['id_no']}"
        raise ValueError(msg)

    async def database(request: Request) -> None:
        here = request.app.state.platform
        async with here.database.write() as tx:
            copy = "INSERT INTO consult_patient SELECT * FROM consult_patient"
            await tx.execute(text(copy))

    for function in (value, database):
        product.app.add_api_route(f"/api/planted/{function.__name__}", function)
        product.app.router.routes.insert(0, product.app.router.routes.pop())


async def test_no_line_of_a_whole_story_names_a_patient(product: Product, log: io.StringIO) -> None:
    plant(product)
    desk = await desks(product)
    case = await a_signed_case(product, desk)
    path = f"/api/consults/{case['consult_id']}"
    assert (await desk.applicant.get(f"{path}/report.pdf")).is_success
    ok(await desk.applicant.post(f"{path}/adopt", json={"outcome": "adopted"}, headers=seen(case)))
    await desk.specialist.get(f"/dicom-web/studies/{STUDY_UID}/metadata")
    await mishaps(product)
    written = log.getvalue()
    events = [json.loads(line)["event"] for line in written.splitlines()]
    assert "request.failed" in events, "the story must have left lines to look at"
    assert "request.conflict" in events
    cookies = [client.cookies["lianzhen_session"] for client in (desk.applicant, desk.specialist)]
    secrets = [*PATIENT.values(), *REPORT.values(), case["question"], case["history"], PASSWORD, *cookies]
    secrets += ["大山", "qiudashan", "Qiu^Dashan", case["accession_number"]]
    secrets = [secret for secret in secrets if len(secret) > 1]
    assert [secret for secret in secrets if secret in written] == []


@pytest.mark.parametrize(
    "number,head,tail,shown",
    [
        ("990005195502030036", 4, 4, "9900**********0036"),
        ("19900000005", 3, 4, "199****0005"),
        ("8812345", 3, 4, "*****45"),
        ("0770-1200", 3, 4, "*******00"),
        ("120", 3, 4, "*20"),
        ("12", 3, 4, "12"),
        ("", 4, 4, ""),
    ],
)
def test_numbers_leave_masked_also_the_short_ones(number: str, head: int, tail: int, shown: str) -> None:
    assert masked(number, head, tail) == shown


async def test_no_answer_carries_a_whole_number(product: Product) -> None:
    desk = await desks(product)
    case = await a_signed_case(product, desk)
    for client in (desk.applicant, desk.coordinator, desk.specialist):
        for path in ("/api/worklist?view=all", f"/api/consults/{case['consult_id']}", "/api/patients"):
            said = (await client.get(path)).text
            assert PATIENT["id_no"] not in said
            assert PATIENT["phone"] not in said
