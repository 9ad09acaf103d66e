"""Storage commitment asked for and heard by pynetdicom, over real sockets, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom.tag import Tag
from sqlalchemy import Engine, select

from config.kernel.objects_local import LocalObjects
from dicom_node.archive.tables import Commitment, Instance, Receiver
from dicom_node.commitment.model import State
from tests.dicom_node.asking import COUNTY, Place
from tests.dicom_node.commitment.asker import (
    COMMITMENT,
    WELL_KNOWN,
    Ear,
    Reference,
    action,
    ask,
    associated,
    reference,
    waiting,
)
from tests.dicom_node.conftest import register
from tests.dicom_node.objects import CT
from tests.dicom_node.raw_scu import EXPLICIT, IMPLICIT
from tests.dicom_node.rows import rows_of
from tests.fixtures.waiting import wait_until

MR = "1.2.840.10008.5.1.4.1.1.4"
NO_SUCH_OBJECT, CLASS_CONFLICT, DAMAGED, DUPLICATE = 0x0112, 0x0119, 0x0110, 0x0131


@pytest.fixture
def lab(place: Place) -> Iterator[Ear]:
    """A peer LAB of COUNTY's institution that waits for reports in associations of ours."""
    ear = Ear()
    with waiting(ear, "LAB") as port:
        register(place.url, "LAB", COUNTY, port=port)
        yield ear


@pytest.fixture
def store(tmp_path: Path) -> LocalObjects:
    """The object store of the running node."""
    return LocalObjects(tmp_path / "home" / "objects")


def kept_at(engine: Engine, uid: str) -> str:
    """The key of an object."""
    with engine.connect() as connection:
        return str(connection.scalar(select(Instance.object_key).where(Instance.sop_instance_uid == uid)))


def state_of(engine: Engine, transaction: str) -> str:
    """How far the requests under a transaction UID have come."""
    found = [row.state for row in rows_of(engine, Commitment) if row.transaction_uid == transaction]
    assert len(found) == 1
    return found[0]


def requested(place: Place, ear: Ear, references: list[Reference], calling: str = "LAB") -> str:
    """Ask in an association that ends at once; the transaction UID."""
    asked = action(references)
    with associated(place.port, ear, calling) as association:
        assert ask(association, asked) == 0
    return str(asked.TransactionUID)


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT])
def test_everything_is_there_and_the_same_association_hears_it(
    place: Place, reader: Engine, syntax: str
) -> None:
    ear, sent = Ear(), [place.send() for _ in range(3)]
    asked = action([reference(one) for one in sent])
    with associated(place.port, ear, roles=True, syntax=syntax) as association:
        assert ask(association, asked) == 0
        heard = ear.first(asked.TransactionUID)
        wait_until(lambda: state_of(reader, asked.TransactionUID) == State.DELIVERED)
    assert (heard.event_type, heard.instance, heard.retrieve_from) == (1, WELL_KNOWN, "LIANZHEN")
    assert (heard.committed, heard.failed) == (frozenset(map(reference, sent)), {})


def test_a_peer_that_has_gone_is_called_in_an_association_of_our_own(
    place: Place, lab: Ear, reader: Engine
) -> None:
    sent = place.send()
    transaction = requested(place, lab, [reference(sent)])
    heard = lab.first(transaction)
    assert (heard.event_type, heard.committed, heard.failed) == (1, frozenset({reference(sent)}), {})
    wait_until(lambda: state_of(reader, transaction) == State.DELIVERED)
    assert len(lab.about(transaction)) == 1


def test_what_is_not_ours_to_promise_is_named_with_its_reason(
    place: Place, lab: Ear, store: LocalObjects, reader: Engine
) -> None:
    whole, lost, cut, flipped = (place.send() for _ in range(4))
    foreign = place.send("CITY")
    store.delete(kept_at(reader, lost.SOPInstanceUID))
    for dataset, end in ((cut, b""), (flipped, b"\xff")):
        path = store.root / kept_at(reader, dataset.SOPInstanceUID)
        path.write_bytes(path.read_bytes()[:-1] + end)
    other_class = (MR, whole.SOPInstanceUID)
    asked = [*map(reference, (whole, lost, cut, flipped, foreign)), other_class, (CT, "1.2.3.4")]
    heard = lab.first(requested(place, lab, asked))
    assert (heard.event_type, heard.committed) == (2, frozenset({reference(whole)}))
    assert heard.failed == {
        reference(lost): NO_SUCH_OBJECT,
        reference(cut): DAMAGED,
        reference(flipped): DAMAGED,
        reference(foreign): NO_SUCH_OBJECT,
        other_class: CLASS_CONFLICT,
        (CT, "1.2.3.4"): NO_SUCH_OBJECT,
    }
    wait_until(lambda: rows_of(reader, Receiver)[0].facts["unsound"] == {"damaged": 2, "missing": 1})
    assert "lianzhen_dicom_objects_unsound_total{" in place.node.metrics()


def test_when_nothing_can_be_promised_the_report_has_no_referenced_objects(place: Place, lab: Ear) -> None:
    heard = lab.first(requested(place, lab, [(CT, "1.2.3.4")]))
    assert (heard.event_type, heard.committed) == (2, frozenset())


def test_the_same_request_again_is_answered_from_a_new_look(
    place: Place, lab: Ear, store: LocalObjects, reader: Engine
) -> None:
    sent = place.send()
    asked = action([reference(sent)])
    for times, expected in ((1, {}), (2, {reference(sent): NO_SUCH_OBJECT})):
        with associated(place.port, lab, "LAB") as association:
            assert ask(association, asked) == 0
        wait_until(lambda: len(lab.about(asked.TransactionUID)) == times)  # noqa: B023  # asked at once
        assert lab.about(asked.TransactionUID)[-1].failed == expected
        wait_until(lambda: state_of(reader, asked.TransactionUID) == State.DELIVERED)
        store.delete(kept_at(reader, sent.SOPInstanceUID))
    assert len(rows_of(reader, Commitment)) == 1


def test_a_transaction_uid_in_use_is_no_way_to_a_promise(place: Place, lab: Ear) -> None:
    one, other = place.send(), place.send()
    transaction = requested(place, lab, [reference(one)])
    assert lab.first(transaction).event_type == 1
    with associated(place.port, lab, "LAB") as association:
        assert ask(association, action([reference(other)], transaction)) == 0
    wait_until(lambda: len(lab.about(transaction)) == 2)
    assert lab.about(transaction)[1].failed == {reference(other): DUPLICATE}
    assert lab.about(transaction)[1].committed == frozenset()


def test_a_peer_without_an_address_is_told_where_it_asked_or_waits(place: Place, reader: Engine) -> None:
    """COUNTY has no port: it hears us without having named its roles, but not after it has left."""
    ear, sent = Ear(), place.send()
    asked = action([reference(sent)])
    with associated(place.port, ear) as association:
        assert ask(association, asked) == 0
        assert ear.first(asked.TransactionUID).event_type == 1
        wait_until(lambda: state_of(reader, asked.TransactionUID) == State.DELIVERED)


@pytest.mark.parametrize(
    "change, expected",
    [
        ({"TransactionUID": None}, 0x0120),
        ({"TransactionUID": ""}, 0x0121),
        ({"ReferencedSOPSequence": None}, 0x0120),
        ({"ReferencedSOPSequence": []}, 0x0121),
    ],
)
def test_a_request_that_lacks_something_is_refused_and_not_kept(
    place: Place, reader: Engine, change: dict[str, object], expected: int
) -> None:
    asked = action([(CT, "1.2.3.4")])
    for keyword, value in change.items():
        delattr(asked, keyword)
        if value is not None:
            setattr(asked, keyword, value)
    with associated(place.port, Ear()) as association:
        assert ask(association, asked) == expected
    assert rows_of(reader, Commitment) == []


@pytest.mark.parametrize(
    "instance, kind, expected", [("1.2.3", 1, 0x0112), (WELL_KNOWN, 2, 0x0123), (WELL_KNOWN, 0, 0x0123)]
)
def test_only_one_action_on_one_instance_is_served(
    place: Place, reader: Engine, instance: str, kind: int, expected: int
) -> None:
    with associated(place.port, Ear()) as association:
        assert ask(association, action([(CT, "1.2.3.4")]), instance, kind) == expected
    assert rows_of(reader, Commitment) == []


def test_other_requests_of_the_class_are_not_served(place: Place) -> None:
    with associated(place.port, Ear(), roles=True) as association:
        status, _ = association.send_n_get([Tag(0x00080018)], COMMITMENT, WELL_KNOWN)
        assert status.Status == 0x0211
