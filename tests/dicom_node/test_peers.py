"""Known peers: titles by the standard, addresses in any spelling, a listener never long out of date."""

import pytest

from config.kernel.database import Database, DatabaseUnavailable, open_sync_engine
from dicom_node.peers import (
    CACHE_SECONDS,
    AeTitleRefused,
    KnownPeer,
    PeerAddressRefused,
    PeerBook,
    PeerExists,
    PeerNotFound,
    add_peer,
    change_peer,
    checked_ae_title,
    known_peer,
    list_peers,
    plain_address,
    remove_peer,
)
from tests.fixtures.clock import HandClock


async def add(
    database: Database,
    clock: HandClock,
    ae_title: str,
    host: str | None = "127.0.0.1",
    port: int | None = 104,
) -> None:
    """Make a peer known."""
    async with database.write() as tx:
        await add_peer(
            tx,
            ae_title=ae_title,
            institution_id="i1",
            institution_name="县医院",
            host=host,
            port=port,
            issuer_of_patient_id="X",
            now=clock.now(),
        )


@pytest.mark.parametrize(
    "text, title",
    [("COUNTY", "COUNTY"), ("  A B ", "A B"), ("x" * 16, "x" * 16), ("~!@#$%^&*()", "~!@#$%^&*()")],
)
def test_titles_that_are_titles(text: str, title: str) -> None:
    assert checked_ae_title(text) == title


@pytest.mark.parametrize("text", ["", "   ", "x" * 17, "A\\B", "县医院", "A\nB", "A\0", "\x7f"])
def test_titles_that_are_none(text: str) -> None:
    with pytest.raises(AeTitleRefused):
        checked_ae_title(text)


async def test_peers_are_added_listed_and_removed(database: Database, clock: HandClock) -> None:
    await add(database, clock, "ZULU")
    await add(database, clock, " COUNTY ", None, None)
    async with database.read() as view:
        assert [(p.ae_title, p.host, p.port, p.enabled) for p in await list_peers(view)] == [
            ("COUNTY", None, None, True),
            ("ZULU", "127.0.0.1", 104, True),
        ]
    with pytest.raises(PeerExists):
        await add(database, clock, "ZULU")
    async with database.write() as tx:
        await remove_peer(tx, "ZULU")
    with pytest.raises(PeerNotFound):
        async with database.write() as tx:
            await remove_peer(tx, "ZULU")


@pytest.mark.parametrize(
    "host, port", [("127.0.0.1", 0), ("127.0.0.1", 70_000), ("not a host!", 104), ("x" * 300, 104)]
)
async def test_addresses_that_cannot_be_used(
    database: Database, clock: HandClock, host: str, port: int
) -> None:
    with pytest.raises(PeerAddressRefused):
        await add(database, clock, "COUNTY", host, port)


async def test_a_peer_moves_is_shut_out_and_stays_whose_it_is(database: Database, clock: HandClock) -> None:
    await add(database, clock, "COUNTY")
    async with database.write() as tx:
        await change_peer(tx, " COUNTY ", host="10.0.0.9", port=None, enabled=False)
    async with database.read() as view:
        peer = await known_peer(view, "COUNTY")
    assert (peer.host, peer.port, peer.enabled, peer.institution_id) == ("10.0.0.9", None, False, "i1")
    with pytest.raises(PeerAddressRefused):
        async with database.write() as tx:
            await change_peer(tx, "COUNTY", host="not a host!", port=None, enabled=True)
    for title in ("NOBODY", "", "x" * 30):
        with pytest.raises(PeerNotFound):
            async with database.write() as tx:
                await change_peer(tx, title, host=None, port=None, enabled=True)


async def test_a_peer_that_is_shut_out_is_not_in_the_book(
    database: Database, database_url: str, clock: HandClock
) -> None:
    await add(database, clock, "COUNTY")
    engine = open_sync_engine(database_url, writes=False)
    assert PeerBook(engine).find("COUNTY") is not None
    async with database.write() as tx:
        await change_peer(tx, "COUNTY", host=None, port=None, enabled=False)
    assert PeerBook(engine).find("COUNTY") is None
    engine.dispose()


@pytest.mark.parametrize(
    "text, plain",
    [
        ("127.0.0.1", "127.0.0.1"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("::1", "::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("2001:DB8::0:1", "2001:db8::1"),
    ],
)
def test_one_spelling_for_an_address(text: str, plain: str) -> None:
    assert plain_address(text) == plain


def test_an_address_counts_when_one_is_named() -> None:
    bound = KnownPeer(
        ae_title="A", institution_id="i", issuer_of_patient_id="", addresses=frozenset({"10.0.0.7"})
    )
    free = KnownPeer(ae_title="A", institution_id="i", issuer_of_patient_id="", addresses=frozenset())
    assert bound.may_come_from("::ffff:10.0.0.7")
    assert not bound.may_come_from("10.0.0.8")
    assert free.may_come_from("10.0.0.8")


async def test_the_book_is_read_again_when_it_is_old(
    database: Database, database_url: str, clock: HandClock
) -> None:
    engine, seconds = open_sync_engine(database_url, writes=False), [100.0]
    book = PeerBook(engine, lambda: seconds[0])
    assert book.find("COUNTY") is None
    await add(database, clock, "COUNTY")
    assert book.find("COUNTY") is None
    seconds[0] += CACHE_SECONDS + 0.01
    found = book.find(" COUNTY ")
    assert found is not None
    assert (found.institution_id, found.addresses) == ("i1", frozenset({"127.0.0.1"}))
    engine.dispose()


def test_a_book_without_a_database_says_so(tmp_path: object) -> None:
    engine = open_sync_engine(f"sqlite:///{tmp_path}/empty.db", writes=False)
    with pytest.raises(DatabaseUnavailable):
        PeerBook(engine).find("COUNTY")
    engine.dispose()
