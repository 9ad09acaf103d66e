"""Priors from elsewhere over the API: only a patient one may know, only of their own hospital's archive."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, evt

from tests.factories.cases import PATIENT, Desk, an_assigned_case, desks, ok
from tests.fixtures.product import Product

STUDY_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
BORN = PATIENT["birth_date"].replace("-", "")


def held(uid: str, **changes: Any) -> Dataset:
    """One study that the archive holds."""
    made = Dataset()
    made.SpecificCharacterSet = "GB18030"
    made.QueryRetrieveLevel = "STUDY"
    values = {
        "StudyInstanceUID": uid,
        "StudyDate": "20250105",
        "ModalitiesInStudy": ["CT"],
        "StudyDescription": "胸部平扫",
        "PatientID": PATIENT["identifier"],
        "PatientName": "Qiu^Dashan=仇^大山",
        "PatientBirthDate": BORN,
        "NumberOfStudyRelatedInstances": "120",
    }
    for keyword, value in (values | changes).items():
        setattr(made, keyword, value)
    return made


@contextmanager
def archive(found: list[Dataset], *, status: int = 0) -> Iterator[tuple[int, list[Dataset]]]:
    """An archive by pynetdicom that answers every question with `found`: its port, what it was asked."""
    asked: list[Dataset] = []

    def find(event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        asked.append(event.identifier)
        for one in found:
            yield 0xFF00, one
        if status:
            yield status, None

    entity = AE("ARCHIVE")
    entity.add_supported_context(STUDY_FIND)
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_FIND, find)])
    assert server is not None
    assert server.socket is not None
    try:
        yield server.socket.getsockname()[1], asked
    finally:
        server.shutdown()


async def register(product: Product, port: int, place: str = "township") -> None:
    """Make the archive known as a peer of an institution."""
    administrator = await product.signed_in("administrator")
    new = {"ae_title": "ARCHIVE", "institution_id": product.places[place], "host": "127.0.0.1", "port": port}
    ok(await administrator.post("/api/peers", json=new))


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


@pytest.fixture
async def desk(product: Product) -> Desk:
    """Everybody's browser."""
    return await desks(product)


async def a_patient(desk: Desk) -> str:
    """A patient of the township; our id."""
    return str(ok(await desk.applicant.post("/api/patients", json=PATIENT))["patient_id"])


async def test_a_patients_own_archive_is_asked_by_number_and_birth(product: Product, desk: Desk) -> None:
    patient = await a_patient(desk)
    with archive([held("1.2.1"), held("1.2.2", StudyDate="20260101", PatientName="Qiu^D")]) as (port, asked):
        await register(product, port)
        found = ok(
            await desk.applicant.post(
                "/api/priors/search", json={"ae_title": "ARCHIVE", "patient_id": patient}
            )
        )
    [question] = asked
    assert (question.PatientID, question.PatientBirthDate) == (PATIENT["identifier"], BORN)
    assert question.QueryRetrieveLevel == "STUDY"
    assert [row["study_instance_uid"] for row in found["rows"]] == ["1.2.2", "1.2.1"], "newest first"
    assert [row["same_name"] for row in found["rows"]] == [False, True]
    assert found["rows"][1] == {
        "study_instance_uid": "1.2.1",
        "study_date": "20250105",
        "modalities": ["CT"],
        "description": "胸部平扫",
        "accession_number": "",
        "instance_count": 120,
        "patient_name": "Qiu^Dashan=仇^大山",
        "same_name": True,
        "here": False,
    }


async def test_answers_about_somebody_else_are_not_shown(product: Product, desk: Desk) -> None:
    """Some archives pass over keys that they do not match."""
    patient = await a_patient(desk)
    others = [held("1.2.1", PatientID="OTHER"), held("1.2.2", PatientBirthDate="19990101"), held("1.2.3")]
    with archive(others) as (port, _asked):
        await register(product, port)
        whose = {"ae_title": "ARCHIVE", "patient_id": patient}
        found = ok(await desk.applicant.post("/api/priors/search", json=whose))["rows"]
        fetch = whose | {"studies": ["1.2.1", "1.2.2", "1.2.3", "1.2.3"]}
        jobs = ok(await desk.applicant.post("/api/priors", json=fetch))
    assert [row["study_instance_uid"] for row in found] == ["1.2.3"]
    assert [(job["study_instance_uid"], job["kind"]) for job in jobs] == [("1.2.3", "fetch")]
    assert (jobs[0]["total"], jobs[0]["delivery"]) == (120, "waiting")


async def test_a_reader_asks_for_the_patient_of_a_consult(product: Product, desk: Desk) -> None:
    case = await an_assigned_case(product, desk)
    with archive([held("1.2.1")]) as (port, asked):
        await register(product, port)
        whose = {"ae_title": "ARCHIVE", "consult_id": case["consult_id"]}
        assert len(ok(await desk.specialist.post("/api/priors/search", json=whose))["rows"]) == 1
        [job] = ok(await desk.specialist.post("/api/priors", json=whose | {"studies": ["1.2.1"]}))
        assert job["institution_id"] == product.places["township"]
        repeated = await desk.specialist.post("/api/priors", json=whose | {"studies": ["1.2.1"]})
        assert refused(repeated) == (409, "dicom.transfer_under_way")
    assert {question.PatientID for question in asked} == {PATIENT["identifier"]}


async def test_nobody_asks_about_others_or_elsewhere(product: Product, desk: Desk) -> None:
    case = await an_assigned_case(product, desk)
    [patient] = ok(await desk.applicant.get("/api/patients", params={"q": PATIENT["identifier"]}))
    with archive([]) as (port, asked):
        await register(product, port, "county")
        by_patient = {"ae_title": "ARCHIVE", "patient_id": patient["patient_id"]}
        by_case = {"ae_title": "ARCHIVE", "consult_id": case["consult_id"]}
        search = "/api/priors/search"
        elsewhere = (403, "transfers.not_the_patients_archive")
        assert refused(await desk.specialist.post(search, json=by_case)) == elsewhere
        assert refused(await desk.applicant.post(search, json=by_patient)) == elsewhere
        unknown = (404, "patients.not_found")
        assert refused(await desk.specialist.post(search, json=by_patient)) == unknown
        stranger = await product.signed_in("foreign_applicant")
        assert refused(await stranger.post(search, json=by_patient)) == unknown
        assert (await stranger.post(search, json=by_case)).status_code == 404
        assert refused(await desk.applicant.post(search, json={"ae_title": "ARCHIVE"})) == unknown
    assert asked == []


async def test_an_archive_that_does_not_answer_is_named(product: Product, desk: Desk) -> None:
    patient = await a_patient(desk)
    whose = {"ae_title": "ARCHIVE", "patient_id": patient}
    with archive([], status=0xA700) as (port, _asked):
        await register(product, port)
        answer = await desk.applicant.post("/api/priors/search", json=whose)
        assert refused(answer) == (503, "dicom.query_refused")
    gone = await desk.applicant.post("/api/priors/search", json=whose)
    assert refused(gone) == (503, "dicom.peer_unreachable")


async def test_more_than_can_be_shown_is_said(product: Product, desk: Desk) -> None:
    patient = await a_patient(desk)
    with archive([held(f"1.2.{n}") for n in range(205)]) as (port, _asked):
        await register(product, port)
        whose = {"ae_title": "ARCHIVE", "patient_id": patient}
        answer = await desk.applicant.post("/api/priors/search", json=whose)
    assert refused(answer) == (413, "dicom.priors_too_many")
