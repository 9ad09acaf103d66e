"""`lianzhen check`: what is looked at, what is said of it, and that no secret is."""

import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from config.settings import Settings, load, secret
from consult_server.check import Finding, _tls, effective, findings, without_password
from consult_server.listening import AddressRefused, port_is_free
from dicom_node.certificates import certificates_in, validity
from dicom_node.tls import CA_FILE, CERTIFICATE_FILE, KEY_FILE
from tests.dicom_node.certificates import Authority
from tests.fixtures.servers import free_port

WORD = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=4, max_size=12)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A folder with a client in it, and ports that nobody uses."""
    client = tmp_path / "client"
    (client / "report-fonts").mkdir(parents=True)
    (client / "index.html").write_text("<p>")
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return with_settings(home, client)


def with_settings(home: Path, client: Path, **more: Any) -> Settings:
    http = {"host": "127.0.0.1", "port": free_port()} | more.pop("http", {})
    dicom = {"host": "127.0.0.1", "port": free_port()} | more.pop("dicom", {})
    return load(home=str(home), http=http, dicom=dicom, web={"client_folder": str(client)}, **more)


def said(settings: Settings, subject: str) -> list[Finding]:
    return [one for one in findings(settings) if one.subject == subject]


def level(settings: Settings, subject: str) -> str:
    [one] = said(settings, subject)
    return one.level


@pytest.mark.parametrize(
    "url,shown",
    [
        ("sqlite:////data/lianzhen.db", "sqlite:////data/lianzhen.db"),
        ("postgresql://u:p@h/d", "postgresql://h/d"),
        ("postgresql://u:p@h:5432/d?sslmode=require&password=p", "postgresql://h:5432/d"),
        ("postgresql://u:a?b@h/d", "postgresql://h/d"),
        ("postgresql://u:a@b@h/d", "postgresql://h/d"),
        ("postgresql://u:a/b@h/d", "postgresql://h/d"),
        ("redis://:p@h:6379/0", "redis://h:6379/0"),
        ("rediss://h", "rediss://h"),
        ("unix:///run/redis.sock", "unix:///run/redis.sock"),
        ("s3://bucket/prefix?endpoint=http://h:1", "s3://bucket/prefix"),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


@given(WORD, WORD, st.sampled_from(["", "?", "@", "/", ":", "?x=", "://"]))
def test_no_part_of_a_password_is_ever_shown(user: str, password: str, inside: str) -> None:
    """SQLAlchemy takes everything up to the last @ for the password, whatever stands in it."""
    whole = f"{password}1{inside}{password}2"
    shown = without_password(f"postgresql://{user}9:{whole}@0.0/0")
    assert shown == "postgresql://0.0/0"


def test_a_fresh_folder_has_no_fault(settings: Settings) -> None:
    levels = {one.subject: one.level for one in findings(settings)}
    assert "FAULT" not in levels.values(), findings(settings)
    assert {"folder", "disk", "database", "redis", "http", "dicom"} <= levels.keys()


def test_every_setting_in_effect_is_shown_and_no_secret(settings: Settings) -> None:
    value = secret(settings, "join_ticket").get_secret_value()
    shown = effective(settings)
    assert f"http.port = {settings.http.port}" in shown.splitlines()
    assert f"in effect: home = '{settings.home_path}'" in shown.splitlines()
    assert "secret join_ticket = ***" in shown.splitlines()
    assert "secret turn_secret" not in shown, "only what there is"
    assert value not in shown


def test_a_line_of_it_reads_in_columns() -> None:
    assert str(Finding("FAULT", "disk", "full")) == "FAULT   disk      full"
    assert str(Finding("ok", "database", "answers")) == "ok      database  answers"


def test_a_folder_that_is_not_there_will_be_made(tmp_path: Path, settings: Settings) -> None:
    later = with_settings(tmp_path / "later" / "home", tmp_path / "client")
    assert level(later, "folder") == "warning"
    assert level(later, "disk") in {"ok", "warning"}
    assert not (tmp_path / "later").exists()


@pytest.mark.parametrize("given", [0o755, 0o711, 0o770])
def test_a_folder_that_others_may_enter_is_a_fault(settings: Settings, given: int) -> None:
    settings.home_path.chmod(given)
    [one] = said(settings, "folder")
    assert (one.level, str(settings.home_path) in one.words) == ("FAULT", True)


def test_a_secret_that_others_may_read_is_a_fault(settings: Settings) -> None:
    secret(settings, "join_ticket")
    (settings.home_path / "secrets" / "join_ticket").chmod(0o644)
    [one] = said(settings, "folder")
    assert one.level == "FAULT"
    assert one.words.endswith("chmod go-rwx it")


def test_a_database_without_tables_and_one_that_is_none(settings: Settings) -> None:
    file = settings.home_path / "lianzhen.db"
    assert level(settings, "database") == "warning"
    sqlite3.connect(file).close()
    file.touch()
    assert level(settings, "database") == "warning"
    file.write_text("not a database, " * 100)
    [one] = said(settings, "database")
    assert (one.level, "not a database" in one.words) == ("FAULT", True)


@pytest.mark.parametrize(
    "name,url",
    [("database", "postgresql://u:hunter2@127.0.0.1:1/d"), ("redis", "redis://:hunter2@127.0.0.1:1")],
)
def test_a_server_that_does_not_answer_is_a_fault_and_its_password_is_not_said(
    tmp_path: Path, settings: Settings, name: str, url: str
) -> None:
    away = with_settings(settings.home_path, tmp_path / "client", **{name: {"url": url}})
    [one] = said(away, name)
    assert one.level == "FAULT"
    assert "hunter2" not in one.words + effective(away)


@pytest.mark.parametrize("name", ["http", "dicom"])
def test_a_port_in_use_is_a_fault_that_names_it(settings: Settings, name: str) -> None:
    port = getattr(settings, name).port
    with socket.create_server(("127.0.0.1", port)):
        [one] = said(settings, name)
    assert (one.level, f"127.0.0.1:{port}" in one.words) == ("FAULT", True)
    assert level(settings, name) == "ok"


def test_a_client_that_was_not_built_is_a_fault(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "client" / "report-fonts").rmdir()
    assert level(settings, "client") == "FAULT"
    (tmp_path / "client" / "index.html").unlink()
    assert "make ready-to-run" in said(settings, "client")[0].words


@pytest.mark.parametrize(
    "public_url,warned",
    [
        ("", False),
        ("http://localhost:8080", False),
        ("http://[::1]:8080", False),
        ("https://lianzhen.example", False),
        ("http://lianzhen.example", True),
        ("http://10.0.0.7:8080", True),
    ],
)
def test_without_https_there_is_no_camera_and_that_is_said(
    tmp_path: Path, settings: Settings, public_url: str, warned: bool
) -> None:
    there = with_settings(settings.home_path, tmp_path / "client", http={"public_url": public_url})
    assert bool(said(there, "address")) is warned


def test_a_slip_of_the_pen_in_a_variable_is_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANZHEN_HTPP__PORT", "1")
    [one] = said(settings, "settings")
    assert (one.level, "LIANZHEN_HTPP__PORT" in one.words) == ("warning", True)


# --- TLS files ---------------------------------------------------------------------------------


@pytest.fixture
def tls_files(tmp_path: Path, settings: Settings) -> Callable[..., None]:
    """Puts files for DICOM over TLS into the data folder: a certificate, the key of a name, the CA file."""
    folder, authority = tmp_path / "authority", settings.home_path / "secrets"
    folder.mkdir()
    authority.mkdir(mode=0o700)
    made = Authority(folder)

    def put(certificate: str = "ours", key: str = "ours", *, ca: bool = True) -> None:
        for name in {certificate, key}:
            made.signed(name)
        shutil.copy(folder / f"{certificate}.pem", authority / CERTIFICATE_FILE)
        shutil.copy(folder / f"{key}.key", authority / KEY_FILE)
        if ca:
            shutil.copy(made.certificate, authority / CA_FILE)

    return put


def test_without_tls_nothing_is_said_of_it(settings: Settings) -> None:
    assert said(settings, "tls") == []


def test_certificates_about_to_end_are_told_of(settings: Settings, tls_files: Callable[..., None]) -> None:
    """Those of the tests hold for two days (openssl -days 2)."""
    tls_files()
    own, authority = said(settings, "tls")
    assert (own.level, authority.level) == ("warning", "warning")
    assert own.words.startswith(f"{CERTIFICATE_FILE} holds from ")
    assert authority.words.startswith(CA_FILE)
    ahead = timedelta(days=2)
    assert f"until {datetime.now(UTC) + ahead:%Y-%m-%d}" in own.words


@pytest.mark.parametrize("days, level", [(-1, "FAULT"), (1, "ok"), (31, "warning"), (61, "FAULT")])
def test_what_is_not_in_force_is_a_fault(settings: Settings, days: int, level: str) -> None:
    """A certificate of sixty days, looked at so many days after it began to hold."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "60"]
    folder = settings.home_path / "secrets"
    folder.mkdir(mode=0o700)
    words: list[str | Path] = [
        "-subj",
        "/CN=ours",
        "-keyout",
        folder / KEY_FILE,
        "-out",
        folder / CERTIFICATE_FILE,
    ]
    subprocess.run(["openssl", "req", "-x509", *key, *words], check=True, capture_output=True)
    begins, _ends = validity(certificates_in(folder / CERTIFICATE_FILE)[0])
    first, missing = _tls(settings, begins + timedelta(days=days))
    assert (first.level, missing.level) == (level, "warning")
    assert CA_FILE in missing.words


def test_a_key_of_another_certificate_is_a_fault(settings: Settings, tls_files: Callable[..., None]) -> None:
    tls_files(key="another")
    [one] = said(settings, "tls")
    assert (one.level, "KEY_VALUES_MISMATCH" in one.words) == ("FAULT", True)


def test_a_port_for_tls_without_files_is_a_fault(tmp_path: Path, settings: Settings) -> None:
    there = with_settings(settings.home_path, tmp_path / "client", dicom={"tls_port": free_port()})
    assert level(there, "tls") == "FAULT"


def test_without_a_ca_file_it_is_said_what_does_not_work(
    settings: Settings, tls_files: Callable[..., None]
) -> None:
    tls_files(ca=False)
    _dates, missing = said(settings, "tls")
    assert (missing.level, "none can be called over TLS" in missing.words) == ("warning", True)


def test_a_ca_file_of_nonsense_is_a_fault(settings: Settings) -> None:
    folder = settings.home_path / "secrets"
    folder.mkdir(mode=0o700)
    (folder / CA_FILE).write_text("not a certificate")
    assert level(settings, "tls") == "FAULT"


# --- Ports --------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_a_port_is_free_until_somebody_listens(host: str) -> None:
    port = free_port()
    assert port_is_free(host, port) is True
    with socket.create_server(("127.0.0.1", port)):
        assert port_is_free("127.0.0.1", port) is False
    assert port_is_free(host, port) is True


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_an_address_that_is_not_ours_can_never_be_free(host: str) -> None:
    """RFC 5737 and RFC 2606: nobody's address, nobody's name."""
    with pytest.raises(AddressRefused) as refused:
        port_is_free(host, 8080)
    assert refused.value.params["host"] == host
    assert refused.value.params["reason"]


def test_asking_leaves_the_port_free() -> None:
    port = free_port()
    assert [port_is_free("127.0.0.1", port) for _ in range(5)] == [True] * 5
