"""Application entities that we call: a scripted one made of bytes, one by pynetdicom."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from pynetdicom import AE, evt

from dicom_node.scu.association import Remote
from tests.dicom_node.raw_scu import Context, item, pdu

ANSWER_SECONDS = 20.0


def associate_ac(accepted: Sequence[tuple[int, int, str]], pdu_bytes_max: int = 0) -> bytes:
    """An A-ASSOCIATE-AC that answers (context id, result, transfer syntax)."""
    body = b"\0\1\0\0" + bytes(64) + item(0x10, b"1.2.840.10008.3.1.1.1")
    for context_id, result, syntax in accepted:
        body += item(0x21, bytes([context_id, 0, result, 0]) + item(0x40, syntax.encode()))
    return pdu(2, body + item(0x50, item(0x51, pdu_bytes_max.to_bytes(4, "big"))))


class Line:
    """The scripted side's end of a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        connection.settimeout(ANSWER_SECONDS)

    def exactly(self, count: int) -> bytes:
        """So many bytes, fewer when the connection ended."""
        got = b""
        while len(got) < count:
            try:
                piece = self.socket.recv(count - len(got))
            except ConnectionResetError:
                break
            if not piece:
                break
            got += piece
        return got

    def pdu(self) -> tuple[int, bytes]:
        """The next PDU's type and body; (0, b"") at the end."""
        head = self.exactly(6)
        return (head[0], self.exactly(int.from_bytes(head[2:], "big"))) if len(head) == 6 else (0, b"")

    def say(self, words: bytes) -> None:
        """Bytes as they are."""
        self.socket.sendall(words)


@contextmanager
def scripted(script: Callable[[Line], None]) -> Iterator[Remote]:
    """An application entity that takes one connection and does what `script` says."""
    faults: list[BaseException] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(ANSWER_SECONDS)

        def serve() -> None:
            try:
                connection, _address = server.accept()
                with connection:
                    script(Line(connection))
            except BaseException as fault:  # noqa: BLE001  # whatever it is, the test is to hear of it
                faults.append(fault)

        thread = threading.Thread(target=serve)
        thread.start()
        yield Remote(ae_title="OTHER", host="127.0.0.1", port=server.getsockname()[1])
        thread.join(ANSWER_SECONDS)
    assert faults == []


@contextmanager
def pynetdicom_entity(
    contexts: Sequence[Context], handlers: dict[evt.InterventionEvent, Callable[..., object]]
) -> Iterator[Remote]:
    """An application entity by pynetdicom; `contexts` as (ignored, abstract syntax, transfer syntaxes)."""
    entity = AE("OTHER")
    for _id, abstract, syntaxes in contexts:
        entity.add_supported_context(abstract, list(syntaxes))
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=list(handlers.items()))
    assert server is not None
    assert server.socket is not None
    try:
        yield Remote(ae_title="OTHER", host="127.0.0.1", port=server.socket.getsockname()[1])
    finally:
        server.shutdown()
