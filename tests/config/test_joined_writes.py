"""What is written to a connection, and in how many pieces it leaves."""

import asyncio
from collections.abc import Iterable
from typing import Any

from hypothesis import given, strategies as st

from config.joined_writes import HELD_BYTES_MAX, JoinedWrites

HEAD, LONG = b"HTTP/1.1 200 OK\r\n\r\n", b"x" * (HELD_BYTES_MAX + 1)


class Wire(asyncio.Transport):
    """Keeps each piece that is given to the system."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.pieces: list[bytes] = []
        self.closed_after: int | None = None

    def write(self, data: Any) -> None:
        self.pieces.append(bytes(data))

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        self.pieces.append(b"".join(list_of_data))

    def close(self) -> None:
        self.closed_after = len(self.pieces)

    def is_closing(self) -> bool:
        return self.closed_after is not None


async def turned() -> None:
    """The loop has done what it had to do."""
    done = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(done.set_result, None)
    await done


def joined() -> tuple[Wire, JoinedWrites]:
    wire = Wire()
    return wire, JoinedWrites(wire, asyncio.get_running_loop())


async def test_a_head_leaves_with_its_body() -> None:
    wire, transport = joined()
    transport.write(HEAD)
    transport.write(LONG)
    assert wire.pieces == [HEAD + LONG]
    await turned()
    assert wire.pieces == [HEAD + LONG]


async def test_what_nothing_follows_leaves_when_the_loop_turns() -> None:
    wire, transport = joined()
    transport.write(HEAD)
    assert wire.pieces == []
    await turned()
    assert wire.pieces == [HEAD]


async def test_what_is_long_waits_for_nothing() -> None:
    wire, transport = joined()
    transport.write(LONG)
    assert wire.pieces == [LONG]


async def test_a_connection_closes_after_what_was_written() -> None:
    wire, transport = joined()
    transport.write(HEAD)
    transport.close()
    assert wire.pieces == [HEAD]
    assert wire.closed_after == 1


async def test_nothing_is_written_to_whoever_went_meanwhile() -> None:
    wire, transport = joined()
    transport.write(HEAD)
    wire.close()
    await turned()
    assert wire.pieces == []


async def test_another_protocol_finds_everything_sent() -> None:
    wire, transport = joined()
    transport.write(HEAD)
    assert transport.as_it_was() is wire
    assert wire.pieces == [HEAD]


async def test_everything_else_is_the_transport_below() -> None:
    _wire, transport = joined()
    assert transport.get_extra_info("peername") == ("127.0.0.1", 1)


@given(st.lists(st.one_of(st.none(), st.binary(max_size=HELD_BYTES_MAX + 2)), max_size=20))
def test_nothing_is_lost_and_the_order_stays(said: list[bytes | None]) -> None:
    """`None`: the loop turns to something else."""

    async def run() -> list[bytes]:
        wire, transport = joined()
        for one in said:
            if one is None:
                await turned()
            else:
                transport.write(one)
        transport.close()
        return wire.pieces

    assert b"".join(asyncio.run(run())) == b"".join(one for one in said if one)
