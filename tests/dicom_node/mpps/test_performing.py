"""Performed steps told by pynetdicom, on both databases: statuses, durability, what the worklist shows."""

import struct
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.database import open_sync_engine
from dicom_node.archive.tables import outbox
from dicom_node.mpps.tables import PerformedStep
from dicom_node.worklist.scheduling import withdraw
from tests.dicom_node.asking import CITY, Place
from tests.dicom_node.objects import dataset_bytes
from tests.dicom_node.ordering import NOW, in_transaction, listed, order, state_of
from tests.dicom_node.performing import MPPS, begun, ended, says, scheduled
from tests.dicom_node.raw_scu import CT, EXPLICIT, IMPLICIT, RawScu, command, comment, status

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
N_CREATE, N_SET, N_GET, N_DELETE = 0x0140, 0x0120, 0x0110, 0x0150


def steps(url: str) -> list[PerformedStep]:
    """Every performed step that is kept."""
    found: list[PerformedStep] = []

    async def look(tx: AsyncSession) -> None:
        found.extend(await tx.scalars(select(PerformedStep).order_by(PerformedStep.created_at)))

    in_transaction(url, look)
    return found


def told(url: str) -> list[tuple[str, str, str]]:
    """What was published of steps: entry, its state, the performed step's."""
    engine = open_sync_engine(url, writes=False)
    with engine.connect() as connection:
        rows = connection.execute(
            select(outbox.table.c.payload)
            .where(outbox.table.c.name == "dicom.step_performed")
            .order_by(outbox.table.c.position)
        ).scalars()
        found = [(row["entry_key"], row["state"], row["performed"]) for row in rows]
    engine.dispose()
    return found


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_a_step_is_begun_and_completed_and_its_entry_leaves_the_list(place: Place, syntax: str) -> None:
    entry = order(place.url).entry_key
    assert says(place, "create", begun(), syntax=syntax).Status == 0
    (match,) = listed(place, {"ScheduledProcedureStepStatus": ""}).matches
    assert match.ScheduledProcedureStepSequence[0].ScheduledProcedureStepStatus == "STARTED"
    assert says(place, "set", ended(), syntax=syntax).Status == 0
    assert (listed(place).matches, state_of(place.url, entry)) == ([], "COMPLETED")
    (step,) = steps(place.url)
    assert (step.state, step.study_instance_uid, step.source_ae_title) == ("COMPLETED", "2.25.1001", "COUNTY")
    assert step.document["00400252"]["Value"] == ["COMPLETED"]
    assert step.document["00100010"]["Value"] == [{"Alphabetic": "Wang^Xiaodong", "Ideographic": "王^小东"}]
    assert told(place.url) == [(entry, "STARTED", "IN PROGRESS"), (entry, "COMPLETED", "COMPLETED")]


def test_a_step_that_is_broken_off_leaves_the_list(place: Place) -> None:
    entry = order(place.url).entry_key
    says(place, "create", begun())
    assert says(place, "set", ended("DISCONTINUED", PerformedSeriesSequence=None)).Status == 0
    assert (listed(place).matches, state_of(place.url, entry)) == ([], "DISCONTINUED")


def test_a_step_made_again_after_it_was_broken_off_counts_as_made(place: Place) -> None:
    entry = order(place.url).entry_key
    says(place, "create", begun(), "2.25.1")
    says(place, "set", ended("DISCONTINUED"), "2.25.1")
    says(place, "create", begun(PerformedProcedureStepID="PPS2"), "2.25.2")
    assert state_of(place.url, entry) == "STARTED"
    says(place, "set", ended(), "2.25.2")
    assert [state for _key, state, _performed in told(place.url)] == [
        "STARTED",
        "DISCONTINUED",
        "STARTED",
        "COMPLETED",
    ]


def test_values_may_be_set_while_it_goes_on(place: Place) -> None:
    order(place.url)
    says(place, "create", begun())
    between = ended("IN PROGRESS", PerformedProcedureStepEndDate=None, PerformedProcedureStepEndTime=None)
    assert says(place, "set", between).Status == 0
    del between.PerformedProcedureStepStatus
    assert says(place, "set", between).Status == 0
    (step,) = steps(place.url)
    assert (step.state, len(step.document["00400340"]["Value"])) == ("IN PROGRESS", 1)
    assert len(told(place.url)) == 1, "only what changes where it stands is news"


@pytest.mark.parametrize("final", ["COMPLETED", "DISCONTINUED"])
def test_what_is_over_may_no_longer_be_updated(place: Place, final: str) -> None:
    """0110 with Error ID A710 (PS3.4 F.7.2.2.3)."""
    says(place, "create", begun())
    says(place, "set", ended(final))
    for again in ("IN PROGRESS", "COMPLETED", "DISCONTINUED"):
        answer = says(place, "set", ended(again))
        assert (answer.Status, answer.ErrorID) == (0x0110, 0xA710)
        assert answer.ErrorComment == "Performed Procedure Step Object may no longer be updated"
    assert steps(place.url)[0].state == final


@pytest.mark.parametrize(
    "act, attributes, uid, expected, words",
    [
        ("create", begun(), "2.25.77", 0x0111, "a step of this SOP Instance UID exists already"),
        ("create", begun(PatientID=None), "2.25.78", 0x0120, "PatientID is missing"),
        ("create", begun(Modality=""), "2.25.78", 0x0121, "Modality has no value"),
        (
            "create",
            begun(PerformedProcedureStepStatus="COMPLETED"),
            "2.25.78",
            0x0106,
            "PerformedProcedureStepStatus must be IN PROGRESS at first",
        ),
        ("set", ended(), "2.25.79", 0x0112, "no step of this SOP Instance UID"),
        (
            "set",
            ended(PerformedProcedureStepEndTime=""),
            "2.25.77",
            0x0121,
            "PerformedProcedureStepEndTime has no value",
        ),
        (
            "set",
            ended(PerformedSeriesSequence=None),
            "2.25.77",
            0x0121,
            "PerformedSeriesSequence has no value",
        ),
        ("set", ended(PatientID="P2"), "2.25.77", 0x0106, "PatientID cannot be changed"),
        ("set", ended("READY"), "2.25.77", 0x0106, "PerformedProcedureStepStatus is none of the standard's"),
    ],
    ids=range(9),
)
def test_a_refusal_has_its_status_and_names_the_attribute(
    place: Place, act: str, attributes: Any, uid: str, expected: int, words: str
) -> None:
    assert says(place, "create", begun()).Status == 0
    answer = says(place, act, attributes, uid)
    assert (answer.Status, answer.ErrorComment) == (expected, words)
    (step,) = steps(place.url)
    assert (step.state, step.document["00100020"]["Value"]) == ("IN PROGRESS", ["P1"])


def test_what_is_missing_is_named_by_its_tag(place: Place) -> None:
    answer = raw_request(place, N_CREATE, dataset_bytes(begun(PatientID=None)))
    assert status(answer) == 0x0120
    assert answer[0x1005] == struct.pack("<HH", 0x0010, 0x0020)


def test_a_step_without_a_name_gets_one(place: Place) -> None:
    """The SCP names an instance that the SCU leaves unnamed (PS3.7 10.1.5.1.4)."""
    created = raw_request(place, N_CREATE, dataset_bytes(begun()), "")
    assert status(created) == 0
    (step,) = steps(place.url)
    assert step.sop_instance_uid == created[0x1000].decode().strip("\0")
    assert says(place, "set", ended(), step.sop_instance_uid).Status == 0


def test_a_step_of_another_institution_is_unknown_and_moves_nothing(place: Place) -> None:
    entry = order(place.url).entry_key
    theirs = {"study_instance_uid": "2.25.9", "accession_number": "C9", "scheduled_step_id": "C9-1"}
    foreign_entry = order(place.url, institution_id=CITY, **theirs).entry_key
    assert says(place, "create", begun(), calling="CITY").Status == 0
    assert state_of(place.url, entry) == "SCHEDULED"
    about_theirs = scheduled(StudyInstanceUID="2.25.9", AccessionNumber="C9", ScheduledProcedureStepID="C9-1")
    says(place, "create", begun(ScheduledStepAttributesSequence=[about_theirs]), "2.25.78")
    assert state_of(place.url, foreign_entry) == "SCHEDULED"
    says(place, "create", begun(), "2.25.80")
    answer = says(place, "set", ended(), "2.25.80", calling="CITY")
    assert (answer.Status, answer.ErrorComment) == (0x0112, "no step of this SOP Instance UID")
    assert says(place, "create", begun(), "2.25.80", calling="CITY").Status == 0, (
        "the same UID, another's step"
    )


@pytest.mark.parametrize(
    "said, moved",
    [
        ({}, True),
        ({"ScheduledProcedureStepID": ""}, True),
        ({"ScheduledProcedureStepID": "", "StudyInstanceUID": "2.25.4"}, True),
        ({"StudyInstanceUID": "2.25.4", "AccessionNumber": ""}, False),
        ({"ScheduledProcedureStepID": "another"}, False),
        ({"ScheduledProcedureStepID": "", "AccessionNumber": ""}, True),
    ],
    ids=range(6),
)
def test_an_entry_is_known_by_its_study_or_accession_number_and_its_step(
    place: Place, said: dict[str, str], moved: bool
) -> None:
    entry = order(place.url).entry_key
    says(place, "create", begun(ScheduledStepAttributesSequence=[scheduled(**said)]))
    assert state_of(place.url, entry) == ("STARTED" if moved else "SCHEDULED")


def test_one_performed_step_may_be_about_several_scheduled_ones(place: Place) -> None:
    first = order(place.url).entry_key
    second = order(
        place.url, study_instance_uid="2.25.2", accession_number="A2", scheduled_step_id="S2"
    ).entry_key
    both = [
        scheduled(),
        scheduled(StudyInstanceUID="2.25.2", AccessionNumber="A2", ScheduledProcedureStepID="S2"),
        scheduled(),
    ]
    says(place, "create", begun(ScheduledStepAttributesSequence=both))
    assert [state_of(place.url, key) for key in (first, second)] == ["STARTED"] * 2
    assert sorted(key for key, _state, _performed in told(place.url)) == sorted([first, second])


def test_an_unscheduled_step_is_kept_and_one_taken_back_stays_so(place: Place) -> None:
    unscheduled = scheduled(StudyInstanceUID="2.25.4", AccessionNumber="", ScheduledProcedureStepID="")
    assert says(place, "create", begun(ScheduledStepAttributesSequence=[unscheduled]), "2.25.70").Status == 0
    entry = order(place.url).entry_key
    in_transaction(place.url, lambda tx: withdraw(tx, entry, NOW))
    assert says(place, "create", begun()).Status == 0
    assert (state_of(place.url, entry), len(steps(place.url))) == ("WITHDRAWN", 2)


def test_two_who_create_the_same_step_at_once_make_one(place: Place) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _n: says(place, "create", begun()).Status, range(4)))
    assert sorted(answers) == [0, 0x0111, 0x0111, 0x0111]
    assert len(steps(place.url)) == 1


def test_nothing_is_called_done_that_the_database_did_not_take(place: Place) -> None:
    engine = create_engine(place.url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE dicom_performed_step RENAME TO elsewhere"))
    engine.dispose()
    answer = says(place, "create", begun())
    assert (answer.Status, answer.ErrorComment) == (0x0213, "the index did not take it, send it again")


def raw_request(place: Place, field: int, raw: bytes | None, uid: str = "2.25.77") -> dict[int, bytes]:
    """A request made of bytes."""
    with RawScu(place.port) as scu:
        assert scu.associate([(1, MPPS, [EXPLICIT]), (3, CT, [EXPLICIT])])[0] == 2
        return scu.request(1, command(field, 7, MPPS, uid, data=raw is not None), raw)


@pytest.mark.parametrize(
    "field, raw, uid, expected",
    [
        (N_CREATE, b"GET / HTTP/1.1\r\n\r\n", "2.25.77", 0x0110),
        (N_CREATE, b"\1\0", "2.25.77", 0x0110),
        (N_CREATE, b"\xff" * 5_000_000, "2.25.77", 0x0213),
        (N_CREATE, dataset_bytes(begun()), "../etc", 0x0117),
        (N_SET, dataset_bytes(ended()), "", 0x0117),
        (N_CREATE, None, "2.25.77", 0x0211),
        (N_GET, None, "2.25.77", 0x0211),
        (N_DELETE, None, "2.25.77", 0x0211),
    ],
    ids=["http", "short", "too long", "no uid", "nameless", "no attributes", "get", "delete"],
)
def test_a_malformed_request_gets_a_clear_answer(
    place: Place, field: int, raw: bytes | None, uid: str, expected: int
) -> None:
    answer = raw_request(place, field, raw, uid)
    assert (status(answer), bool(comment(answer))) == (expected, True)
    assert answer[0x0100] == struct.pack("<H", field | 0x8000)
    assert steps(place.url) == []


def test_a_request_in_a_context_of_something_else_is_not_served(place: Place) -> None:
    with RawScu(place.port) as scu:
        scu.associate([(1, MPPS, [EXPLICIT]), (3, CT, [EXPLICIT])])
        raw = dataset_bytes(begun())
        assert status(scu.request(3, command(N_CREATE, 1, MPPS, "2.25.77", data=True), raw)) == 0x0211
        assert status(scu.request(1, command(N_CREATE, 2, CT, "2.25.77", data=True), raw)) == 0x0211
        assert status(scu.request(1, command(0x0001, 3, MPPS, "2.25.77", data=True), raw)) == 0x0122
    assert steps(place.url) == []
