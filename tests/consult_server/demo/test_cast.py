import pytest
from pydicom.charset import decode_bytes, encode_string, python_encoding

from consult_server.demo import cast
from consult_server.identity.domain import Role
from consult_server.patients.domain import checked_id_no


def test_everyone_belongs_to_an_institution_of_the_cast() -> None:
    keys = {place.key for place in cast.INSTITUTIONS}
    people = {person.institution for person in cast.PEOPLE}
    patients = {patient.institution for patient in cast.PATIENTS}
    peers = {peer.institution for peer in cast.PEERS}
    assert people == patients == peers == keys == {"ORG-A", "ORG-B", "ORG-D"}


def test_every_role_is_played_and_user_names_are_plain_pinyin() -> None:
    assert {role for person in cast.PEOPLE for role in person.roles} == set(Role)
    users = [person.user for person in cast.PEOPLE]
    assert len(set(users)) == len(users)
    assert all(user.isascii() and user.islower() and user.isalpha() for user in users)


def test_the_city_hospital_can_ask_and_answer_by_itself() -> None:
    roles = {role for person in cast.PEOPLE if person.institution == cast.CITY.key for role in person.roles}
    assert {Role.APPLICANT, Role.SPECIALIST} <= roles


def test_one_institution_runs_the_centre() -> None:
    assert [place.name for place in cast.INSTITUTIONS if place.runs_centre] == ["云岭县人民医院"]
    assert cast.COUNTY.centre_name == "云岭县远程诊断中心"


@pytest.mark.parametrize("patient", cast.PATIENTS, ids=lambda patient: patient.key)
def test_numbers_are_valid_consistent_and_nobodys(patient: cast.CastPatient) -> None:
    assert checked_id_no(patient.id_no) == patient.id_no
    assert patient.id_no.startswith("9900"), "the division 9900xx does not exist"
    assert patient.birth_date.strftime("%Y%m%d") == patient.id_no[6:14]
    assert patient.sex == ("M" if int(patient.id_no[16]) % 2 else "F")
    assert patient.phone.startswith("1990000")
    assert len(patient.phone) == 11
    assert patient.issuer == cast.institution(patient.institution).issuer
    assert patient.demonstration


def test_keys_and_patient_numbers_are_unique() -> None:
    assert len({patient.key for patient in cast.PATIENTS}) == len(cast.PATIENTS)
    assert len({(patient.issuer, patient.patient_id) for patient in cast.PATIENTS}) == len(cast.PATIENTS)


@pytest.mark.parametrize("patient", cast.PATIENTS, ids=lambda patient: patient.key)
def test_the_dicom_name_has_a_latin_and_a_chinese_group(patient: cast.CastPatient) -> None:
    name = patient.person_name
    assert name.alphabetic == patient.pinyin
    assert name.alphabetic.isascii()
    assert name.ideographic.replace("^", "") == patient.name
    assert name.phonetic == ""


def test_names_divide_where_family_and_given_name_meet() -> None:
    assert str(cast.patient("P01").person_name) == "Shan^Jianguo=单^建国"
    assert str(cast.patient("P03").person_name) == "Yuchi^Guangning=尉迟^广宁"
    assert str(cast.patient("P11").person_name) == "Ayiguli Maimaiti=阿依古丽·买买提"


@pytest.mark.parametrize("character_set", [cast.GB18030, cast.UTF_8])
@pytest.mark.parametrize("patient", cast.PATIENTS, ids=lambda patient: patient.key)
def test_every_name_survives_each_character_set(patient: cast.CastPatient, character_set: str) -> None:
    encoding = python_encoding[character_set]
    raw = encode_string(patient.name, [encoding])
    assert decode_bytes(raw, [encoding], set()) == patient.name
    assert raw.decode({"GB18030": "gb18030", "ISO_IR 192": "utf-8"}[character_set]) == patient.name


def test_peers_write_both_character_sets_under_legal_titles() -> None:
    assert {peer.character_set for peer in cast.PEERS} == {"GB18030", "ISO_IR 192"}
    for peer in cast.PEERS:
        assert 0 < len(peer.ae_title) <= 16
        assert peer.ae_title.isascii()
        assert cast.peer(peer.ae_title) is peer
