"""The rows of requests: kept once, worked on by one, tried ever more rarely, forgotten at last."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given, strategies as st
from sqlalchemy import Engine, insert

from config.kernel.database import Database
from dicom_node.archive.tables import Commitment
from dicom_node.commitment import ledger
from dicom_node.commitment.ledger import FIRST_WAIT, KEPT, LONGEST_WAIT, OPEN_MAX, TooManyOpen, wait_after
from dicom_node.commitment.model import REPORTABLE, Reason, Request, State
from dicom_node.commitment.queries import commitments, counts, counts_now, due, failures_of, one
from dicom_node.intake.ingest import Ingest
from dicom_node.peers import KnownPeer
from tests.dicom_node.rows import rows_of
from tests.fixtures.clock import HandClock

MINUTE = timedelta(minutes=1)
REFERENCES = (("1.2.1", "1.2.2"), ("1.2.1", "1.2.3"))


def a_peer(ae_title: str = "LAB", institution_id: str = "0190-county") -> KnownPeer:
    """Somebody who asks."""
    return KnownPeer(
        ae_title=ae_title, institution_id=institution_id, issuer_of_patient_id="", addresses=frozenset()
    )


def a_request(transaction: str = "1.2.3", count: int = 2) -> Request:
    """A request about the first of REFERENCES."""
    return Request(transaction_uid=transaction, references=REFERENCES[:count])


@pytest.fixture
def accept(ingest: Ingest) -> Callable[..., str]:
    """Keeps a request as the node does; its key."""

    def kept(
        asked: Request | None = None, peer: KnownPeer | None = None, held: timedelta = ledger.NOW
    ) -> str:
        return ingest.run(
            lambda connection, now: ledger.accept(
                connection, asked or a_request(), peer or a_peer(), now, held=held
            )
        )

    return kept


Accept = Callable[..., str]


def check(ingest: Ingest, commitment_id: str) -> None:
    """Note that one object is not to be had."""
    failures = {REFERENCES[1]: Reason.NO_SUCH_OBJECT}
    ingest.run(lambda connection, now: ledger.checked(connection, commitment_id, failures, now))


def keys(rows: object) -> list[str]:
    """The keys of what is due."""
    return [row.commitment_id for row in rows]  # type: ignore[attr-defined]


def test_a_request_is_kept_as_it_was_asked(accept: Accept, reader: Engine, clock: HandClock) -> None:
    commitment_id = accept()
    row = one(reader, commitment_id)
    assert row is not None
    assert (row.ae_title, row.institution_id, row.transaction_uid) == ("LAB", "0190-county", "1.2.3")
    assert (row.objects, row.failures) == ([list(each) for each in REFERENCES], None)
    assert (row.state, row.duplicate, row.attempts) == ("requested", False, 0)
    assert (row.requested_at, row.next_at) == (clock.now(), clock.now())
    assert one(reader, "nobody") is None


def test_the_same_again_is_one_row_and_another_under_its_name_a_duplicate(
    accept: Accept, reader: Engine
) -> None:
    first = accept()
    assert accept() == first
    other = accept(a_request(count=1))
    elsewhere = accept(a_request(count=1), a_peer("WS"))
    rows = {row.commitment_id: row.duplicate for row in rows_of(reader, Commitment)}
    assert rows == {first: False, other: True, elsewhere: False}


def test_what_is_held_is_nobody_elses(accept: Accept, reader: Engine, clock: HandClock) -> None:
    commitment_id = accept(held=MINUTE)
    assert due(reader, [State.REQUESTED], clock.now(), 10) == []
    clock.advance(minutes=1)
    assert keys(due(reader, [State.REQUESTED], clock.now(), 10)) == [commitment_id]


def test_a_request_goes_on_to_its_delivery_once(
    accept: Accept, ingest: Ingest, reader: Engine, clock: HandClock
) -> None:
    commitment_id = accept()
    check(ingest, commitment_id)
    row = one(reader, commitment_id)
    assert row is not None
    assert (row.state, failures_of(row)) == ("checked", {REFERENCES[1]: 0x0112})
    clock.advance(5)
    ingest.run(lambda connection, now: ledger.delivered(connection, commitment_id, now))
    first = clock.now()
    clock.advance(5)
    ingest.run(lambda connection, now: ledger.delivered(connection, commitment_id, now))
    check(ingest, commitment_id)
    ingest.run(lambda connection, now: ledger.not_delivered(connection, commitment_id, "late", 1, now))
    row = one(reader, commitment_id)
    assert row is not None
    assert (row.state, row.delivered_at, row.fault) == ("delivered", first, "")


def test_asked_again_after_its_end_it_begins_anew(
    accept: Accept, ingest: Ingest, reader: Engine, clock: HandClock
) -> None:
    commitment_id = accept()
    check(ingest, commitment_id)
    ingest.run(lambda connection, now: ledger.delivered(connection, commitment_id, now))
    clock.advance(5)
    assert accept() == commitment_id
    row = one(reader, commitment_id)
    assert row is not None
    assert (row.state, row.failures, row.delivered_at) == ("requested", None, None)
    assert row.requested_at == clock.now()


def test_asked_again_while_it_is_under_way_it_only_becomes_due(
    accept: Accept, ingest: Ingest, reader: Engine, clock: HandClock
) -> None:
    commitment_id = accept()
    check(ingest, commitment_id)
    ingest.run(lambda connection, now: ledger.not_reached(connection, "LAB", "away", 5, now))
    assert due(reader, REPORTABLE, clock.now(), 1) == []
    accept()
    assert keys(due(reader, REPORTABLE, clock.now(), 1)) == [commitment_id]
    accept(peer=a_peer(institution_id="0190-city"))
    row = one(reader, commitment_id)
    assert row is not None
    assert (row.state, row.institution_id) == ("requested", "0190-city"), "a peer that changed hands"


def test_a_peer_that_is_not_reached_waits_with_all_that_is_due_for_it(
    accept: Accept, ingest: Ingest, reader: Engine, clock: HandClock
) -> None:
    mine = [accept(a_request(f"1.2.{number}")) for number in range(3)]
    others = accept(peer=a_peer("WS"))
    for commitment_id in (*mine, others):
        check(ingest, commitment_id)
    ingest.run(lambda connection, now: ledger.not_reached(connection, "LAB", "x" * 200, 3, now))
    assert keys(due(reader, REPORTABLE, clock.now(), 10)) == [others]
    states = {row.commitment_id: (row.state, row.fault) for row in rows_of(reader, Commitment)}
    assert states == dict.fromkeys(mine, ("waiting", "x" * 80)) | {others: ("checked", "")}
    clock.advance((FIRST_WAIT * 4).total_seconds())
    assert set(keys(due(reader, REPORTABLE, clock.now(), 10, "LAB"))) == set(mine)
    assert len(due(reader, REPORTABLE, clock.now(), 2, "LAB")) == 2


@given(attempts=st.integers(1, 10_000))
def test_each_wait_is_twice_the_last_up_to_the_longest(attempts: int) -> None:
    assert wait_after(1) == FIRST_WAIT
    assert wait_after(attempts + 1) in {2 * wait_after(attempts), LONGEST_WAIT}
    assert FIRST_WAIT <= wait_after(attempts) <= LONGEST_WAIT


def test_what_was_tried_long_enough_is_given_up_and_in_the_end_forgotten(
    accept: Accept, ingest: Ingest, reader: Engine, clock: HandClock
) -> None:
    old = accept(a_request("1.2.1"))
    check(ingest, old)
    unchecked = accept(a_request("1.2.2"))
    clock.advance(hours=2)
    young = accept(a_request("1.2.9"))
    check(ingest, young)
    since = clock.now() - timedelta(hours=1)
    assert ingest.run(lambda connection, now: ledger.give_up(connection, since, now)) == 1
    states = {row.commitment_id: row.state for row in rows_of(reader, Commitment)}
    assert states == {old: "expired", unchecked: "requested", young: "checked"}
    assert ingest.run(ledger.forget) == 0
    clock.advance(KEPT.total_seconds())
    assert ingest.run(ledger.forget) == 1
    assert {row.commitment_id for row in rows_of(reader, Commitment)} == {unchecked, young}


def test_one_peer_cannot_fill_the_table(
    accept: Accept, ingest: Ingest, reader: Engine, clock: HandClock
) -> None:
    commitment_id = accept()
    row = one(reader, commitment_id)
    assert row is not None
    columns = {name: value for name, value in vars(row).items() if not name.startswith("_")}
    copies = [
        columns | {"commitment_id": f"c{number}", "transaction_uid": f"2.{number}", "objects": []}
        for number in range(OPEN_MAX - 1)
    ]
    ingest.run(lambda connection, _now: connection.execute(insert(Commitment), copies))
    with pytest.raises(TooManyOpen):
        accept(a_request("1.2.9"))
    assert accept(), "one that is known already is no more"
    assert accept(a_request("1.2.9"), a_peer("WS"))


async def test_how_requests_stand_can_be_read(
    accept: Accept, ingest: Ingest, reader: Engine, clock: HandClock, database: Database
) -> None:
    first = accept(a_request("1.2.1"))
    clock.advance(1)
    second = accept(a_request("1.2.2"), a_peer("WS"))
    check(ingest, second)
    async with database.read() as view:
        assert keys(await commitments(view)) == [second, first]
        assert keys(await commitments(view, limit=1)) == [second]
        (row,) = await commitments(view, ae_title="LAB")
        assert (row.commitment_id, row.state, row.requested_at < clock.now()) == (first, "requested", True)
        counted = await counts(view)
    assert counted == counts_now(reader)
    assert counted == dict.fromkeys(State, 0) | {State.REQUESTED: 1, State.CHECKED: 1}
