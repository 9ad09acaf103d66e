"""Our associations over TLS: to DCMTK, to pynetdicom, to our own node; whom we trust, and what is said."""

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from pynetdicom import AE, evt

from dicom_node.app import Node
from dicom_node.echo import LINE_FAULTS, EchoAnswer, EchoOutcome, echo as echo_peer
from dicom_node.scu.association import (
    VERIFICATION,
    Caller,
    Patience,
    Remote,
    contexts_of,
    echo,
    open_association,
)
from dicom_node.scu.calling import remote_of
from dicom_node.scu.errors import PeerUnreachable, TlsFailed
from dicom_node.scu.securing import HANDSHAKE_FAILED, NO_TLS, NOT_VOUCHED_FOR, OURS_REFUSED, fault_of
from dicom_node.tls import CA_FILE, CERTIFICATE_FILE, KEY_FILE, TlsNotUsable, client_context
from tests.dicom_node.certificates import Authority, Pair, fingerprint
from tests.dicom_node.objects import CT, a_ct, dataset_bytes
from tests.dicom_node.raw_scu import EXPLICIT
from tests.fixtures.servers import free_port, port_answers
from tests.fixtures.waiting import wait_until

QUICK = Patience(connect_seconds=3.0, pdu_seconds=3.0, answer_seconds=3.0)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority for these tests, with a certificate for the other side and one for us."""
    made = Authority(tmp_path_factory.mktemp("authority"))
    made.signed("OTHER PACS")
    made.signed("lianzhen")
    return made


@pytest.fixture
def secrets(tmp_path: Path, authority: Authority) -> Path:
    """Our TLS files."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    own = Pair(authority.folder / "lianzhen.key", authority.folder / "lianzhen.pem")
    shutil.copy(own.certificate, folder / CERTIFICATE_FILE)
    shutil.copy(own.key, folder / KEY_FILE)
    shutil.copy(authority.certificate, folder / CA_FILE)
    return folder


@pytest.fixture
def caller(secrets: Path) -> Caller:
    """We, with our files."""
    return Caller(ae_title="LIANZHEN", secrets=secrets)


@pytest.fixture
def theirs(authority: Authority) -> Pair:
    """The certificate that the other side shows."""
    return Pair(authority.folder / "OTHER PACS.key", authority.folder / "OTHER PACS.pem")


@contextmanager
def storescp(dcmtk: Path, folder: Path, authority: Authority, own: Pair) -> Iterator[Remote]:
    """DCMTK's storescp, which asks for a certificate of the authority."""
    port = free_port()
    words: list[str | Path] = [
        "+tls",
        own.key,
        own.certificate,
        "+cf",
        authority.certificate,
        "-rc",
        "-od",
        folder,
        str(port),
    ]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen([dcmtk / "storescp", "-aet", "OTHER", *words], stdout=log, stderr=log)
        try:
            wait_until(lambda: port_answers(port))
            yield Remote(ae_title="OTHER", host="127.0.0.1", port=port, tls=True)
        finally:
            running.terminate()
            running.wait(20)


@contextmanager
def pynetdicom_over_tls(
    authority: Authority, own: Pair, *, asks: bool, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> Iterator[Remote]:
    """Verification over TLS by pynetdicom; with `asks` only for who shows a certificate of the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate, own.key)
    context.maximum_version = newest
    if asks:
        context.load_verify_locations(authority.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
    entity = AE("OTHER")
    entity.add_supported_context(VERIFICATION)
    server = entity.start_server(
        ("127.0.0.1", 0), block=False, ssl_context=context, evt_handlers=[(evt.EVT_C_ECHO, lambda _event: 0)]
    )
    assert server is not None
    assert server.socket is not None
    try:
        yield Remote(ae_title="OTHER", host="127.0.0.1", port=server.socket.getsockname()[1], tls=True)
    finally:
        server.shutdown()


def ask(remote: Remote, secrets: Path | None) -> EchoAnswer:
    """The echo of the peers screen."""
    return asyncio.run(echo_peer(remote, calling_ae_title="LIANZHEN", seconds=5.0, secrets=secrets))


def test_storescp_takes_echo_and_objects_over_mutual_tls(
    dcmtk: Path, tmp_path: Path, authority: Authority, theirs: Pair, caller: Caller
) -> None:
    objects, folder = [a_ct(), a_ct()], tmp_path / "taken"
    folder.mkdir()
    with storescp(dcmtk, folder, authority, theirs) as remote:
        bound = replace(remote, certificate="CN=OTHER PACS")
        assert echo(bound, caller=caller, patience=QUICK) == 0
        contexts = contexts_of((CT, [EXPLICIT]))
        with open_association(bound, contexts, caller=caller, patience=QUICK) as outgoing:
            context = outgoing.context_for(CT)
            for one in objects:
                assert outgoing.store(context, one.SOPInstanceUID, [dataset_bytes(one)]) == 0
    kept = [path.read_bytes() for path in folder.glob("CT*")]
    assert len(kept) == len(objects)
    assert all(any(dataset_bytes(one) in file for file in kept) for one in objects)


def test_without_our_certificate_mutual_tls_does_not_come_about(
    dcmtk: Path, tmp_path: Path, authority: Authority, theirs: Pair, secrets: Path
) -> None:
    (secrets / CERTIFICATE_FILE).unlink()
    folder = tmp_path / "taken"
    folder.mkdir()
    with storescp(dcmtk, folder, authority, theirs) as remote:
        answer = ask(remote, secrets)
    assert answer.outcome is EchoOutcome.REFUSED
    assert answer.reason in {"our_certificate_refused", "hung_up"}, "its alert may be lost with its reset"


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("asks", [False, True])
def test_pynetdicom_answers_an_echo_over_tls(
    authority: Authority, theirs: Pair, secrets: Path, newest: ssl.TLSVersion, asks: bool
) -> None:
    with pynetdicom_over_tls(authority, theirs, asks=asks, newest=newest) as remote:
        bound = replace(remote, certificate=f"sha256:{fingerprint(theirs).replace(':', '').lower()}")
        assert ask(bound, secrets).outcome is EchoOutcome.REACHABLE


@pytest.mark.parametrize("binding", ["CN=SOMEBODY", "sha256:" + "0" * 64])
def test_a_peer_bound_to_another_certificate_is_not_spoken_to(
    authority: Authority, theirs: Pair, secrets: Path, binding: str
) -> None:
    with pynetdicom_over_tls(authority, theirs, asks=False) as remote:
        answer = ask(replace(remote, certificate=binding), secrets)
    assert (answer.outcome, answer.reason) == (EchoOutcome.REFUSED, "another_certificate")


def test_a_certificate_that_nobody_vouches_for_is_refused(authority: Authority, secrets: Path) -> None:
    own = authority.own("self made")
    with pynetdicom_over_tls(authority, own, asks=False) as remote:
        answer = ask(remote, secrets)
        assert (answer.outcome, answer.reason) == (EchoOutcome.REFUSED, "certificate_not_vouched_for")
        with (secrets / CA_FILE).open("a") as file:
            file.write(own.certificate.read_text())
        assert ask(remote, secrets).outcome is EchoOutcome.REACHABLE


@pytest.mark.parametrize("missing", [CA_FILE, KEY_FILE])
def test_without_our_files_nobody_is_called(
    authority: Authority, theirs: Pair, secrets: Path, missing: str
) -> None:
    (secrets / missing).unlink()
    with pynetdicom_over_tls(authority, theirs, asks=False) as remote:
        assert ask(remote, secrets).reason == "no_tls_files"
        assert ask(remote, None).reason == "no_tls_files"
    with pytest.raises(TlsNotUsable):
        client_context(secrets)


def test_a_plain_port_is_told_from_one_with_tls(node: Node, secrets: Path) -> None:
    plain = Remote(ae_title="LIANZHEN", host="127.0.0.1", port=node.listener.port, tls=True)
    assert ask(plain, secrets).reason == "no_tls"


def test_a_peer_that_never_shakes_hands_is_given_up(caller: Caller) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        remote = Remote(ae_title="OTHER", host="127.0.0.1", port=silent.getsockname()[1], tls=True)
        with pytest.raises(TlsFailed) as refused:
            echo(remote, caller=caller, patience=Patience(connect_seconds=0.3))
    assert refused.value.params == {"ae_title": "OTHER", "fault": "TimeoutError"}
    assert isinstance(refused.value, PeerUnreachable), "whoever catches those is told of these"


def test_only_modern_tls_is_spoken(authority: Authority, theirs: Pair, secrets: Path) -> None:
    """RFC 9325 3.1.1 and 4.2: nothing below 1.2, ephemeral keys and authenticated encryption."""
    context = client_context(secrets)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    names = [cipher["name"] for cipher in context.get_ciphers()]
    assert names
    assert all("GCM" in name or "CHACHA20" in name for name in names)
    assert all(name.startswith(("TLS_", "ECDHE", "DHE")) for name in names)


@pytest.mark.parametrize(
    "reason, said",
    [
        ("WRONG_VERSION_NUMBER", NO_TLS),
        ("HTTP_REQUEST", NO_TLS),
        ("UNEXPECTED_EOF_WHILE_READING", NO_TLS),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", OURS_REFUSED),
        ("TLSV1_ALERT_UNKNOWN_CA", OURS_REFUSED),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", OURS_REFUSED),
        ("NO_SHARED_CIPHER", HANDSHAKE_FAILED),
    ],
)
def test_openssl_is_put_into_words(reason: str, said: str) -> None:
    error = ssl.SSLError(1, f"[SSL: {reason}] at the door")
    error.reason = reason
    assert fault_of(error) == said


@given(st.text(max_size=30))
def test_every_fault_of_a_handshake_has_words_for_the_screen(reason: str) -> None:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    assert fault_of(error) in LINE_FAULTS
    assert fault_of(ssl.SSLCertVerificationError(1, reason)) == NOT_VOUCHED_FOR
    assert fault_of(ConnectionResetError(reason)) in LINE_FAULTS


def test_only_who_has_host_and_port_can_be_called() -> None:
    peer = Remote(ae_title="P", host="h", port=1, tls=True, certificate="CN=P")
    assert remote_of(peer) == peer
    assert remote_of(_Row(None, 1)) is None
    assert remote_of(_Row("h", None)) is None


class _Row:
    ae_title, tls, certificate = "P", False, None

    def __init__(self, host: str | None, port: int | None) -> None:
        self.host, self.port = host, port


def test_dcmtk_comes_in_over_the_same_files(
    dcmtk: Path,
    start_node: Callable[..., Node],
    tmp_path: Path,
    authority: Authority,
    theirs: Pair,
    secrets: Path,
) -> None:
    """One set of files serves both directions: DCMTK's echoscu to us, and we to ourselves."""
    shutil.copytree(secrets, tmp_path / "home" / "secrets")
    node = start_node(tls_port=free_port())
    assert node.tls_listener is not None
    port = node.tls_listener.port
    words: list[str | Path] = [
        "+tls",
        theirs.key,
        theirs.certificate,
        "+cf",
        authority.certificate,
        "-aet",
        "COUNTY",
    ]
    done = subprocess.run(
        [dcmtk / "echoscu", *words, "-aec", "LIANZHEN", "127.0.0.1", str(port)], check=False, timeout=60
    )
    assert done.returncode == 0
    us = Remote(ae_title="LIANZHEN", host="127.0.0.1", port=port, tls=True, certificate="CN=lianzhen")
    assert echo(us, caller=Caller(ae_title="COUNTY", secrets=secrets), patience=QUICK) == 0
