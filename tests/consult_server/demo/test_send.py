import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import cast as cast_to

import pytest
from pydicom import Dataset
from pynetdicom import AE, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.sop_class import CTImageStorage  # type: ignore[attr-defined]  # made at import

from consult_server.demo import cast
from consult_server.demo.ct import LUNG, chest_ct
from consult_server.demo.dx import chest_dx
from consult_server.demo.send import NO_ANSWER, NOT_SUPPORTED, PeerUnreachable, send

AT = datetime(2026, 11, 21, 2, 31, tzinfo=UTC)
Answer = Callable[[int, evt.Event], int]


class Node:
    """A real storage SCP that keeps what it is sent and answers as it is told."""

    def __init__(self, answer: Answer) -> None:
        self.received: list[tuple[str, str, bytes]] = []
        self.associations = 0
        self._answer = answer
        self._lock = threading.Lock()
        ae = AE(ae_title="NODE")
        ae.add_supported_context(CTImageStorage)
        ae.require_calling_aet = ["SQZX_PACS"]
        server = ae.start_server(
            ("127.0.0.1", 0),
            block=False,
            evt_handlers=[(evt.EVT_C_STORE, self._store), (evt.EVT_ACCEPTED, self._accepted)],
        )
        assert server is not None
        assert server.socket is not None
        self._server, self.port = server, int(server.socket.getsockname()[1])

    def _store(self, event: evt.Event) -> int:
        with self._lock:
            number = len(self.received)
            status = self._answer(number, event)
            request = cast_to("C_STORE", event.request)
            assert request.DataSet is not None
            content = request.DataSet.getvalue()
            self.received.append(
                (str(request.AffectedSOPInstanceUID), event.context.transfer_syntax, content)
            )
        return status

    def _accepted(self, _event: evt.Event) -> None:
        self.associations += 1

    def close(self) -> None:
        self._server.shutdown()


@contextmanager
def node(answer: Answer = lambda _number, _event: 0x0000) -> Iterator[Node]:
    made = Node(answer)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def slices() -> list[Dataset]:
    patient = cast.patient("P05")
    return list(chest_ct(patient, accession="CT1", acquired_at=AT, slices=5, series=(LUNG,)))


def test_all_arrive_in_order_over_one_association(slices: list[Dataset]) -> None:
    with node() as peer:
        result = send(
            iter(slices), host="127.0.0.1", port=peer.port, calling_ae="SQZX_PACS", called_ae="NODE"
        )
    assert (result.offered, result.acknowledged, result.failures) == (5, 5, ())
    assert result.complete
    assert [uid for uid, _, _ in peer.received] == [ds.SOPInstanceUID for ds in slices]
    assert {syntax for _, syntax, _ in peer.received} == {"1.2.840.10008.1.2.1"}
    assert peer.associations == 1


def test_names_travel_in_their_character_set(slices: list[Dataset]) -> None:
    with node() as peer:
        send(slices[:1], host="127.0.0.1", port=peer.port, calling_ae="SQZX_PACS", called_ae="NODE")
    (_, _, content) = peer.received[0]
    assert "Qiu^Dashan=仇^大山".encode("gb18030") in content
    assert slices[0].PixelData in content


def test_refusals_are_counted_and_named(slices: list[Dataset]) -> None:
    with node(lambda number, _event: 0xA700 if number == 2 else 0xB000) as peer:
        result = send(slices, host="127.0.0.1", port=peer.port, calling_ae="SQZX_PACS", called_ae="NODE")
    assert (result.offered, result.acknowledged) == (5, 4)
    assert result.failures == ((slices[2].SOPInstanceUID, 0xA700),)
    assert not result.complete


def test_a_kind_the_node_does_not_take_is_said_so_and_the_rest_goes_on(slices: list[Dataset]) -> None:
    film = chest_dx(cast.patient("P08"), accession="DX1", acquired_at=AT)
    with node() as peer:
        result = send(
            [slices[0], film, slices[1]],
            host="127.0.0.1",
            port=peer.port,
            calling_ae="SQZX_PACS",
            called_ae="NODE",
        )
    assert (result.offered, result.acknowledged) == (3, 2)
    assert result.failures == ((film.SOPInstanceUID, NOT_SUPPORTED),)


def test_after_a_lost_association_the_next_one_is_sent_anew(slices: list[Dataset]) -> None:
    def cut(number: int, event: evt.Event) -> int:
        if number == 1:
            event.assoc.abort()
        return 0x0000

    with node(cut) as peer:
        result = send(slices, host="127.0.0.1", port=peer.port, calling_ae="SQZX_PACS", called_ae="NODE")
    assert (result.offered, result.acknowledged) == (5, 4)
    assert result.failures == ((slices[1].SOPInstanceUID, NO_ANSWER),)
    assert peer.associations == 2


def test_an_unknown_title_is_refused(slices: list[Dataset]) -> None:
    with node() as peer, pytest.raises(PeerUnreachable):
        send(slices, host="127.0.0.1", port=peer.port, calling_ae="NOBODY", called_ae="NODE")
    assert peer.received == []


# pynetdicom forgets to close a socket whose connection was refused.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_nobody_listening_is_said_so(slices: list[Dataset]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(PeerUnreachable):
            send(slices, host="127.0.0.1", port=port, calling_ae="SQZX_PACS", called_ae="NODE")


def test_nothing_offered_needs_no_node() -> None:
    result = send([], host="127.0.0.1", port=1, calling_ae="SQZX_PACS", called_ae="NODE")
    assert result.complete
    assert result.offered == 0
