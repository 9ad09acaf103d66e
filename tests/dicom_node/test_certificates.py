"""From when until when a certificate holds: as openssl says it, and never a surprise from other bytes."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from dicom_node.certificates import NoCertificate, certificates_in, validity
from tests.dicom_node.certificates import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority and what it signed."""
    made = Authority(tmp_path_factory.mktemp("authority"))
    made.signed("signed")
    return made


def by_openssl(certificate: Path, which: str) -> datetime:
    """The same moment by openssl."""
    words: list[str | Path] = ["openssl", "x509", "-in", certificate, "-noout", f"-{which}date"]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    return datetime.strptime(said.partition("=")[2], "%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)


@pytest.mark.parametrize("name", ["authority", "signed"])
def test_the_dates_are_those_that_openssl_reads(authority: Authority, name: str) -> None:
    certificate = authority.folder / f"{name}.pem"
    [der] = certificates_in(certificate)
    assert validity(der) == (by_openssl(certificate, "start"), by_openssl(certificate, "end"))


def test_a_far_end_is_written_with_four_digits_of_a_year(authority: Authority, tmp_path: Path) -> None:
    """RFC 5280 4.1.2.5: from 2050 on GeneralizedTime."""
    made, key = tmp_path / "far.pem", tmp_path / "far.key"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "12000"]
    words: list[str | Path] = [
        "openssl",
        "req",
        "-x509",
        *kind,
        "-subj",
        "/CN=far",
        "-keyout",
        key,
        "-out",
        made,
    ]
    subprocess.run(words, check=True, capture_output=True)
    [der] = certificates_in(made)
    first, last = validity(der)
    assert last - first == timedelta(days=12_000)
    assert last.year > 2050


def test_every_certificate_of_a_file_counts(authority: Authority, tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    names = ("authority", "signed")
    both.write_text("words\n".join((authority.folder / f"{name}.pem").read_text() for name in names))
    assert len(certificates_in(both)) == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "words",
        "-----BEGIN CERTIFICATE-----\n\u4e2d\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n#\n-----END CERTIFICATE-----",
    ],
)
def test_a_file_without_one_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "file.pem").write_text(text, encoding="utf-8")
    with pytest.raises(NoCertificate):
        [validity(der) for der in certificates_in(tmp_path / "file.pem")]


@given(st.binary(max_size=200))
def test_other_bytes_are_refused_by_name(raw: bytes) -> None:
    with pytest.raises(NoCertificate):
        validity(b"\x30\x82\xff\xff" + raw)


@given(st.data())
def test_a_certificate_with_changed_bytes_is_read_or_refused(
    authority: Authority, data: st.DataObject
) -> None:
    [der] = certificates_in(authority.folder / "signed.pem")
    changed = bytearray(der)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, 160))] = data.draw(st.integers(0, 255))
    try:
        first, last = validity(bytes(changed))
    except NoCertificate:
        return
    assert first.tzinfo is UTC is last.tzinfo


@given(st.integers(0, 400))
def test_half_a_certificate_is_none(authority: Authority, length: int) -> None:
    [der] = certificates_in(authority.folder / "signed.pem")
    with pytest.raises(NoCertificate):
        validity(der[: min(length, len(der) - 1)])
