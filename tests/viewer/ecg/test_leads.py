import pytest

from viewer.ecg.leads import STANDARD_TWELVE, in_standard_order, lead_of_code, lead_of_label


@pytest.mark.parametrize(
    "scheme, value, name",
    [
        ("MDC", "2:1", "I"),
        ("MDC", "2:61", "III"),
        ("MDC", "2:62", "aVR"),
        ("MDC", "2:8", "V6"),
        ("MDC", "2:12", "V4R"),
        ("MDC", "2:112", "aVR"),
        ("MDC", "131075", "V1"),
        ("MDC", "131136", "aVF"),
        ("SCPECG", "5.6.3-9-1", "I"),
        ("SCPECG", "5.6.3-9-64", "aVF"),
        ("scpecg", " 5.6.3-9-8 ", "V6"),
        ("SCPECG", "5.6.3-9-9", "V7"),
        ("MDC", "2:999", None),
        ("MDC", "3:1", None),
        ("MDC", "²", None),
        ("MDC", "9" * 400, None),
        ("SCPECG", "2:1", None),
        ("99LOCAL", "2:1", None),
        ("", "", None),
    ],
)
def test_codes(scheme: str, value: str, name: str | None) -> None:
    assert lead_of_code(scheme, value) == name


@pytest.mark.parametrize(
    "text, name",
    [
        ("Lead I (Einthoven)", "I"),
        ("Lead III", "III"),
        ("ECG LEAD AVR", "aVR"),
        ("aVF", "aVF"),
        ("MDC_ECG_LEAD_V3R", "V3R"),
        ("V1", "V1"),
        ("II", "II"),
        ("-aVR", "-aVR"),
        ("Ventricle", None),
        ("IV", None),
        ("V12", None),
        ("", None),
    ],
)
def test_labels(text: str, name: str | None) -> None:
    assert lead_of_label(text) == name


def test_standard_order_comes_first_and_others_stay_as_they_came() -> None:
    mixed = ["V7", "V2", "aVF", "I", "X", "V1"]
    assert in_standard_order(mixed) == ["I", "aVF", "V1", "V2", "V7", "X"]
    assert in_standard_order(list(reversed(STANDARD_TWELVE))) == list(STANDARD_TWELVE)
