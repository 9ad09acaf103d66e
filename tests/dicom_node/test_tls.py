"""TLS: what is offered, who is let in by which certificate, and that nobody is kept waiting by the silent."""

import asyncio
import shutil
import socket
import ssl
import struct
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from sqlalchemy import Engine

from config.kernel.database import Database
from dicom_node.app import Node
from dicom_node.archive.tables import Instance
from dicom_node.peers import change_peer
from dicom_node.tls import (
    CA_FILE,
    CERTIFICATE_FILE,
    KEY_FILE,
    CertificateRefused,
    Shown,
    TlsNotUsable,
    checked_certificate,
    server_context,
    shown_by,
)
from tests.dicom_node.certificates import Authority, Pair, fingerprint
from tests.dicom_node.objects import a_ct, dataset_bytes, file_bytes
from tests.dicom_node.raw_scu import (
    CT,
    EXPLICIT,
    IMPLICIT,
    VERIFICATION,
    RawScu,
    associate_rq,
    command,
    pdu,
    pdv,
)
from tests.dicom_node.rows import rows_of
from tests.fixtures.servers import free_port

ECHO = [(1, VERIFICATION, [IMPLICIT])]
ACCEPTED, REJECTED = 2, 3


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority for these tests."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def county(authority: Authority) -> Pair:
    """The certificate of the peer COUNTY."""
    return authority.signed("COUNTY PACS")


class Secure:
    """A node with a TLS port."""

    def __init__(self, node: Node, authority: Authority) -> None:
        assert node.tls_listener is not None
        self.node, self.authority = node, authority
        self.port, self.plain_port = node.tls_listener.port, node.listener.port

    def context(self, own: Pair | None = None) -> ssl.SSLContext:
        """A client that trusts the authority and shows `own`."""
        context = ssl.create_default_context(cafile=self.authority.certificate)
        context.check_hostname = False
        if own is not None:
            context.load_cert_chain(own.certificate, own.key)
        return context


class SecureScu(RawScu):
    """A raw peer over TLS."""

    def __init__(self, secure: Secure, own: Pair | None = None, calling: str = "COUNTY") -> None:
        super().__init__(secure.port, calling)
        self.tls = secure.context(own).wrap_socket(self.socket)
        self.socket = self.tls


@pytest.fixture
def secure_node(
    start_node: Callable[..., Node], tmp_path: Path, authority: Authority
) -> Callable[[bool], Secure]:
    """Starts a node with a TLS port; mutual when asked."""

    def start(mutual: bool) -> Secure:
        secrets, own = tmp_path / "home" / "secrets", authority.signed("lianzhen")
        secrets.mkdir(parents=True)
        shutil.copy(own.certificate, secrets / CERTIFICATE_FILE)
        shutil.copy(own.key, secrets / KEY_FILE)
        if mutual:
            shutil.copy(authority.certificate, secrets / CA_FILE)
        return Secure(start_node(tls_port=free_port(), associate_seconds=1.5), authority)

    return start


@pytest.fixture
def one_sided(secure_node: Callable[[bool], Secure]) -> Secure:
    """A node that shows its certificate and asks for none."""
    return secure_node(False)


@pytest.fixture
def mutual(secure_node: Callable[[bool], Secure]) -> Secure:
    """A node that asks for a certificate of the authority."""
    return secure_node(True)


def bind(url: str, certificate: str) -> None:
    """Bind COUNTY to a certificate."""

    async def change() -> None:
        database = Database(url)
        async with database.write() as tx:
            await change_peer(
                tx, "COUNTY", host="127.0.0.1", port=None, enabled=True, certificate=certificate
            )
        await database.close()

    asyncio.run(change())


def test_an_echo_and_an_object_over_tls(one_sided: Secure, engine: Engine) -> None:
    dataset = a_ct(PixelData=bytes(5_000_000), Rows=2_500, Columns=1_000)
    with SecureScu(one_sided) as scu:
        assert scu.associate([*ECHO, (3, CT, [EXPLICIT])])[0] == ACCEPTED
        assert scu.echo(1) == 0
        assert scu.store(3, CT, dataset.SOPInstanceUID, dataset_bytes(dataset)) == 0
        assert scu.release() == 6
    (row,) = rows_of(engine, Instance)
    assert row.sop_instance_uid == dataset.SOPInstanceUID
    assert one_sided.node.listener.active == 0


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_only_authenticated_encryption_is_spoken(one_sided: Secure, newest: ssl.TLSVersion) -> None:
    context = one_sided.context()
    context.maximum_version = newest
    with socket.create_connection(("127.0.0.1", one_sided.port)) as raw, context.wrap_socket(raw) as wire:
        name, version, _bits = wire.cipher() or ("", "", 0)
    assert version == newest.name.replace("_", ".")
    assert "GCM" in name or "CHACHA20" in name
    assert name.startswith(("ECDHE", "TLS_")), "keys that are forgotten"


@pytest.mark.parametrize(
    "ciphers", ["ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-AES128-SHA"]
)
def test_ciphers_without_authentication_are_refused(one_sided: Secure, ciphers: str) -> None:
    context = one_sided.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", one_sided.port)) as raw, pytest.raises(ssl.SSLError):
        context.wrap_socket(raw)


def test_old_protocols_are_refused(one_sided: Secure) -> None:
    """By openssl's own client, which still speaks TLS 1.1 at security level 0."""
    words = ["openssl", "s_client", "-connect", f"127.0.0.1:{one_sided.port}", "-tls1_1"]
    done = subprocess.run(
        [*words, "-cipher", "ALL:@SECLEVEL=0"], input=b"", capture_output=True, timeout=30, check=False
    )
    assert done.returncode != 0
    assert b"Cipher is (NONE)" in done.stdout


@pytest.mark.parametrize("asked_for", [False, True])
def test_dcmtk_sends_over_tls(
    secure_node: Callable[[bool], Secure],
    dcmtk: Path,
    tmp_path: Path,
    county: Pair,
    engine: Engine,
    asked_for: bool,
) -> None:
    secure, dataset, file = secure_node(asked_for), a_ct(), tmp_path / "ct.dcm"
    file.write_bytes(file_bytes(dataset))
    node: list[str | Path] = ["-aet", "COUNTY", "-aec", "LIANZHEN", "127.0.0.1", str(secure.port), file]
    trust: list[str | Path] = ["+cf", secure.authority.certificate]
    known = subprocess.run(
        [dcmtk / "storescu", "-v", "+tls", county.key, county.certificate, *trust, *node],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert known.returncode == 0, known.stderr
    assert [row.sop_instance_uid for row in rows_of(engine, Instance)] == [dataset.SOPInstanceUID]
    nameless = subprocess.run(
        [dcmtk / "storescu", "-v", "+tla", *trust, *node], capture_output=True, timeout=60, check=False
    )
    assert (nameless.returncode == 0) is not asked_for


def test_mutual_means_both(mutual: Secure, county: Pair, authority: Authority) -> None:
    with SecureScu(mutual, county) as scu:
        assert scu.associate(ECHO)[0] == ACCEPTED
    for stranger in (None, authority.own("stranger")):
        with pytest.raises((ssl.SSLError, ConnectionError)), SecureScu(mutual, stranger) as scu:
            # In TLS 1.3 the client learns of the refusal when it first reads.
            assert scu.associate(ECHO)[0] == ACCEPTED


@pytest.mark.parametrize("by", ["fingerprint", "name"])
def test_a_bound_peer_is_let_in_with_its_certificate_alone(
    mutual: Secure, sqlite_url: str, county: Pair, authority: Authority, by: str
) -> None:
    bind(sqlite_url, fingerprint(county) if by == "fingerprint" else "CN=COUNTY PACS")
    other = authority.signed("ANOTHER PACS")
    rejected = pdu(REJECTED, bytes([0, 1, 1, 3]))[6:]
    with SecureScu(mutual, county) as scu:
        assert scu.associate(ECHO)[0] == ACCEPTED
    with SecureScu(mutual, other) as scu:
        assert scu.associate(ECHO) == (REJECTED, rejected)
    with RawScu(mutual.plain_port) as scu:
        assert scu.associate(ECHO) == (REJECTED, rejected), "no certificate at all"


def test_a_certificate_that_nobody_vouches_for_binds_nobody(
    one_sided: Secure, sqlite_url: str, county: Pair
) -> None:
    """Without a CA file none is asked for, so a bound peer cannot come at all."""
    bind(sqlite_url, fingerprint(county))
    with SecureScu(one_sided, county) as scu:
        assert scu.associate(ECHO)[0] == REJECTED


def quick_echo(secure: Secure) -> float:
    """Seconds for a whole echo over TLS and one without."""
    began = time.monotonic()
    with SecureScu(secure) as scu:
        assert scu.associate(ECHO)[0] == ACCEPTED
        assert scu.echo(1) == 0
    with RawScu(secure.plain_port) as scu:
        assert scu.associate(ECHO)[0] == ACCEPTED
        assert scu.echo(1) == 0
    return time.monotonic() - began


HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


@pytest.mark.parametrize("begun", [b"", HELLO[:1], HELLO], ids=["silent", "one byte", "half a hello"])
def test_those_who_say_nothing_hold_up_nobody(one_sided: Secure, begun: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(60):
            wire = stack.enter_context(socket.create_connection(("127.0.0.1", one_sided.port), timeout=10))
            wire.sendall(begun)
        assert quick_echo(one_sided) < 2.0
        wire = stack.enter_context(socket.create_connection(("127.0.0.1", one_sided.port), timeout=10))
        wire.sendall(begun)
        began = time.monotonic()
        assert wire.recv(100) == b"", "let go at the deadline for the whole request"
        assert 1.0 <= time.monotonic() - began < 5.0


# `ssl` leaves the socket of a peer that goes within `wrap_socket` to the collector, which warns and closes.
@pytest.mark.filterwarnings("ignore:.*ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
def test_those_who_are_gone_before_they_are_welcomed_do_no_harm(one_sided: Secure) -> None:
    """Reset at once, so that the node finds a socket that is connected to nobody."""
    for _ in range(100):
        with socket.create_connection(("127.0.0.1", one_sided.port), timeout=10) as wire:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert quick_echo(one_sided) < 2.0


def test_after_the_handshake_the_deadline_still_counts(one_sided: Secure) -> None:
    with SecureScu(one_sided) as scu:
        scu.send(associate_rq("LIANZHEN", "COUNTY", ECHO)[:40])
        began = time.monotonic()
        assert scu.receive() == (0, b"")
        assert time.monotonic() - began < 5.0
    assert quick_echo(one_sided) < 2.0


@pytest.mark.parametrize(
    "words",
    [associate_rq("LIANZHEN", "COUNTY", ECHO), b"GET / HTTP/1.1\r\n\r\n", bytes(300), HELLO + bytes(600)],
)
def test_what_is_no_tls_is_hung_up_on_at_once(one_sided: Secure, words: bytes) -> None:
    with socket.create_connection(("127.0.0.1", one_sided.port), timeout=10) as wire:
        wire.sendall(words)
        began, heard = time.monotonic(), b""
        try:
            while piece := wire.recv(1_000):
                heard += piece
        except ConnectionResetError:
            pass
        assert time.monotonic() - began < 1.4, "before any deadline"
    assert heard[:1] in {b"", b"\x15"}, "nothing, or a TLS alert"
    assert quick_echo(one_sided) < 2.0


@pytest.mark.parametrize("piece", [1, 7, 100_000])
def test_a_request_in_any_records_is_read_whole(one_sided: Secure, piece: int) -> None:
    """One byte in each record, and the request together with the first message in one."""
    echo = pdu(4, pdv(1, command(0x30, 1, VERIFICATION), is_command=True, last=True))
    words = associate_rq("LIANZHEN", "COUNTY", ECHO) + echo
    with SecureScu(one_sided) as scu:
        for start in range(0, len(words), piece):
            scu.send(words[start : start + piece])
        assert scu.receive()[0] == ACCEPTED
        assert scu.answer()[0x0900] == b"\0\0"


def test_stopping_says_nothing_in_the_clear(one_sided: Secure) -> None:
    with SecureScu(one_sided) as scu:
        assert scu.associate(ECHO)[0] == ACCEPTED
        assert one_sided.node.active == 1
        one_sided.node.stop()
        last_words = socket.socket.recv(scu.tls, 1_000)
    assert last_words[:1] in {b"", b"\x15", b"\x17"}, "the end, or a record: alert or data"


def test_a_released_association_ends_with_a_goodbye(one_sided: Secure) -> None:
    """A close_notify, without which the end could be anybody's doing; then openssl says so."""
    with RawScu(one_sided.port) as scu:
        scu.socket = one_sided.context().wrap_socket(scu.socket, suppress_ragged_eofs=False)
        assert scu.associate(ECHO)[0] == ACCEPTED
        assert scu.release() == 6
        assert scu.receive() == (0, b"")


@pytest.fixture
def secrets(tmp_path: Path, authority: Authority) -> Path:
    """A folder with a certificate and its key."""
    own = authority.signed("lianzhen")
    shutil.copy(own.certificate, tmp_path / CERTIFICATE_FILE)
    shutil.copy(own.key, tmp_path / KEY_FILE)
    return tmp_path


def test_files_that_cannot_be_used_are_named(secrets: Path, authority: Authority) -> None:
    assert server_context(secrets).verify_mode is ssl.CERT_NONE
    (secrets / CA_FILE).write_text("no certificate")
    with pytest.raises(TlsNotUsable, match="tls_not_usable"):
        server_context(secrets)
    shutil.copy(authority.certificate, secrets / CA_FILE)
    assert server_context(secrets).verify_mode is ssl.CERT_REQUIRED
    shutil.copy(authority.own("stranger").key, secrets / KEY_FILE)
    with pytest.raises(TlsNotUsable):
        server_context(secrets)
    (secrets / KEY_FILE).unlink()
    with pytest.raises(TlsNotUsable):
        server_context(secrets)


def test_a_certificate_has_one_spelling(county: Pair) -> None:
    said = fingerprint(county)
    plain = "sha256:" + said.replace(":", "").lower()
    pem = county.certificate.read_text()
    for spelling in (
        said,
        said.lower(),
        plain,
        plain.removeprefix("sha256:"),
        pem,
        f"\n  {pem}\n",
        f"x\n{pem}",
    ):
        assert checked_certificate(spelling) == plain
    assert checked_certificate(" CN=COUNTY PACS ") == "CN=COUNTY PACS"
    assert Shown(fingerprint=plain, subject="CN=A").is_bound_by(checked_certificate(said))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CN=",
        "CN=" + "x" * 65,
        "CN=a\nb",
        "ab" * 31,
        "zz" * 32,
        "md5:" + "ab" * 32,
        "-----BEGIN CERTIFICATE-----\nnothing",
        "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----",
    ],
)
def test_what_is_no_certificate_is_refused(text: str) -> None:
    with pytest.raises(CertificateRefused):
        checked_certificate(text)


@given(st.text(max_size=200))
def test_any_text_is_one_spelling_or_refused(text: str) -> None:
    try:
        found = checked_certificate(text)
    except CertificateRefused:
        return
    assert checked_certificate(found) == found


def test_nothing_is_shown_without_tls() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert shown_by(one) is None
