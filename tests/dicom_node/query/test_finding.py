"""C-FIND asked by pynetdicom: every level of both models, every kind of matching, on both databases."""

from typing import Any

import pytest
from pydicom.dataset import Dataset

from tests.dicom_node.asking import PATIENT_FIND, STUDY_FIND, OpenPlace, Place, identifier
from tests.dicom_node.objects import CT
from tests.dicom_node.query.test_encoding import read
from tests.dicom_node.raw_scu import EXPLICIT, IMPLICIT

MR = "1.2.840.10008.5.1.4.1.1.4"
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


def ward(place: Place) -> dict[str, Dataset]:
    """Four studies of three patients; names by what tells them apart."""
    return {
        "wang": place.send(),
        "wang_mr": place.send(
            sop_class=MR, Modality="MR", StudyDate="20250110", AccessionNumber="A2", StudyTime="1015"
        ),
        "li": place.send(PatientName="Li^Na=李^娜", PatientID="P2", PatientSex="F", StudyDate="20260410"),
        "zeng": place.send(
            PatientName="曾^一",
            PatientID="P3",
            StudyDate="20260411",
            StudyDescription="CT 胸部",
            StudyID="S9",
        ),
    }


def names_of(studies: dict[str, Dataset], uids: list[str]) -> list[str]:
    """Which of the ward's studies these are."""
    return [name for uid in uids for name, study in studies.items() if study.StudyInstanceUID == uid]


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_a_study_comes_with_everything_asked_for(place: Place, syntax: str) -> None:
    studies = ward(place)
    asked = identifier(
        "STUDY",
        PatientID="P1",
        AccessionNumber="A2",
        StudyInstanceUID="",
        PatientName="",
        PatientBirthDate="",
        PatientSex="",
        StudyDate="",
        StudyTime="",
        StudyID="",
        StudyDescription="",
        ReferringPhysicianName="",
        ModalitiesInStudy="",
        SOPClassesInStudy="",
        NumberOfStudyRelatedSeries="",
        NumberOfStudyRelatedInstances="",
        InstanceAvailability="",
    )
    found = place.find(asked, syntax=syntax)
    assert (found.status, found.pending) == (0, {0xFF00})
    (match,) = found.matches
    expected = studies["wang_mr"]
    for keyword in (
        "StudyInstanceUID",
        "PatientName",
        "PatientBirthDate",
        "PatientSex",
        "StudyDate",
        "StudyTime",
    ):
        assert match[keyword].value == expected[keyword].value, keyword
    assert (match.StudyID, match.StudyDescription, match.ReferringPhysicianName) == (
        "S1",
        "头颅平扫",
        "Li^Si",
    )
    assert (match.ModalitiesInStudy, match.SOPClassesInStudy) == ("MR", MR)
    assert (match.NumberOfStudyRelatedSeries, match.NumberOfStudyRelatedInstances) == (1, 1)
    assert (match.RetrieveAETitle, match.InstanceAvailability) == ("LIANZHEN", "ONLINE")
    assert (match.QueryRetrieveLevel, match.SpecificCharacterSet) == ("STUDY", "ISO_IR 192")


CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["zeng", "li", "wang", "wang_mr"]),
    ({"PatientName": "*"}, ["zeng", "li", "wang", "wang_mr"]),
    ({"PatientName": "WANG*"}, ["wang", "wang_mr"]),
    ({"PatientName": "wang^xiaodong"}, ["wang", "wang_mr"]),
    ({"PatientName": "Wang"}, []),
    ({"PatientName": "?i^Na"}, ["li"]),
    ({"PatientName": "李*"}, ["li"]),
    ({"PatientName": "王^小东"}, ["wang", "wang_mr"]),
    ({"PatientName": "王小?"}, ["wang", "wang_mr"]),
    ({"PatientName": "zeng*"}, ["zeng"]),
    ({"PatientName": "ceng^yi"}, ["zeng"]),
    ({"PatientName": "zy"}, ["zeng"]),
    ({"PatientName": "yi"}, []),
    ({"PatientName": "*yi"}, ["zeng"]),
    ({"PatientID": "P2"}, ["li"]),
    ({"PatientID": "P*"}, ["zeng", "li", "wang", "wang_mr"]),
    ({"PatientID": "p2"}, []),
    ({"PatientSex": "F"}, ["li"]),
    ({"StudyDate": "20260410"}, ["li"]),
    ({"StudyDate": "20260401-"}, ["zeng", "li"]),
    ({"StudyDate": "-20251231"}, ["wang_mr"]),
    ({"StudyDate": "20260101-20260410"}, ["li", "wang"]),
    ({"StudyDate": "2026.04.10"}, ["li"]),
    ({"StudyTime": "10-11"}, ["wang_mr"]),
    ({"StudyTime": "0930-0930"}, ["zeng", "li", "wang"]),
    ({"PatientBirthDate": "19700101"}, ["zeng", "li", "wang", "wang_mr"]),
    ({"StudyDescription": "*胸*"}, ["zeng"]),
    ({"StudyID": "S9"}, ["zeng"]),
    ({"ModalitiesInStudy": "MR"}, ["wang_mr"]),
    ({"ModalitiesInStudy": ["MR", "CT"]}, ["zeng", "li", "wang", "wang_mr"]),
    ({"SOPClassesInStudy": MR}, ["wang_mr"]),
    ({"SOPClassesInStudy": CT, "PatientID": "P1"}, ["wang"]),
    ({"Modality": "MR"}, ["wang_mr"]),
    ({"IssuerOfPatientID": "COUNTY-PID", "PatientID": "P3"}, ["zeng"]),
    ({"IssuerOfPatientID": "OTHER"}, []),
    ({"ReferringPhysicianName": "li^*"}, ["zeng", "li", "wang", "wang_mr"]),
]


def test_studies_are_matched_by_every_kind_of_key(place: Place) -> None:
    studies, wrong = ward(place), {}
    for keys, expected in CASES:
        asked = identifier("STUDY", SpecificCharacterSet="ISO_IR 192", StudyInstanceUID="", **keys)
        found = place.find(asked)
        got = names_of(studies, found.values("StudyInstanceUID"))
        if got != expected or found.status != 0:
            wrong[str(keys)] = (got, expected, found.final)
    assert wrong == {}


@pytest.mark.parametrize("terms", ["GB18030", "GBK", "ISO_IR 192", ["", "ISO 2022 IR 58"]])
def test_a_chinese_name_is_found_in_any_encoding_and_answered_in_the_askers(
    place: Place, terms: str | list[str]
) -> None:
    ward(place)
    found = place.find(
        identifier("STUDY", SpecificCharacterSet=terms, PatientName="王*", StudyDate="20260302")
    )
    (match,) = found.matches
    assert read(match.PatientName) == "Wang^Xiaodong=王^小东"
    assert match.SpecificCharacterSet == terms


def test_an_answer_of_plain_letters_names_no_character_set(place: Place) -> None:
    place.send(PatientName="Smith^John", StudyDescription="HEAD")
    (match,) = place.find(identifier("STUDY", PatientName="", StudyDescription="")).matches
    assert "SpecificCharacterSet" not in match


def test_a_list_of_uids_brings_each_of_them(place: Place) -> None:
    studies = ward(place)
    uids = [studies["li"].StudyInstanceUID, studies["wang"].StudyInstanceUID, "1.2.3.4"]
    found = place.find(identifier("STUDY", StudyInstanceUID=uids))
    assert names_of(studies, found.values("StudyInstanceUID")) == ["li", "wang"]


def a_patient(place: Place) -> tuple[Dataset, Dataset]:
    """P7 with one study of two series, of two images and one; the first object of each series. And P8."""
    first = place.send(SeriesNumber="1", InstanceNumber="1", PatientID="P7")
    shared = {"StudyInstanceUID": first.StudyInstanceUID, "PatientID": "P7"}
    place.send(**shared, SeriesInstanceUID=first.SeriesInstanceUID, SeriesNumber="1", InstanceNumber="2")
    other = place.send(**shared, SeriesNumber="2", Modality="SR", SeriesDescription="报告", PixelData=None)
    place.send(PatientID="P8")
    return first, other


def test_patients_with_their_totals_and_their_studies(place: Place) -> None:
    first, _other = a_patient(place)
    totals = [f"NumberOfPatientRelated{what}" for what in ("Studies", "Series", "Instances")]
    asked = identifier("PATIENT", PatientID="", PatientName="", **dict.fromkeys(totals, ""))
    found = place.find(asked, PATIENT_FIND)
    counts = {match.PatientID: [match[total].value for total in totals] for match in found.matches}
    assert counts == {"P7": [1, 2, 3], "P8": [1, 1, 1]}
    asked = identifier("STUDY", PatientID="P7", StudyInstanceUID="", NumberOfStudyRelatedInstances="")
    (study,) = place.find(asked, PATIENT_FIND).matches
    assert (study.StudyInstanceUID, study.NumberOfStudyRelatedInstances) == (first.StudyInstanceUID, 3)


def test_from_the_study_down_to_the_image(place: Place) -> None:
    """Patient Root, hierarchical: each step names the keys of the levels above (PS3.4 C.4.1.3.1.1)."""
    first, other = a_patient(place)
    keys = {"PatientID": "P7", "StudyInstanceUID": first.StudyInstanceUID}
    wanted = ("SeriesInstanceUID", "SeriesNumber", "Modality", "NumberOfSeriesRelatedInstances")
    series = place.find(identifier("SERIES", **keys, **dict.fromkeys(wanted, "")), PATIENT_FIND)
    shown = [(m.SeriesNumber, m.Modality, m.NumberOfSeriesRelatedInstances) for m in series.matches]
    assert shown == [(1, "CT", 2), (2, "SR", 1)]
    assert series.values("SeriesInstanceUID") == [first.SeriesInstanceUID, other.SeriesInstanceUID]
    keys["SeriesInstanceUID"] = first.SeriesInstanceUID
    wanted = ("SOPInstanceUID", "SOPClassUID", "InstanceNumber", "NumberOfFrames")
    asked = identifier("IMAGE", **keys, **dict.fromkeys(wanted, ""), Rows=None, Columns=None)
    images = place.find(asked, PATIENT_FIND)
    assert images.pending == {0xFF00}
    images_shown = [
        (m.InstanceNumber, m.SOPClassUID, m.Rows, m.Columns, m.NumberOfFrames) for m in images.matches
    ]
    assert images_shown == [(1, CT, 3, 4, 1), (2, CT, 3, 4, 1)]


@pytest.mark.parametrize(
    "keys, expected",
    [
        ({"Modality": "CT"}, 1),
        ({"Modality": "SR"}, 1),
        ({"SeriesNumber": "2"}, 1),
        ({"SeriesDescription": "报*"}, 1),
        ({"BodyPartExamined": "HEAD"}, 2),
        ({"Modality": "XX"}, 0),
    ],
)
def test_series_are_matched_within_their_study(place: Place, keys: dict[str, str], expected: int) -> None:
    first = place.send(SeriesNumber="1", SeriesDescription="")
    uid = first.StudyInstanceUID
    place.send(StudyInstanceUID=uid, SeriesNumber="2", Modality="SR", SeriesDescription="报告")
    place.send()
    asked = identifier(
        "SERIES", SpecificCharacterSet="GB18030", StudyInstanceUID=uid, SeriesInstanceUID="", **keys
    )
    assert len(place.find(asked).matches) == expected


def test_relational_keys_are_served_once_they_were_agreed_on(place: Place) -> None:
    studies = ward(place)
    asked = identifier(
        "SERIES", PatientName="李*", SpecificCharacterSet="GBK", SeriesInstanceUID="", PatientID=""
    )
    refused = place.find(asked)
    assert (refused.status, refused.matches) == (0xA900, [])
    assert refused.comment == "StudyInstanceUID is needed at this level"
    found = place.find(asked, extensions=b"\1")
    assert found.status == 0
    assert found.values("SeriesInstanceUID") == [studies["li"].SeriesInstanceUID]
    images = place.find(identifier("IMAGE", StudyDate="20260411", SOPInstanceUID=""), extensions=b"\1\1\1")
    assert images.values("SOPInstanceUID") == [studies["zeng"].SOPInstanceUID]


def test_fuzzy_names_are_served_once_they_were_agreed_on(place: Place) -> None:
    studies = ward(place)
    asked = identifier("STUDY", PatientName="xiaod", StudyInstanceUID="", StudyDate="20260302")
    assert place.find(asked).matches == []
    found = place.find(asked, extensions=b"\0\0\1")
    assert names_of(studies, found.values("StudyInstanceUID")) == ["wang"]


@pytest.mark.parametrize(
    "keys",
    [
        {"PatientAge": ""},
        {"PatientComments": "x"},
        {"NumberOfStudyRelatedSeries": "7"},
        {"SeriesDescription": "axial*"},
        {"InstanceAvailability": "OFFLINE"},
        {"RequestAttributesSequence": [identifier("STUDY", ScheduledProcedureStepID="7")]},
        {"ProcedureCodeSequence": []},
    ],
    ids=lambda keys: next(iter(keys)),
)
def test_a_key_that_cannot_be_served_is_answered_empty_and_said_so(
    place: Place, keys: dict[str, Any]
) -> None:
    """FF01: some optional keys were not supported for existence or matching (PS3.4 C.4.1.1.4)."""
    studies = ward(place)
    found = place.find(identifier("STUDY", PatientID="P1", StudyInstanceUID="", **keys))
    assert names_of(studies, found.values("StudyInstanceUID")) == ["wang", "wang_mr"]
    assert (found.status, found.pending) == (0, {0xFF01})
    (keyword,) = keys
    if keyword not in {"NumberOfStudyRelatedSeries", "InstanceAvailability"}:
        assert all(not match[keyword].value for match in found.matches)


LEVEL, PATIENT_ID, STUDY_UID, SERIES_UID = 0x00080052, 0x00100020, 0x0020000D, 0x0020000E
NONE_OF_THIS = "QueryRetrieveLevel is none of this SOP class"
NEEDED, ONE_VALUE = "is needed at this level", "must be one value at this level"
NO_DATE, NO_TIME = "is no date or range of two", "is no time or range of two"
TOO_MANY = "has more than one value or is too long"


@pytest.mark.parametrize(
    "model, level, keys, status, comment, element",
    [
        (STUDY_FIND, "", {"PatientID": "P1"}, 0xA900, "QueryRetrieveLevel is missing", LEVEL),
        (STUDY_FIND, "PATIENT", {}, 0xA900, NONE_OF_THIS, LEVEL),
        (STUDY_FIND, "WORKLIST", {}, 0xA900, NONE_OF_THIS, LEVEL),
        (PATIENT_FIND, "STUDY", {}, 0xA900, f"PatientID {NEEDED}", PATIENT_ID),
        (PATIENT_FIND, "STUDY", {"PatientID": "P*"}, 0xA900, f"PatientID {ONE_VALUE}", PATIENT_ID),
        (STUDY_FIND, "SERIES", {}, 0xA900, f"StudyInstanceUID {NEEDED}", STUDY_UID),
        (STUDY_FIND, "SERIES", {"StudyInstanceUID": "*"}, 0xA900, f"StudyInstanceUID {NEEDED}", STUDY_UID),
        (
            STUDY_FIND,
            "SERIES",
            {"StudyInstanceUID": ["1.2", "1.3"]},
            0xA900,
            f"StudyInstanceUID {ONE_VALUE}",
            STUDY_UID,
        ),
        (STUDY_FIND, "IMAGE", {"StudyInstanceUID": "1.2"}, 0xA900, f"SeriesInstanceUID {NEEDED}", SERIES_UID),
        (STUDY_FIND, "STUDY", {"StudyInstanceUID": "1.2.x"}, 0xC000, "StudyInstanceUID is no UID", STUDY_UID),
        (STUDY_FIND, "STUDY", {"StudyDate": "yesterday"}, 0xC000, f"StudyDate {NO_DATE}", 0x00080020),
        (STUDY_FIND, "STUDY", {"StudyDate": "2026*"}, 0xC000, f"StudyDate {NO_DATE}", 0x00080020),
        (STUDY_FIND, "STUDY", {"StudyTime": "9"}, 0xC000, f"StudyTime {NO_TIME}", 0x00080030),
        (STUDY_FIND, "STUDY", {"PatientID": ["P1", "P2"]}, 0xC000, f"PatientID {TOO_MANY}", PATIENT_ID),
        (STUDY_FIND, "STUDY", {"PatientName": "x" * 400}, 0xC000, f"PatientName {TOO_MANY}", 0x00100010),
    ],
    ids=range(15),
)
def test_a_bad_identifier_is_answered_with_the_attribute_and_the_rule(
    place: Place, model: str, level: str, keys: dict[str, Any], status: int, comment: str, element: int
) -> None:
    found = place.find(identifier(level, **keys), model)
    assert (found.status, found.comment, found.matches) == (status, comment, [])
    assert found.final.OffendingElement == element


def test_more_matches_than_the_cap_are_cut_and_said_so(open_place: OpenPlace) -> None:
    place = open_place(query_results_max=3)
    for number in range(3):
        place.send(PatientID=f"P{number}")
    whole = place.find(identifier("STUDY", PatientID=""))
    assert (whole.status, len(whole.matches)) == (0, 3)
    place.send(PatientID="P4")
    cut = place.find(identifier("STUDY", PatientID=""))
    assert (cut.status, len(cut.matches)) == (0xA700, 3)
    assert cut.comment == "more than 3 matches, narrow the query"
    assert place.find(identifier("STUDY", PatientID="P4")).status == 0


def test_patients_of_one_id_and_two_issuers_stay_apart_and_none_have_no_id(place: Place) -> None:
    place.send(PatientID="P1")
    place.send(PatientID="P1", IssuerOfPatientID="ELSEWHERE")
    place.send(PatientID="")
    found = place.find(
        identifier("PATIENT", PatientID="", IssuerOfPatientID="", NumberOfPatientRelatedStudies=""),
        PATIENT_FIND,
    )
    patients = [(m.PatientID, m.IssuerOfPatientID, m.NumberOfPatientRelatedStudies) for m in found.matches]
    assert sorted(patients) == [("P1", "COUNTY-PID", 1), ("P1", "ELSEWHERE", 1)]


def test_many_pages_of_answers_come_whole_and_in_order(place: Place) -> None:
    first = place.send(InstanceNumber="1")
    for number in range(2, 231):
        place.send(
            StudyInstanceUID=first.StudyInstanceUID,
            SeriesInstanceUID=first.SeriesInstanceUID,
            InstanceNumber=str(number),
            PixelData=None,
        )
    found = place.find(
        identifier(
            "IMAGE",
            StudyInstanceUID=first.StudyInstanceUID,
            SeriesInstanceUID=first.SeriesInstanceUID,
            InstanceNumber="",
        )
    )
    assert [int(number) for number in found.values("InstanceNumber")] == list(range(1, 231))
