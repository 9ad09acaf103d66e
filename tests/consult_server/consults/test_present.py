"""From rows to what lists and pages are told: nothing lost, nothing of another row, no number whole."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from config.kernel.principal import Principal, Proof
from consult_server.consults import present
from consult_server.consults.domain import CaseKind, ServiceLine, Status, Urgency, Verb, possible_verbs
from consult_server.consults.present import Lookups, row_out
from consult_server.consults.tables import Consult
from consult_server.identity.domain import Role
from dicom_node.archive.tables import Study
from tests.factories.rows import CITY, COUNTY, NOW, TOWNSHIP, a_consult, a_patient, an_account, an_institution
from tests.factories.studies import a_study

APPLICANT = an_account("a-applicant", name="周丽", institution_id=TOWNSHIP)
SPECIALIST = an_account("a-specialist", name="许诺")


def caller(role: Role, institution_id: str, account_id: str = "somebody") -> Principal:
    return Principal(
        account_id=account_id,
        name="",
        institution_id=institution_id,
        roles=frozenset({role.value}),
        proof=Proof.SESSION,
    )


COORDINATOR = caller(Role.COORDINATOR, COUNTY)


def the_study(institution_id: str = TOWNSHIP, uid: str = "1.2.3", **given: Any) -> Study:
    return a_study(institution_id=institution_id, study_instance_uid=uid, now=NOW, **given)


def the_lookups(*studies: Study, **given: Any) -> Lookups:
    places = [an_institution(), an_institution(COUNTY, "云岭县人民医院"), an_institution(CITY, "江州市医院")]
    whole: dict[str, Any] = {
        "institutions": {place.institution_id: place for place in places},
        "accounts": {account.account_id: account for account in (APPLICANT, SPECIALIST)},
        "patients": {"p1": a_patient()},
        "studies": {(study.institution_id, study.study_instance_uid): study for study in studies},
    }
    return Lookups(**(whole | given))


def told(row: Consult, found: Lookups | None = None, principal: Principal = COORDINATOR) -> dict[str, Any]:
    return row_out(row, found or the_lookups(the_study()), principal).model_dump()


def test_a_whole_row() -> None:
    out = told(a_consult())
    assert out["patient"] == {"name": "仇大山", "sex": "M", "birth_date": a_patient().birth_date}
    assert out["inviting"] == {"institution_id": TOWNSHIP, "name": "石桥镇中心卫生院", "doctor": "周丽"}
    assert out["invited"] == {"institution_id": COUNTY, "name": "云岭县人民医院", "doctor": "许诺"}
    assert out["specialist"] == {"account_id": "a-specialist", "name": "许诺"}
    assert out["images"] == {"received": 3, "settled": True}
    assert (out["case_kind"], out["urgency"], out["status"]) == ("diagnosis", "urgent", "reporting")


@pytest.mark.parametrize(
    "name",
    [
        "consult_id",
        "number",
        "version",
        "question",
        "chief_complaint",
        "modality",
        "study_description",
        "accession_number",
        "study_instance_uid",
        "created_at",
        "submitted_at",
        "due_at",
        "signed_at",
    ],
)
def test_what_is_told_as_it_is_kept(name: str) -> None:
    given = a_consult(signed_at=NOW + timedelta(hours=1))
    assert told(given)[name] == getattr(given, name)


@pytest.mark.parametrize(
    "given,name",
    [
        ({"patient_id": None}, "patient"),
        ({"invited_institution_id": None, "specialist_id": None}, "invited"),
        ({"specialist_id": None}, "specialist"),
        ({"study_instance_uid": None}, "images"),
        ({"submitted_at": None}, "submitted_at"),
        ({"due_at": None}, "due_at"),
        ({}, "signed_at"),
    ],
)
def test_what_a_draft_has_not_yet_is_nothing(given: dict[str, Any], name: str) -> None:
    assert told(a_consult(**given))[name] is None


def test_the_doctor_of_a_side_is_nameless_until_there_is_one() -> None:
    assert told(a_consult(specialist_id=None))["invited"]["doctor"] == ""
    gone = the_lookups(the_study(), accounts={})
    out = told(a_consult(), gone)
    assert (out["inviting"]["doctor"], out["specialist"]) == ("", None)


@pytest.mark.parametrize(
    "studies,images",
    [
        ([the_study(instances=412)], {"received": 412, "settled": True}),
        ([the_study(settled=False)], {"received": 3, "settled": False}),
        ([the_study(COUNTY)], None),
        ([the_study(uid="1.2.3.4")], None),
        ([the_study(CITY, instances=9), the_study(instances=5)], {"received": 5, "settled": True}),
        ([], None),
    ],
)
def test_images_are_those_the_inviting_side_sent(studies: list[Study], images: dict[str, Any] | None) -> None:
    """The same UID from two hospitals is two studies."""
    assert told(a_consult(), the_lookups(*studies))["images"] == images


def test_a_row_of_a_list_has_no_number_of_the_patient() -> None:
    text = row_out(a_consult(), the_lookups(the_study()), COORDINATOR).model_dump_json()
    patient = a_patient()
    for secret in (patient.id_no, patient.phone, patient.identifier, "吸烟", "痰中带血"):
        assert secret not in text


PRINCIPALS = [
    caller(role, place, account)
    for role in Role
    for place in (TOWNSHIP, COUNTY, CITY)
    for account in ("a-specialist", "a-applicant", "somebody")
]


@pytest.mark.parametrize("status", list(Status))
def test_verbs_are_those_of_the_table_for_whoever_looks(status: Status) -> None:
    row = a_consult(status=status.value)
    for principal in PRINCIPALS:
        verbs = told(row, principal=principal)["verbs"]
        assert verbs == possible_verbs(row.standing, principal)
        if principal.institution_id == CITY and principal.account_id != "a-specialist":
            assert verbs == [], "a place that has no part in a case has no step in it"
        assert len(set(verbs)) == len(verbs)


def test_only_who_reads_may_sign() -> None:
    row = a_consult(status="reporting")
    may = [p for p in PRINCIPALS if Verb.SIGN in told(row, principal=p)["verbs"]]
    assert {p.account_id for p in may} == {"a-specialist"}
    assert {role for p in may for role in p.roles} == {Role.SPECIALIST.value, Role.AUDITOR.value}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(CaseKind),
            st.sampled_from(ServiceLine),
            st.sampled_from(Urgency),
            st.sampled_from(Status),
        ),
        max_size=5,
    )
)
def test_every_word_that_may_be_kept_can_be_told(words: list[tuple[str, str, str, str]]) -> None:
    for case_kind, line, urgency, status in words:
        out = told(a_consult(case_kind=case_kind, service_line=line, urgency=urgency, status=status))
        assert (out["case_kind"], out["service_line"], out["urgency"]) == (case_kind, line, urgency)
        assert out["status"] == status


@pytest.mark.parametrize("name,value", [("case_kind", "opinion"), ("urgency", "soon"), ("status", "")])
def test_a_word_that_may_not_be_kept_is_not_told_as_another(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        told(a_consult(**{name: value}))


# --- Arrivals -----------------------------------------------------------------------------------


def arrival(study: Study, consult: Consult | None = None, place: str = "石桥镇中心卫生院") -> dict[str, Any]:
    return present._arrival(study, consult, place).model_dump()


@pytest.mark.parametrize(
    "name",
    [
        "study_instance_uid",
        "institution_id",
        "patient_name",
        "patient_id",
        "patient_sex",
        "patient_birth_date",
        "study_date",
        "study_time",
        "study_description",
        "accession_number",
        "modalities",
        "series_count",
        "instance_count",
        "source_ae_title",
        "first_received_at",
        "last_received_at",
    ],
)
def test_an_arrival_is_told_as_the_archive_has_it(name: str) -> None:
    study = the_study()
    assert arrival(study)[name] == getattr(study, name)


@pytest.mark.parametrize("settled", [True, False])
def test_an_arrival_says_whether_all_of_it_is_there(settled: bool) -> None:
    assert arrival(the_study(settled=settled))["settled"] is settled


def test_an_arrival_names_its_case_and_its_place_where_it_may() -> None:
    alone, asked = arrival(the_study(), place=""), arrival(the_study(), a_consult())
    assert (alone["consult_id"], alone["consult_number"], alone["institution_name"]) == (None, None, "")
    assert (asked["consult_id"], asked["consult_number"]) == ("c1", "D20261121-0417")
    assert asked["institution_name"] == "石桥镇中心卫生院"
