"""QIDO-RS: what matches, what is answered, and that nothing foreign ever is."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.dicom_node.objects import a_ct, file_bytes
from tests.viewer.dicomweb.conftest import CITY, COUNTY, Archive

UID, NAME = "0020000D", "00100010"


def uids(answer: httpx.Response, tag: str = UID) -> list[str]:
    """The UIDs in an answer, in its order."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/dicom+json"
    return [result[tag]["Value"][0] for result in answer.json()]


@pytest.fixture
def three(archived: Archive) -> list[Dataset]:
    """Three studies of the county, one of the city."""
    made = [
        a_ct(PatientName="Wang^Xiaodong=王^小东", PatientID="P1", StudyDate="20260101", AccessionNumber="A1"),
        a_ct(
            PatientName="单^雄信",
            PatientID="P2",
            StudyDate="20260215",
            StudyTime="101500",
            Modality="ECG",
            StudyDescription="心电图 100%_sure",
            PixelData=None,
            Rows=None,
            Columns=None,
        ),
        a_ct(
            PatientName="Müller^Jörg",
            PatientID="P30",
            StudyDate="20260302",
            SpecificCharacterSet="ISO_IR 100",
            StudyDescription="",
        ),
    ]
    for dataset in made:
        archived(file_bytes(dataset))
    foreign = a_ct(PatientName="Wang^Foreign=王^外", PatientID="P9", StudyDate="20260303")
    archived(file_bytes(foreign), CITY)
    return [*made, foreign]


MATCHES: list[tuple[str, list[int]]] = [
    ("", [2, 1, 0]),
    ("PatientID=P1", [0]),
    ("00100020=P2", [1]),
    ("PatientID=P*", [2, 1, 0]),
    ("PatientID=P?", [1, 0]),
    ("PatientID=p1", []),
    ("PatientName=Wang*", [0]),
    ("PatientName=wang*", [0]),
    ("PatientName=王*", [0]),
    ("PatientName=王^小东", [0]),
    ("PatientName=*小*", [0]),
    ("PatientName=Wang", []),
    ("PatientName=*", [2, 1, 0]),
    ("PatientName=shan&fuzzymatching=true", [1]),
    ("PatientName=dan xiong&fuzzymatching=true", [1]),
    ("PatientName=wangxiaodong&fuzzymatching=true", [0]),
    ("PatientName=xiaodong wang&fuzzymatching=true", [0]),
    ("PatientName=wxd&fuzzymatching=true", [0]),
    ("PatientName=muller&fuzzymatching=true", [2]),
    ("PatientName=雄&fuzzymatching=true", [1]),
    ("StudyDate=20260215", [1]),
    ("StudyDate=20260101-20260215", [1, 0]),
    ("StudyDate=20260216-", [2]),
    ("StudyDate=-20260131", [0]),
    ("StudyDate=20260215&StudyTime=1000-1030", [1]),
    ("StudyTime=0930", [2, 0]),
    ("ModalitiesInStudy=ECG", [1]),
    ("ModalitiesInStudy=ECG,CT", [2, 1, 0]),
    ("ModalitiesInStudy=MR", []),
    ("StudyDescription=*100%25_sure*", [1]),
    ("StudyDescription=*100%25*", [1]),
    ("StudyDescription=100*", []),
    ("AccessionNumber=A1&PatientID=P1", [0]),
    ("PatientName=%25", []),
    ("limit=1", [2]),
    ("limit=1&offset=1", [1]),
    ("offset=3", []),
    ("PatientBirthDate=19700101", [2, 1, 0]),
    ("ReferringPhysicianName=li*", [2, 1, 0]),
    ("PatientID=", [2, 1, 0]),
    ("PatientID=P1&00100020=P1", [0]),
    ("Modality=ECG", [1]),
    ("ModalitiesInStudy=ECG&ModalitiesInStudy=CT", [2, 1, 0]),
    ("ModalitiesInStudy=ECG%5CCT&limit=", [2, 1, 0]),
    ("fuzzyMatching=true&PatientName=muller&charset=utf-8", [2]),
    ("limit=0", []),
]


async def test_studies_that_match(web: httpx.AsyncClient, three: list[Dataset]) -> None:
    numbers = {dataset.StudyInstanceUID: n for n, dataset in enumerate(three)}
    for query, expected in MATCHES:
        found = [numbers[uid] for uid in uids(await web.get(f"/studies?{query}"))]
        assert found == expected, query


async def test_studies_by_uid_list(web: httpx.AsyncClient, three: list[Dataset]) -> None:
    wanted = [three[0].StudyInstanceUID, three[2].StudyInstanceUID, three[3].StudyInstanceUID, "1.2.3"]
    assert uids(await web.get("/studies", params={"StudyInstanceUID": ",".join(wanted)})) == [
        wanted[1],
        wanted[0],
    ]


async def test_a_study_says_what_the_standard_asks_for(web: httpx.AsyncClient, three: list[Dataset]) -> None:
    (study,) = (await web.get("/studies?PatientID=P1")).json()
    uid = three[0].StudyInstanceUID
    assert study[NAME] == {"vr": "PN", "Value": [{"Alphabetic": "Wang^Xiaodong", "Ideographic": "王^小东"}]}
    values: dict[str, Any] = {tag: element.get("Value") for tag, element in study.items()}
    assert values["00080005"] == ["ISO_IR 192"]
    assert (values["00080020"], values["00080030"], values["00080050"]) == (["20260101"], ["093000"], ["A1"])
    assert (values["00080061"], values["00100020"], values["00100030"], values["00100040"]) == (
        ["CT"],
        ["P1"],
        ["19700101"],
        ["M"],
    )
    assert (values["00201206"], values["00201208"]) == ([1], [1])
    assert values["00081190"] == [f"http://archive.test/dicom-web/studies/{uid}"]


async def test_further_attributes_come_on_request(web: httpx.AsyncClient, three: list[Dataset]) -> None:
    (plain,) = (await web.get("/studies?PatientID=P1")).json()
    (asked,) = (
        await web.get("/studies?PatientID=P1&includefield=BodyPartExamined,00280100&includefield=all")
    ).json()
    assert {"00180015", "00280100"} <= asked.keys() - plain.keys()
    assert asked["00180015"]["Value"] == ["HEAD"]
    (series,) = (await web.get("/series?PatientID=P1&includefield=ImageType,Rows")).json()
    assert series["00280010"]["Value"] == [3]
    (instance,) = (await web.get("/instances?PatientID=P1&includefield=PatientName,PixelData")).json()
    assert instance[NAME]["Value"][0]["Ideographic"] == "王^小东"
    assert "7FE00010" not in instance


async def test_series_and_instances_at_every_level(web: httpx.AsyncClient, three: list[Dataset]) -> None:
    first = three[0]
    study, series, sop = first.StudyInstanceUID, first.SeriesInstanceUID, first.SOPInstanceUID
    assert uids(await web.get(f"/studies/{study}/series"), "0020000E") == [series]
    assert uids(await web.get("/series?Modality=ECG"), "0020000E") == [three[1].SeriesInstanceUID]
    assert uids(await web.get("/series?SeriesNumber=2&PatientID=P1"), "0020000E") == [series]
    assert uids(await web.get(f"/studies/{study}/instances"), "00080018") == [sop]
    assert uids(await web.get(f"/studies/{study}/series/{series}/instances"), "00080018") == [sop]
    assert uids(await web.get(f"/instances?SOPInstanceUID={sop}"), "00080018") == [sop]
    assert uids(await web.get(f"/studies/{study}/instances?InstanceNumber=7"), "00080018") == []
    (instance,) = (await web.get(f"/studies/{study}/instances")).json()
    assert instance["00083002"]["Value"] == ["1.2.840.10008.1.2.1"]
    assert (instance["00280010"]["Value"], instance["00280011"]["Value"]) == ([3], [4])
    assert instance["00080060"]["Value"] == ["CT"]


async def test_no_match_is_an_empty_list(web: httpx.AsyncClient, three: list[Dataset]) -> None:
    answer = await web.get("/studies?PatientID=NOBODY")
    assert (answer.status_code, answer.json()) == (200, [])


async def test_the_foreign_is_as_unknown(web: httpx.AsyncClient, three: list[Dataset]) -> None:
    foreign = three[3]
    assert uids(await web.get(f"/instances?SOPInstanceUID={foreign.SOPInstanceUID}")) == []
    for tail in ("series", "instances", f"series/{foreign.SeriesInstanceUID}/instances"):
        theirs = await web.get(f"/studies/{foreign.StudyInstanceUID}/{tail}")
        unknown = await web.get(f"/studies/1.2.3/{tail}")
        assert theirs.status_code == unknown.status_code == 404
        assert theirs.json()["code"] == unknown.json()["code"]
    mine = await web.get(f"/studies/{three[0].StudyInstanceUID}/series", headers={"X-Who": "nothing"})
    assert mine.status_code == 404
    assert uids(await web.get("/studies", headers={"X-Who": "nothing"})) == []


async def test_a_shared_copy_hides_the_other_institutions(web: httpx.AsyncClient, archived: Archive) -> None:
    dataset = a_ct()
    archived(file_bytes(dataset))
    archived(file_bytes(dataset), CITY)
    assert uids(await web.get(f"/studies/{dataset.StudyInstanceUID}/series"), "0020000E") == [
        dataset.SeriesInstanceUID
    ]


async def test_without_sign_in_nothing_is_said(web: httpx.AsyncClient, three: list[Dataset]) -> None:
    for path in ("/studies", "/series", "/instances", f"/studies/{three[0].StudyInstanceUID}/series"):
        assert (await web.get(path, headers={"X-Who": ""})).status_code == 401


UNMATCHABLE = [
    "PatientNam=x",
    "StudyDate=yesterday",
    "SeriesNumber=two",
    "StudyInstanceUID=1.2.x",
    "limit=-1",
    "limit=many",
    "PixelData=1",
    "includefield=Nonsense",
    "SeriesInstanceUID=1.2",
    "SOPClassUID=1.2",
    "PatientID=P1&PatientID=P2",
    "StudyDate=２０２６０１０１",
    "limit=١",
    f"PatientID={'9' * 5_000}",
    "StudyInstanceUID=" + ",".join(["1.2"] * 300),
]


async def test_what_cannot_be_matched_is_refused_not_ignored(web: httpx.AsyncClient) -> None:
    for query in UNMATCHABLE:
        answer = await web.get(f"/studies?{query}")
        assert answer.status_code == 400, query
        assert answer.json()["code"] == "dicomweb.query_refused", query
        assert answer.json()["params"]["fault"], query


async def test_only_json_is_spoken(web: httpx.AsyncClient, three: list[Dataset]) -> None:
    for accept in ("application/dicom+json", "application/json", "*/*", "text/html, application/*;q=0.5"):
        assert (await web.get("/studies", headers={"Accept": accept})).status_code == 200
    refused = await web.get("/studies", headers={"Accept": "application/dicom+xml"})
    assert refused.json()["code"] == "dicomweb.not_acceptable"


@pytest.mark.samples
async def test_names_are_what_the_facts_say(web: httpx.AsyncClient, archived: Archive, samples: Path) -> None:
    for file, owner in (("chrX1.dcm", COUNTY), ("chrX2.dcm", CITY)):
        archived((samples / "charset" / file).read_bytes(), owner)
    facts = json.loads((samples / "FACTS.json").read_text())
    for file, who in (("chrX1.dcm", "county"), ("chrX2.dcm", "city")):
        (study,) = (await web.get("/studies", headers={"X-Who": who})).json()
        latin, characters, _ = facts[f"charset/{file}"]["pn_groups"]
        assert study[NAME]["Value"] == [{"Alphabetic": latin, "Ideographic": characters}]


async def test_all_fields_are_those_of_the_level(web: httpx.AsyncClient, archived: Archive) -> None:
    dataset = a_ct(StationName="CT1", PatientAge="056Y", OperatorsName="Zhao", WindowCenter="40")
    archived(file_bytes(dataset))
    (study,) = (await web.get("/studies?includefield=all")).json()
    (series,) = (await web.get("/series?includefield=all")).json()
    below = f"/studies/{dataset.StudyInstanceUID}"
    (inner,) = (await web.get(f"{below}/series?includefield=all")).json()
    (instance,) = (await web.get(f"{below}/instances?includefield=all")).json()
    age, station, window = "00101010", "00081010", "00281050"
    assert [age in found for found in (study, series, inner, instance)] == [True, True, False, True]
    assert [station in found for found in (study, series, inner, instance)] == [False, True, True, True]
    assert [window in found for found in (study, series, inner, instance)] == [False, False, False, True]
    assert "7FE00010" not in instance
    assert list(instance) == sorted(instance)


async def test_a_field_inside_a_sequence_brings_the_sequence(
    web: httpx.AsyncClient, archived: Archive
) -> None:
    request, wave = Dataset(), Dataset()
    request.RequestedProcedureID = "RP1"
    wave.add_new(0x54001010, "OW", bytes(4_000))
    archived(
        file_bytes(a_ct(RequestAttributesSequence=Sequence([request]), WaveformSequence=Sequence([wave])))
    )
    (series,) = (await web.get("/series?includefield=00400275.00401001&includefield=54000100")).json()
    assert series["00400275"]["Value"][0]["00401001"]["Value"] == ["RP1"]
    assert "54000100" not in series, "its bulk data has no address in a search"


async def test_a_page_cut_short_by_our_limit_says_so(web: httpx.AsyncClient, three: list[Dataset]) -> None:
    for query, warned in (("limit=1", False), ("", False), ("limit=2000", False)):
        assert ("warning" in (await web.get(f"/studies?{query}")).headers) is warned, query


async def test_more_than_our_page_is_told(web: httpx.AsyncClient, archived: Archive) -> None:
    first = a_ct()
    for number in range(102):
        archived(
            file_bytes(
                a_ct(
                    StudyInstanceUID=first.StudyInstanceUID,
                    SeriesInstanceUID=first.SeriesInstanceUID,
                    InstanceNumber=str(number),
                )
            )
        )
    page = await web.get("/instances")
    assert len(page.json()) == 100
    assert page.headers["warning"].startswith('299 lianzhen "The number of results exceeded')
    rest = await web.get("/instances?offset=100")
    assert len(rest.json()) == 2
    assert "warning" not in rest.headers


async def test_a_search_can_be_headed_and_compressed(web: httpx.AsyncClient, three: list[Dataset]) -> None:
    full = await web.get("/studies", headers={"Accept-Encoding": "gzip"})
    assert full.headers["content-encoding"] == "gzip"
    plain = await web.get("/studies", headers={"Accept-Encoding": "gzip;q=0, br"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == full.json()
    head = await web.head("/studies", headers={"Accept-Encoding": "identity"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == plain.headers["content-length"]
