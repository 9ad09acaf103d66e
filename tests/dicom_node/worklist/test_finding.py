"""The worklist asked by pynetdicom: every key of table K.6-1, every kind of matching, on both databases."""

from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from config.kernel.database import open_sync_engine
from dicom_node.archive.scope import NOTHING, StudyScope
from dicom_node.worklist.domain import LISTED, EntryState
from dicom_node.worklist.queries import Wanted, Worklist
from dicom_node.worklist.scheduling import schedule
from dicom_node.worklist.tables import WorklistEntry
from tests.dicom_node.asking import CITY, COUNTY, Found, OpenPlace, Place, identifier
from tests.dicom_node.ordering import MWL, NOW, an_order, asked, in_transaction, listed, order
from tests.dicom_node.query.test_encoding import read
from tests.dicom_node.raw_scu import EXPLICIT, IMPLICIT

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
# PS3.4 table K.6-1: return keys of type 1 and 1C, then of type 2.
STEP_WITH_VALUE = (
    "ScheduledStationAETitle",
    "ScheduledProcedureStepStartDate",
    "ScheduledProcedureStepStartTime",
    "Modality",
    "ScheduledProcedureStepDescription",
    "ScheduledProcedureStepID",
)
WITH_VALUE = (
    "RequestedProcedureDescription",
    "RequestedProcedureID",
    "StudyInstanceUID",
    "PatientName",
    "PatientID",
)
STEP_PRESENT = (
    "ScheduledPerformingPhysicianName",
    "ScheduledStationName",
    "ScheduledProcedureStepLocation",
    "PreMedication",
    "RequestedContrastAgent",
)
PRESENT = (
    "ReferencedStudySequence",
    "RequestedProcedurePriority",
    "PatientTransportArrangements",
    "RequestingPhysician",
    "ReferringPhysicianName",
    "AdmissionID",
    "CurrentPatientLocation",
    "ReferencedPatientSequence",
    "PatientBirthDate",
    "PatientSex",
    "PatientWeight",
    "ConfidentialityConstraintOnPatientDataDescription",
    "PatientState",
    "PregnancyStatus",
    "MedicalAlerts",
    "Allergies",
    "SpecialNeeds",
    "IssuerOfAccessionNumberSequence",
)
# Of type 1C beside their descriptions: with a value or not at all.
CODES = ("RequestedProcedureCodeSequence", "ScheduledProtocolCodeSequence")


def empty(keyword: str) -> Any:
    """A key that asks for everything."""
    return [] if keyword.endswith("Sequence") else None


def ward(place: Place) -> None:
    """Four examinations of the county, by accession number, and one of the city."""
    order(place.url, accession_number="A1")
    order(
        place.url,
        accession_number="A2",
        patient_name="Li^Na=李^娜",
        patient_id="P2",
        patient_sex="F",
        modality="DX",
        station_ae_title="DX1",
        start_date="20261129",
        start_time="101500",
        study_instance_uid="2.25.1002",
        performing_physician_name="Qian^Liu=钱^六",
        requested_procedure_priority="STAT",
    )
    order(
        place.url,
        accession_number="A3",
        patient_name="曾^一",
        patient_id="P3",
        modality="US",
        station_ae_title="",
        start_date="20261129",
        start_time="170000",
        study_instance_uid="2.25.1003",
        scheduled_step_id="S-3",
        requested_procedure_id="R-3",
        performing_physician_name="",
    )
    order(
        place.url,
        accession_number="A4",
        start_date="20261201",
        start_time="080000",
        study_instance_uid="2.25.1004",
    )
    order(place.url, accession_number="C1", institution_id=CITY, study_instance_uid="2.25.2001")


def accessions(found: Found) -> list[str]:
    """Which examinations were found, in order."""
    return [str(number) for number in found.values("AccessionNumber")]


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_every_return_key_of_the_standard_comes_with_its_type(place: Place, syntax: str) -> None:
    step = order(place.url)
    found = listed(
        place,
        {keyword: empty(keyword) for keyword in (*STEP_WITH_VALUE, *STEP_PRESENT, CODES[1])},
        **{keyword: empty(keyword) for keyword in (*WITH_VALUE, *PRESENT, CODES[0])},
        syntax=syntax,
    )
    assert (found.status, found.pending) == (0, {0xFF00})
    (match,) = found.matches
    (inside,) = match.ScheduledProcedureStepSequence
    assert [keyword for keyword in WITH_VALUE if not match[keyword].value] == []
    assert [keyword for keyword in STEP_WITH_VALUE if not inside[keyword].value] == []
    assert [keyword for keyword in PRESENT if keyword not in match] == []
    assert [keyword for keyword in STEP_PRESENT if keyword not in inside] == []
    assert [keyword for keyword in CODES if keyword in match or keyword in inside] == []
    assert (str(match.PatientName), match.PatientID) == (step.patient_name, "P1")
    assert (match.StudyInstanceUID, match.RequestedProcedureID) == ("2.25.1001", "E202611280001")
    assert (match.PatientBirthDate, match.PatientSex) == ("19700101", "M")
    assert (str(match.RequestingPhysician), match.RequestedProcedurePriority) == ("Li^Si=李^四", "ROUTINE")
    (issuer,) = match.IssuerOfAccessionNumberSequence
    assert issuer.LocalNamespaceEntityID == "COUNTY-PID"
    assert (inside.ScheduledStationAETitle, inside.Modality) == ("CT1", "CT")
    assert inside.ScheduledProcedureStepStartDate == "20261128"
    assert inside.ScheduledProcedureStepStartTime == "093000"
    assert (str(inside.ScheduledPerformingPhysicianName), inside.PreMedication) == ("Zhao^Wu=赵^五", "")


def test_an_empty_item_asks_for_the_whole_step(place: Place) -> None:
    """So does none (PS3.4 K.2.2.1.2, note 4)."""
    order(place.url)
    whole = listed(place).matches[0].ScheduledProcedureStepSequence[0]
    assert {keyword for keyword in (*STEP_WITH_VALUE, *STEP_PRESENT) if keyword not in whole} == set()
    assert CODES[1] not in whole
    assert (whole.ScheduledProcedureStepStatus, whole.BodyPartExamined) == ("SCHEDULED", "CHEST")
    without = asked(AccessionNumber="")
    without.ScheduledProcedureStepSequence = Sequence()
    (match,) = place.find(without, MWL).matches
    assert match.ScheduledProcedureStepSequence[0] == whole
    del without.ScheduledProcedureStepSequence
    (match,) = place.find(without, MWL).matches
    assert "ScheduledProcedureStepSequence" not in match


CHINESE = {"SpecificCharacterSet": "ISO_IR 192"}
ALL = ["A1", "A2", "A3", "A4"]
CASES: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({}, {}, ALL),
    ({"PatientName": "*"}, {}, ALL),
    ({"PatientName": "WANG*"}, {}, ["A1", "A4"]),
    ({"PatientName": "王小*"}, {}, ["A1", "A4"]),
    ({"PatientName": "李^娜"}, {}, ["A2"]),
    ({"PatientName": "zeng*"}, {}, ["A3"]),
    ({"PatientName": "ceng?yi"}, {}, []),
    ({"PatientName": "?i^Na"}, {}, ["A2"]),
    ({"PatientID": "P2"}, {}, ["A2"]),
    ({"PatientID": "P?"}, {}, ALL),
    ({"PatientID": "p2"}, {}, []),
    ({"PatientSex": "F"}, {}, ["A2"]),
    ({"PatientBirthDate": "19690101-19701231"}, {}, ALL),
    ({"AccessionNumber": "A3"}, {}, ["A3"]),
    ({"AccessionNumber": "C1"}, {}, []),
    ({"RequestedProcedureID": "R-3"}, {}, ["A3"]),
    ({"RequestedProcedurePriority": "STAT"}, {}, ["A2"]),
    ({"RequestingPhysician": "li^*"}, {}, ALL),
    ({"StudyInstanceUID": "2.25.1004"}, {}, ["A4"]),
    ({"StudyInstanceUID": ["2.25.1004", "2.25.1002", "2.25.2001"]}, {}, ["A2", "A4"]),
    ({}, {"Modality": "DX"}, ["A2"]),
    ({}, {"ScheduledStationAETitle": "CT1"}, ["A1", "A3", "A4"]),
    ({}, {"ScheduledStationAETitle": "?X1"}, ["A2", "A3"]),
    ({}, {"ScheduledStationAETitle": "US9", "Modality": "US"}, ["A3"]),
    ({}, {"ScheduledProcedureStepStartDate": "20261129"}, ["A2", "A3"]),
    ({}, {"ScheduledProcedureStepStartDate": "20261129-"}, ["A2", "A3", "A4"]),
    ({}, {"ScheduledProcedureStepStartDate": "-20261129"}, ["A1", "A2", "A3"]),
    ({}, {"ScheduledProcedureStepStartDate": "20261128-20261129"}, ["A1", "A2", "A3"]),
    ({}, {"ScheduledProcedureStepStartTime": "09-1030"}, ["A1", "A2"]),
    ({}, {"ScheduledProcedureStepStartTime": "0930"}, ["A1"]),
    ({}, {"ScheduledPerformingPhysicianName": "赵*"}, ["A1", "A4"]),
    ({}, {"ScheduledPerformingPhysicianName": "QIAN^LIU"}, ["A2"]),
    ({}, {"ScheduledProcedureStepID": "S-3"}, ["A3"]),
    ({}, {"ScheduledProcedureStepStatus": "STARTED"}, []),
    ({"PatientID": "P1"}, {"Modality": "CT", "ScheduledProcedureStepStartDate": "20261201"}, ["A4"]),
]
# Two ranges are one period (table K.6-1): from a moment of one day to a moment of another.
PERIODS = [
    ("20261128-20261129", "1000-1030", ["A2"]),
    ("20261128-20261129", "0930-1015", ["A1", "A2"]),
    ("20261128-20261129", "0930-1700", ["A1", "A2", "A3"]),
    ("20261128-20261201", "0931-0759", ["A2", "A3"]),
    ("20261129-", "1016-", ["A3", "A4"]),
    ("-20261129", "-1016", ["A1", "A2"]),
    ("20261129-20261129", "1016-1800", ["A3"]),
    ("20261129", "1016-1800", ["A3"]),
    ("20261128-20261129", "1015", ["A2"]),
]


def test_examinations_are_matched_by_every_key_and_come_in_the_order_of_time(place: Place) -> None:
    ward(place)
    wrong: dict[str, tuple[list[str], list[str]]] = {}
    for keys, step, expected in CASES:
        found = place.find(asked(step, **CHINESE, **keys), MWL)
        if (accessions(found), found.status) != (expected, 0):
            wrong[str((keys, step))] = (accessions(found), expected)
    for date, time, expected in PERIODS:
        step = {"ScheduledProcedureStepStartDate": date, "ScheduledProcedureStepStartTime": time}
        if accessions(listed(place, step)) != expected:
            wrong[f"{date} {time}"] = (accessions(listed(place, step)), expected)
    assert wrong == {}


@pytest.mark.parametrize("terms", ["GB18030", "GBK", "ISO_IR 192", ["", "ISO 2022 IR 58"]])
def test_a_chinese_name_is_found_and_answered_in_the_askers_encoding(
    place: Place, terms: str | list[str]
) -> None:
    ward(place)
    found = listed(
        place,
        {"ScheduledPerformingPhysicianName": "钱*", "ScheduledProcedureStepDescription": ""},
        SpecificCharacterSet=terms,
        PatientName="李*",
        RequestedProcedureDescription="",
    )
    (match,) = found.matches
    assert match.SpecificCharacterSet == terms
    texts = (match.PatientName, match.RequestedProcedureDescription)
    assert tuple(map(read, texts)) == ("Li^Na=李^娜", "胸部 CT 平扫")
    (step,) = match.ScheduledProcedureStepSequence
    assert read(step.ScheduledPerformingPhysicianName) == "Qian^Liu=钱^六"


@pytest.mark.parametrize(
    "step, named",
    [
        ({"ScheduledStationAETitle": ""}, "COUNTY"),
        ({"ScheduledStationAETitle": "*"}, "COUNTY"),
        ({"ScheduledStationAETitle": "US9"}, "US9"),
        ({"ScheduledStationAETitle": "US*"}, "COUNTY"),
    ],
)
def test_a_step_for_any_station_is_given_to_the_one_that_asks(
    place: Place, step: dict[str, str], named: str
) -> None:
    """Scheduled Station AE Title is a return key of type 1: it may not come empty."""
    order(place.url, station_ae_title="")
    (match,) = listed(place, step).matches
    assert match.ScheduledProcedureStepSequence[0].ScheduledStationAETitle == named


def test_a_peer_sees_the_worklist_of_its_own_institution(place: Place) -> None:
    ward(place)
    assert accessions(listed(place)) == ALL
    assert accessions(listed(place, calling="CITY")) == ["C1"]
    foreign = listed(place, calling="CITY", StudyInstanceUID="2.25.1001")
    assert (foreign.status, foreign.matches, foreign.comment) == (0, [], "")


@pytest.mark.parametrize("state", EntryState)
def test_what_is_over_or_taken_back_is_not_listed(place: Place, state: EntryState) -> None:
    step = order(place.url)

    async def change(tx: Any) -> None:
        (await tx.get_one(WorklistEntry, step.entry_key)).state = state.value

    in_transaction(place.url, change)
    found = listed(place, {"ScheduledProcedureStepStatus": ""})
    shown = [match.ScheduledProcedureStepSequence[0].ScheduledProcedureStepStatus for match in found.matches]
    assert shown == ([state.value] if state in LISTED else [])


def test_each_question_keeps_to_its_scope_by_itself(place: Place) -> None:
    step = order(place.url)
    engine = open_sync_engine(place.url, writes=False)
    own = Worklist(engine, StudyScope(institution_ids=frozenset({COUNTY})))
    assert own.keys(Wanted(), 10) == [step.entry_key]
    assert [row.entry_key for row in own.page([step.entry_key, "gone"])] == [step.entry_key]
    for scope in (StudyScope(institution_ids=frozenset({CITY})), NOTHING):
        foreign = Worklist(engine, scope)
        assert foreign.keys(Wanted(), 10) == []
        assert foreign.page([step.entry_key]) == []
    engine.dispose()


@pytest.mark.parametrize(
    "step, keys",
    [
        ({}, {"PatientComments": "x"}),
        ({}, {"PatientAge": ""}),
        ({}, {"AdmissionID": "7"}),
        ({"ScheduledProcedureStepDescription": "胸*"}, {"SpecificCharacterSet": "ISO_IR 192"}),
        ({"CommentsOnTheScheduledProcedureStep": ""}, {}),
        ({"ScheduledProtocolCodeSequence": [identifier("", CodeValue="7")]}, {}),
    ],
    ids=range(6),
)
def test_a_key_that_cannot_be_served_is_answered_empty_and_said_so(
    place: Place, step: dict[str, Any], keys: dict[str, Any]
) -> None:
    ward(place)
    found = listed(place, step, **keys)
    assert (accessions(found), found.status, found.pending) == (ALL, 0, {0xFF01})


@pytest.mark.parametrize(
    "step, keys, comment",
    [
        (
            {"ScheduledProcedureStepStartDate": "tomorrow"},
            {},
            "ScheduledProcedureStepStartDate is no date or range of two",
        ),
        (
            {"ScheduledProcedureStepStartTime": "9"},
            {},
            "ScheduledProcedureStepStartTime is no time or range of two",
        ),
        ({"Modality": ["CT", "MR"]}, {}, "Modality has more than one value or is too long"),
        ({}, {"StudyInstanceUID": "1.x"}, "StudyInstanceUID is no UID"),
        ({}, {"PatientName": "x" * 400}, "PatientName has more than one value or is too long"),
    ],
    ids=range(5),
)
def test_a_bad_key_is_refused_by_its_name(
    place: Place, step: dict[str, Any], keys: dict[str, Any], comment: str
) -> None:
    found = place.find(asked(step, **keys), MWL)
    assert (found.status, found.matches) == (0xC000, [])
    assert found.comment == comment[:64].rstrip()


def test_two_items_of_the_step_are_refused(place: Place) -> None:
    two = asked({"Modality": "CT"})
    two.ScheduledProcedureStepSequence.append(Dataset())
    found = place.find(two, MWL)
    assert (found.status, found.final.OffendingElement) == (0xC000, 0x00400100)
    assert found.comment == "ScheduledProcedureStepSequence is no sequence of one item"


def test_more_entries_than_the_cap_are_cut_and_said_so(open_place: OpenPlace) -> None:
    place = open_place(query_results_max=3)
    ward(place)
    cut = listed(place)
    assert (cut.status, accessions(cut)) == (0xA700, ["A1", "A2", "A3"])
    assert listed(place, {"Modality": "CT"}).status == 0


def test_many_pages_come_whole_and_in_order(place: Place) -> None:
    async def fill(tx: Any) -> None:
        for number in range(230):
            await schedule_nth(tx, number)

    in_transaction(place.url, fill)
    assert accessions(listed(place)) == [f"N{number:04}" for number in range(230)]


async def schedule_nth(tx: Any, number: int) -> None:
    """One of many examinations, a minute apart."""
    step = an_order(
        accession_number=f"N{number:04}",
        start_time=f"{number // 60:02}{number % 60:02}00",
        study_instance_uid=f"2.25.{number}",
    )
    await schedule(tx, step, NOW)
