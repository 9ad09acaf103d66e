import pytest
from pydicom import Dataset
from pydicom.sequence import Sequence

from tests.viewer.ecg.waveforms import code
from viewer.ecg import dicom_facts
from viewer.ecg.model import StatedValue


def annotation(scheme: str, value: str, unit: str, number: str) -> Dataset:
    item = Dataset()
    item.ConceptNameCodeSequence = code(value, scheme, "")
    item.MeasurementUnitsCodeSequence = code(unit, "UCUM", unit)
    item.NumericValue = number
    return item


def annotated(*items: Dataset) -> Dataset:
    ds = Dataset()
    ds.WaveformAnnotationSequence = Sequence(items)
    return ds


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "attributes, moment",
    [
        ({"AcquisitionDateTime": "20261121103812.5+0800"}, "2026-11-21T10:38:12.500000+08:00"),
        ({"AcquisitionDateTime": "20261121103812"}, "2026-11-21T10:38:12"),
        ({"AcquisitionDateTime": "202611211038"}, "2026-11-21T10:38:00"),
        (
            {"AcquisitionDateTime": "20261121103812", "TimezoneOffsetFromUTC": "-0330"},
            "2026-11-21T10:38:12-03:30",
        ),
        (
            {"AcquisitionDateTime": "", "ContentDate": "20261121", "ContentTime": "103812.25"},
            "2026-11-21T10:38:12.250000",
        ),
        ({"ContentDate": "20261121", "StudyDate": "20261120", "StudyTime": "2301"}, "2026-11-21T00:00:00"),
        ({"StudyDate": "20261120", "StudyTime": "230100"}, "2026-11-20T23:01:00"),
        ({"AcquisitionDateTime": "20261321103812", "StudyDate": "20260101"}, "2026-01-01T00:00:00"),
        ({}, None),
    ],
)
def test_when_it_was_recorded(attributes: dict[str, str], moment: str | None) -> None:
    ds = Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    found = dicom_facts.acquired_at(ds)
    assert (found and found.isoformat()) == moment


@pytest.mark.parametrize(
    "written", ["20260230", "yesterday", "2026112110381299", "20261121246000", "9" * 200, "20260101+9999"],
)  # fmt: skip
def test_impossible_moments_are_none(written: str) -> None:
    assert dicom_facts.moment_of([written], "") is None


def test_the_chinese_name_comes_first() -> None:
    ds = Dataset()
    ds.PatientName = "Shan^Jianguo=单^建国"
    assert dicom_facts.patient(ds).name == "单建国"
    ds.PatientName = "Shan^Jianguo"
    assert dicom_facts.patient(ds).name == "Shan Jianguo"
    ds.PatientName = ""
    assert dicom_facts.patient(ds).name == ""
    assert dicom_facts.patient(Dataset()).name == ""


def test_measurements_are_those_written_once_each_in_their_unit() -> None:
    found = dicom_facts.stated_values(annotated(
        annotation("SCPECG", "5.10.2.1-3", "ms", "982"),
        annotation("SCPECG", "5.10.2.1-3", "ms", "700"),
        annotation("MDC", "2:16156", "ms", "94"),
        annotation("MDC", "2:15880", "ms", "412"),
        annotation("LN", "8867-4", "/min", "72"),
        annotation("MDC", "2:16132", "deg", "0"),
    ))  # fmt: skip
    assert found == (
        StatedValue(key="rr", value=982.0, unit="ms"),
        StatedValue(key="qrs", value=94.0, unit="ms"),
        StatedValue(key="qtc_bazett", value=412.0, unit="ms"),
        StatedValue(key="heart_rate", value=72.0, unit="/min"),
        StatedValue(key="qrs_axis", value=0.0, unit="deg"),
    )


@pytest.mark.parametrize(
    "item",
    [
        annotation("SCPECG", "5.10.2.1-3", "ms", "0"),
        annotation("SCPECG", "5.10.2.1-3", "s", "0.98"),
        annotation("SCPECG", "5.99", "ms", "100"),
        annotation("99LOCAL", "5.10.2.1-3", "ms", "100"),
        Dataset(),
    ],
)
def test_what_is_not_measured_or_not_understood_is_left_out(item: Dataset) -> None:
    assert dicom_facts.stated_values(annotated(item)) == ()


def test_sentences_of_the_recorder() -> None:
    first, second = Dataset(), Dataset()
    first.UnformattedTextValue, second.UnformattedTextValue = " RITMO SINUSALE ", ""
    assert dicom_facts.statements(annotated(first, second)) == ("RITMO SINUSALE",)
    assert dicom_facts.statements(Dataset()) == ()
