"""What demonstration images say of patient, study and device: whole, always the same, plainly nobody's."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from consult_server.demo import cast
from consult_server.demo.header import (
    CHINA,
    Examination,
    SeriesFacts,
    code,
    grey_pixels,
    image_dataset,
    windows,
)

AT = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
SERIES = SeriesFacts(
    modality="CT", number=2, description="肺窗", after=timedelta(seconds=70), model="Demo CT"
)


def an_examination(**given: Any) -> Examination:
    whole: dict[str, Any] = {
        "patient": cast.PATIENTS[0],
        "accession": "CT20261121-0417",
        "acquired_at": AT,
        "seed": 1,
        "study_instance_uid": None,
        "character_set": cast.UTF_8,
        "institution": "石桥镇中心卫生院",
        "description": "胸部平扫",
    }
    return Examination(**(whole | given))


@given(st.text(max_size=20), st.integers(0, 2**31), st.text(min_size=1, max_size=16))
def test_a_uid_is_one_of_the_uuid_root_and_fits(part: str, seed: int, accession: str) -> None:
    """PS3.5 B.2: 2.25 and a UUID as one number without leading zeros; 9.1: 64 characters at most."""
    uid = an_examination(seed=seed, accession=accession).uid(part)
    assert re.fullmatch(r"2\.25\.(0|[1-9]\d*)", uid)
    assert len(uid) <= 64
    assert uid.is_valid
    assert int(uid.split(".")[2]) < 2**128
    assert uid == an_examination(seed=seed, accession=accession).uid(part)


@pytest.mark.parametrize(
    "changed", [{"seed": 2}, {"accession": "CT20261121-0418"}, {"patient": cast.PATIENTS[1]}]
)
def test_another_examination_has_other_uids(changed: dict[str, Any]) -> None:
    one, other = an_examination(), an_examination(**changed)
    parts = ["study", "1", "1/1", "1/2", "2/1"]
    uids = [exam.uid(part) for exam in (one, other) for part in parts]
    assert len(set(uids)) == 2 * len(parts)


@pytest.mark.parametrize(
    "given", [{"description": "头颅"}, {"institution": "别处"}, {"character_set": cast.GB18030}]
)
def test_a_uid_does_not_hang_on_words_that_may_be_corrected(given: dict[str, Any]) -> None:
    assert an_examination(**given).uid("study") == an_examination().uid("study")


def test_a_series_says_who_when_and_where() -> None:
    ds = image_dataset(an_examination(), SERIES, CTImageStorage, 7)
    patient = cast.PATIENTS[0]
    assert (ds.PatientID, ds.IssuerOfPatientID, ds.PatientSex) == (
        patient.patient_id,
        patient.issuer,
        patient.sex,
    )
    assert ds.PatientName == patient.person_name
    assert (ds.Modality, ds.SeriesNumber, ds.InstanceNumber) == ("CT", 2, 7)
    assert (ds.InstitutionName, ds.StudyDescription) == ("石桥镇中心卫生院", "胸部平扫")
    assert ds.SOPInstanceUID == an_examination().uid("2/7")
    assert ds.SeriesInstanceUID == an_examination().uid("2")
    assert ds.StudyInstanceUID == an_examination().uid("study")
    assert "nobody" in ds.PatientComments


def test_moments_are_those_of_the_hospitals_wall_clock() -> None:
    """18:30 UTC is already the next day in China; the series began 70 s after the study."""
    ds = image_dataset(an_examination(), SERIES, CTImageStorage, 1)
    assert (ds.StudyDate, ds.StudyTime) == ("20261121", "023000")
    assert (ds.SeriesDate, ds.SeriesTime, ds.ContentTime) == ("20261121", "023110", "023110")
    assert ds.TimezoneOffsetFromUTC == "+0800"
    assert CHINA.utcoffset(None) == timedelta(hours=8)


@pytest.mark.parametrize(
    "born,age",
    [
        (date(1955, 11, 21), "071Y"),
        (date(1955, 11, 22), "070Y"),
        (date(2026, 11, 20), "000Y"),
        (date(2020, 2, 29), "006Y"),
        (date(1926, 1, 1), "100Y"),
    ],
)
def test_an_age_is_counted_to_the_day(born: date, age: str) -> None:
    """PS3.5 6.2, AS: three digits and a letter."""
    patient = cast.CastPatient(**(vars(cast.PATIENTS[0]) | {"birth_date": born}))
    ds = image_dataset(an_examination(patient=patient), SERIES, CTImageStorage, 1)
    assert ds.PatientAge == age


@pytest.mark.parametrize("uid", ["1.2.3.4", "2.25.7"])
def test_a_given_study_is_taken(uid: str) -> None:
    ds = image_dataset(an_examination(study_instance_uid=uid), SERIES, CTImageStorage, 1)
    assert ds.StudyInstanceUID == uid
    assert ds.SeriesInstanceUID == an_examination().uid("2")


def test_the_file_head_says_what_the_data_set_says() -> None:
    """PS3.10 7.1."""
    ds = image_dataset(an_examination(), SERIES, CTImageStorage, 1)
    assert ds.file_meta.MediaStorageSOPClassUID == ds.SOPClassUID == CTImageStorage
    assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
    assert ds.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert UID(ds.SOPInstanceUID).is_valid


@pytest.mark.parametrize("character_set", [cast.UTF_8, cast.GB18030])
def test_the_longest_accession_number_is_the_study_id(character_set: str) -> None:
    """PS3.5 6.2, SH: 16 characters at most."""
    ds = image_dataset(
        an_examination(accession="A" * 16, character_set=character_set), SERIES, CTImageStorage, 1
    )
    assert ds.StudyID == "A" * 16
    assert ds.SpecificCharacterSet == character_set


@given(st.integers(1, 16))
def test_grey_pixels_are_sixteen_bits_with_their_high_bit(stored: int) -> None:
    ds = image_dataset(an_examination(), SERIES, CTImageStorage, 1)
    grey_pixels(ds, 512, 384, stored)
    assert (ds.Rows, ds.Columns, ds.BitsAllocated) == (512, 384, 16)
    assert (ds.BitsStored, ds.HighBit) == (stored, stored - 1)
    assert (ds.SamplesPerPixel, ds.PixelRepresentation, ds.PhotometricInterpretation) == (1, 0, "MONOCHROME2")


def test_windows_are_lists_of_one_length() -> None:
    ds = image_dataset(an_examination(), SERIES, CTImageStorage, 1)
    windows(ds, [(-600, 1500, "LUNG"), (40, 400, "SOFT")])
    assert list(ds.WindowCenter) == [-600, 40]
    assert list(ds.WindowWidth) == [1500, 400]
    assert list(ds.WindowCenterWidthExplanation) == ["LUNG", "SOFT"]


def test_a_code_is_a_sequence_of_one() -> None:
    [item] = code("51185008", "SCT", "Thorax")
    assert (item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning) == ("51185008", "SCT", "Thorax")
