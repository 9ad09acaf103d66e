"""From rows to the document that is signed: every word in its place, every moment in the hospital's zone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from consult_server.consults.domain import CaseKind, ServiceLine
from consult_server.reports.compose import TITLES, CaseFacts, compose, in_zone, latin_name, study_moment
from consult_server.reports.document import DocumentStatus, canonical_bytes, read_document
from consult_server.reports.templates import load
from dicom_node.archive.tables import Study
from tests.factories.rows import COUNTY, NOW, a_consult, a_patient, a_report, an_account, an_institution
from tests.factories.studies import a_study

SHANGHAI, KOLKATA, LORD_HOWE = (
    ZoneInfo(name) for name in ("Asia/Shanghai", "Asia/Kolkata", "Australia/Lord_Howe")
)
LIBRARY = load()
SOON = datetime.fromisoformat("1950-01-01"), datetime.fromisoformat("2150-01-01")
DRAFT, FINAL = DocumentStatus.DRAFT, DocumentStatus.FINAL


def the_study(**given: Any) -> Study:
    study = a_study(institution_id="i", study_instance_uid="1.2.3", now=NOW)
    for name, value in given.items():
        setattr(study, name, value)
    return study


def the_facts(**given: Any) -> CaseFacts:
    whole: dict[str, Any] = {
        "consult": a_consult(),
        "patient": a_patient(),
        "study": the_study(),
        "inviting": an_institution(),
        "invited": an_institution(COUNTY, "云岭县人民医院"),
        "reader": an_account(),
        "template": LIBRARY.get("general"),
        "report": a_report(),
        "zone": SHANGHAI,
    }
    return CaseFacts(**(whole | given))


@pytest.mark.parametrize(
    "day,clock,moment",
    [
        ("20260302", "091500", "2026-03-02T09:15:00+08:00"),
        ("20260302", "091500.123456", "2026-03-02T09:15:00+08:00"),
        ("20260302", "0915", "2026-03-02T09:15:00+08:00"),
        ("20260302", "09", "2026-03-02T09:00:00+08:00"),
        ("20260302", "", "2026-03-02T00:00:00+08:00"),
        ("20260302", "235959", "2026-03-02T23:59:59+08:00"),
        ("20240229", "120000", "2024-02-29T12:00:00+08:00"),
        ("20260302", "0915 ", "2026-03-02T09:15:00+08:00"),
        ("19900701", "120000", "1990-07-01T12:00:00+09:00"),
    ],
)
def test_when_a_study_was_made(day: str, clock: str, moment: str) -> None:
    """PS3.5 6.2: a time may be cut off from the right. China had summer time until 1991."""
    found = study_moment(the_study(study_date=day, study_time=clock), SHANGHAI)
    assert found is not None
    assert found.isoformat() == moment


@pytest.mark.parametrize(
    "day,clock",
    [
        ("", ""),
        ("", "091500"),
        ("2026", "091500"),
        ("202603", "091500"),
        ("2026032", "091500"),
        ("20260302", "9"),
        ("20260302", "235"),
        ("20260302", "09150"),
        ("20260302", "09:15"),
        ("20260302", "250000"),
        ("20260302", "096100"),
        ("20260302", "235960"),
        ("20260229", "120000"),
        ("20261301", "120000"),
        ("00000101", "120000"),
        ("2026-3-2", "120000"),
        ("２０２６０３０２", "120000"),
        ("20260302", "０９"),
        ("20260302", "-1"),
        ("20260302x", "12"),
    ],
)
def test_half_a_date_is_no_moment_and_is_never_guessed(day: str, clock: str) -> None:
    """202603 with 091500 must not be printed as the ninth of March, 15:00."""
    assert study_moment(the_study(study_date=day, study_time=clock), SHANGHAI) is None


def test_without_a_study_there_is_no_moment() -> None:
    assert study_moment(None, SHANGHAI) is None
    assert latin_name(None) == ""


@given(st.datetimes(min_value=SOON[0], max_value=SOON[1]))
def test_a_written_moment_is_read_back(written: datetime) -> None:
    study = the_study(study_date=f"{written:%Y%m%d}", study_time=f"{written:%H%M%S}")
    found = study_moment(study, SHANGHAI)
    assert found is not None
    wall = found.astimezone(SHANGHAI).replace(tzinfo=None)
    assert wall - written.replace(microsecond=0) in {timedelta(0), timedelta(hours=1)}, (
        "or an hour that was left out"
    )


@pytest.mark.parametrize(
    "zone,offset",
    [
        (SHANGHAI, timedelta(hours=8)),
        (KOLKATA, timedelta(hours=5, minutes=30)),
        (LORD_HOWE, timedelta(hours=11)),
        (ZoneInfo("UTC"), timedelta(0)),
    ],
)
def test_a_moment_keeps_the_offset_of_its_day_and_no_rule(zone: ZoneInfo, offset: timedelta) -> None:
    """A document must say the same when a country changes its clocks later."""
    there = in_zone(NOW, zone)
    assert there == NOW
    assert there.utcoffset() == offset
    assert not isinstance(there.tzinfo, ZoneInfo)


@pytest.mark.parametrize(
    "name,latin",
    [
        ("Qiu^Dashan=仇^大山", "Qiu^Dashan"),
        ("Qiu^Dashan", "Qiu^Dashan"),
        ("仇^大山", ""),
        ("=仇^大山", ""),
        ("Müller^Jörg", ""),
        ("", ""),
        ("Qiu^Dashan==qiú^dàshān", "Qiu^Dashan"),
    ],
)
def test_the_latin_name_is_the_first_group_alone(name: str, latin: str) -> None:
    assert latin_name(the_study(patient_name=name)) == latin


def test_everything_is_in_its_place() -> None:
    document = compose(the_facts(), NOW, DRAFT)
    assert document.title == "云岭县人民医院远程影像诊断报告"
    assert (document.institution_inviting, document.institution_invited) == (
        "石桥镇中心卫生院",
        "云岭县人民医院",
    )
    assert (document.patient_name, document.patient_id) == ("仇大山", "SQZX2600005")
    assert (document.item, document.accession_number) == ("胸部平扫", "CT20261121-0417")
    assert document.clinical_question == "结节是否增大？"
    assert (document.impression, document.recommendation) == ("结节增大。", "复查。")
    assert document.number == "R-D20261121-0417"
    assert document.positive is True
    assert document.reporter.at.isoformat() == "2026-11-21T11:05:03+08:00"
    assert (document.reporter.name, document.reporter.title) == ("许诺", "主治医师")


def test_every_kind_of_case_has_its_own_title() -> None:
    assert set(TITLES) == {(kind, line) for kind in CaseKind for line in ServiceLine}
    for (kind, line), title in TITLES.items():
        facts = the_facts(consult=a_consult(case_kind=kind.value, service_line=line.value))
        assert compose(facts, NOW, DRAFT).title == "云岭县人民医院" + title
        assert ("诊断" in title) is (kind is CaseKind.DIAGNOSIS), "only a diagnosis may call itself one"


@pytest.mark.parametrize("template_id", sorted(LIBRARY.templates))
def test_sections_are_those_of_the_form_in_its_order(template_id: str) -> None:
    template = LIBRARY.get(template_id)
    texts = {part.key: f"文字 {part.key}" for part in template.sections} | {"stray": "不属于这个模板"}
    report = a_report(template_id=template_id, sections=texts)
    document = compose(the_facts(template=template, report=report), NOW, DRAFT)
    wanted = [part for part in template.sections if part.key not in {"impression", "recommendation"}]
    assert [(one.key, one.label, one.text) for one in document.sections] == [
        (part.key, part.label.zh, f"文字 {part.key}") for part in wanted
    ]
    assert "不属于这个模板" not in str(document)


def test_an_empty_report_has_empty_sections_and_no_gaps() -> None:
    document = compose(the_facts(report=a_report(sections={}, positive=None)), NOW, DRAFT)
    assert {section.text for section in document.sections} == {""}
    assert (document.impression, document.recommendation, document.positive) == ("", "", None)


@pytest.mark.parametrize("status", list(DocumentStatus))
def test_only_a_final_report_names_who_signed(status: DocumentStatus) -> None:
    document = compose(the_facts(), NOW, status)
    assert (document.signer is not None) is (status is FINAL)
    assert document.signer in {None, document.reporter}
    assert document.status is status


@pytest.mark.parametrize(
    "description,modality,item",
    [("胸部平扫", "CT", "胸部平扫"), ("", "CT", "CT"), ("", "", ""), ("CT 头颅", "CT", "CT 头颅")],
)
def test_the_item_is_what_was_examined(description: str, modality: str, item: str) -> None:
    consult = a_consult(study_description=description, modality=modality)
    assert compose(the_facts(consult=consult), NOW, DRAFT).item == item


@pytest.mark.parametrize("demonstration", [True, False])
def test_a_demonstration_says_so_on_paper(demonstration: bool) -> None:
    facts = the_facts(reader=an_account(demonstration=demonstration))
    assert compose(facts, NOW, FINAL).demonstration is demonstration


def test_a_case_without_a_study_can_be_written_too() -> None:
    facts = the_facts(study=None, consult=a_consult(study_instance_uid=None))
    document = compose(facts, NOW, FINAL)
    assert (document.study_instance_uid, document.study_at, document.patient_name_latin) == ("", None, "")


def test_the_same_facts_give_the_same_bytes_and_another_moment_others() -> None:
    first, again = (canonical_bytes(compose(the_facts(), NOW, FINAL)) for _ in range(2))
    assert first == again
    assert canonical_bytes(compose(the_facts(), NOW + timedelta(seconds=1), FINAL)) != first
    elsewhere = canonical_bytes(compose(replace(the_facts(), zone=KOLKATA), NOW, FINAL))
    assert elsewhere != first


@given(st.datetimes(min_value=SOON[0], max_value=SOON[1], timezones=st.just(UTC)))
def test_whatever_is_composed_can_be_read_back(at: datetime) -> None:
    document = compose(the_facts(), at, FINAL)
    assert read_document(canonical_bytes(document)) == document
