import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from consult_server.consults.domain import CaseKind, ServiceLine
from consult_server.reports.document import (
    CHARACTERS_MAX,
    DocumentStatus,
    DocumentTooLong,
    DocumentUnreadable,
    ReportDocument,
    Section,
    Signatory,
    age_text,
    canonical_bytes,
    content_sha256,
    read_document,
    verification_payload,
)
from tests.factories.documents import BEIJING, a_document

EXAMPLE = a_document()

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
moment = st.datetimes(timezones=st.sampled_from([UTC, BEIJING, timezone(timedelta(hours=-3, minutes=-30))]))
signatory = st.builds(Signatory, name=text, title=text, at=moment)
other_values: dict[object, st.SearchStrategy[Any]] = {
    str: text,
    CaseKind: st.sampled_from(CaseKind),
    ServiceLine: st.sampled_from(ServiceLine),
    DocumentStatus: st.sampled_from(DocumentStatus),
    date: st.dates(),
    datetime | None: st.none() | moment,
    tuple[Section, ...]: st.lists(st.builds(Section, key=text, label=text, text=text), max_size=3).map(tuple),
    bool | None: st.sampled_from([None, True, False]),
    bool: st.booleans(),
    Signatory: signatory,
    Signatory | None: st.none() | signatory,
    int: st.integers(1, 10_000),
}
by_name: dict[str, st.SearchStrategy[Any]] = {
    "patient_sex": st.sampled_from(["M", "F", "O"]),
    "language": st.sampled_from(["zh-CN", "en"]),
}
documents = st.builds(
    ReportDocument,
    **{
        field.name: by_name[field.name] if field.name in by_name else other_values[field.type]
        for field in fields(ReportDocument)
    },
)


def test_the_canonical_form_is_sorted_json_without_white_space_in_utf_8() -> None:
    made = canonical_bytes(EXAMPLE)
    assert made.startswith(
        b'{"accession_number":"CT20261121-0417","case_kind":"diagnosis","clinical_question":'
    )
    assert '"patient_name":"仇大山"'.encode() in made
    assert b'"study_at":"2026-11-21T10:31:00+08:00"' in made
    assert '{"key":"findings","label":"检查所见","text":"左肺下叶结节。\\n余肺清晰。"}'.encode() in made
    content = json.loads(made)
    assert content["format"] == "lianzhen.report/1"
    assert set(content) == {field.name for field in fields(ReportDocument)} | {"format"}
    assert made == json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def test_the_digest_is_that_of_the_canonical_bytes() -> None:
    assert content_sha256(EXAMPLE) == sha256(canonical_bytes(EXAMPLE)).hexdigest()


@pytest.mark.parametrize("name", [field.name for field in fields(ReportDocument)])
@given(data=st.data())
@settings(max_examples=30)
def test_every_change_of_any_field_changes_the_digest(name: str, data: st.DataObject) -> None:
    kind = next(field.type for field in fields(ReportDocument) if field.name == name)
    value = data.draw(by_name[name] if name in by_name else other_values[kind])
    before = getattr(EXAMPLE, name)
    changed = replace(EXAMPLE, **{name: value})
    assert (content_sha256(changed) != content_sha256(EXAMPLE)) == (repr(value) != repr(before))


def test_moving_text_from_one_section_to_the_next_changes_the_digest() -> None:
    def with_texts(*texts: str) -> ReportDocument:
        return replace(EXAMPLE, sections=tuple(Section(key="k", label="l", text=t) for t in texts))

    assert content_sha256(with_texts("ab", "c")) != content_sha256(with_texts("a", "bc"))


@given(document=documents)
def test_what_is_written_is_read_back_equal(document: ReportDocument) -> None:
    read = read_document(canonical_bytes(document))
    assert read == document
    assert canonical_bytes(read) == canonical_bytes(document)


@given(data=st.data())
def test_one_changed_byte_is_another_document_or_none(data: st.DataObject) -> None:
    whole = canonical_bytes(EXAMPLE)
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda value: value != whole[place]))
    try:
        read = read_document(whole[:place] + bytes([other]) + whole[place + 1 :])
    except DocumentUnreadable:
        return
    assert content_sha256(read) != content_sha256(EXAMPLE)


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b"{}", id="no format"),
        pytest.param(b'{"format":"lianzhen.report/1"}', id="nothing else"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(canonical_bytes(EXAMPLE) + b" ", id="white space after"),
        pytest.param(canonical_bytes(EXAMPLE).replace(b'":', b'": ', 1), id="white space within"),
        pytest.param(canonical_bytes(EXAMPLE).replace(b"report/1", b"report/9"), id="another format"),
        pytest.param(
            canonical_bytes(EXAMPLE).replace(b'"version":1', b'"version":1,"x":1'), id="one field more"
        ),
        pytest.param(canonical_bytes(EXAMPLE).replace(b'"version":1', b'"version":"one"'), id="a wrong type"),
        pytest.param(canonical_bytes(EXAMPLE).replace(b"10:31:00+08:00", b"10:31:00"), id="no offset"),
    ],
)
def test_what_is_not_a_canonical_report_is_refused(damaged: bytes) -> None:
    with pytest.raises(DocumentUnreadable):
        read_document(damaged)


def test_a_moment_without_its_offset_is_refused() -> None:
    with pytest.raises(DocumentUnreadable):
        replace(EXAMPLE, study_at=datetime(2026, 11, 21, 10, 31))  # noqa: DTZ001 - that is the point


def test_text_that_is_not_unicode_is_refused() -> None:
    with pytest.raises(DocumentUnreadable):
        canonical_bytes(replace(EXAMPLE, impression="\ud800"))


def test_the_length_has_a_limit_that_counts_every_text() -> None:
    spent = sum(
        len(value) for field in fields(EXAMPLE) if isinstance(value := getattr(EXAMPLE, field.name), str)
    )
    room = CHARACTERS_MAX - spent
    full = replace(EXAMPLE, sections=(Section(key="", label="", text="字" * room),))
    with pytest.raises(DocumentTooLong):
        replace(full, recommendation="字")


@pytest.mark.parametrize(
    "birth, on, chinese, english",
    [
        (date(2026, 11, 21), date(2026, 11, 21), "0天", "0 d"),
        (date(2026, 10, 25), date(2026, 11, 21), "27天", "27 d"),
        (date(2026, 10, 24), date(2026, 11, 21), "0个月", "0 mo"),
        (date(2026, 10, 21), date(2026, 11, 21), "1个月", "1 mo"),
        (date(2024, 11, 22), date(2026, 11, 21), "23个月", "23 mo"),
        (date(2024, 11, 21), date(2026, 11, 21), "2岁", "2 y"),
        (date(2023, 8, 21), date(2026, 11, 21), "3岁3个月", "3 y 3 mo"),
        (date(2020, 11, 22), date(2026, 11, 21), "5岁11个月", "5 y 11 mo"),
        (date(2020, 11, 21), date(2026, 11, 21), "6岁", "6 y"),
        (date(2019, 5, 12), date(2026, 11, 21), "7岁", "7 y"),
        (date(1955, 2, 3), date(2026, 2, 2), "70岁", "70 y"),
        (date(1955, 2, 3), date(2026, 2, 3), "71岁", "71 y"),
        (date(2000, 2, 29), date(2026, 2, 28), "26岁", "26 y"),
        (date(2026, 1, 31), date(2026, 2, 28), "1个月", "1 mo"),
        (date(2026, 11, 22), date(2026, 11, 21), "", ""),
    ],
)
def test_ages_are_told_as_documents_tell_them(birth: date, on: date, chinese: str, english: str) -> None:
    assert age_text(birth, on, "zh-CN") == chinese
    assert age_text(birth, on, "en") == english


def test_the_age_is_that_of_the_day_of_the_study() -> None:
    late = replace(EXAMPLE, patient_birth_date=date(2020, 11, 21))
    assert late.age == "6岁"
    assert replace(late, study_at=datetime(2026, 11, 20, 9, 0, tzinfo=BEIJING)).age == "5岁11个月"
    assert replace(late, study_at=None).age == "6岁"


def test_the_code_to_scan_names_the_page_and_the_digest_but_nobody() -> None:
    payload = verification_payload(EXAMPLE)
    assert payload == f"https://lianzhen.example/verify/YL20261121-0031#sha256={content_sha256(EXAMPLE)}"
    offline = verification_payload(replace(EXAMPLE, verify_url=""))
    assert offline.startswith("urn:lianzhen:report:YL20261121-0031:1#sha256=")
    for secret in (EXAMPLE.patient_name, EXAMPLE.patient_id, EXAMPLE.accession_number):
        assert secret not in payload
        assert secret not in offline
