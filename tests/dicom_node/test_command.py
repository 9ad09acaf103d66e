"""Command sets: written and read back, cut anywhere, held to their limits (PS3.7 6.3.1)."""

import struct

import pytest
from hypothesis import given, strategies as st

from dicom_node.command import (
    ELEMENTS_MAX,
    Answer,
    Command,
    CommandField,
    CommandMalformed,
    Counts,
    Field,
    ae,
    read_command,
    request,
    response,
)
from tests.dicom_node.raw_scu import CT, command, element

uids = st.lists(st.integers(0, 10**6), min_size=1, max_size=6).map(lambda parts: ".".join(map(str, parts)))


REQUESTS = [field for field in CommandField if field is not CommandField.C_CANCEL_RQ]


@given(st.sampled_from(REQUESTS), st.integers(0, 65_535), uids, uids, st.booleans())
def test_a_request_is_read_as_it_was_meant(
    field: CommandField, number: int, sop_class: str, instance: str, data: bool
) -> None:
    assert read_command(command(field, number, sop_class, instance, data=data)) == Command(
        command=field,
        message_id=number,
        has_data_set=data,
        sop_class_uid=sop_class,
        sop_instance_uid=instance,
    )


def elements_of(raw: bytes) -> dict[int, bytes]:
    """The elements of a command set, by a reader of our own."""
    found, place = {}, 0
    while place < len(raw):
        group, number, length = struct.unpack_from("<HHL", raw, place)
        assert group == 0
        found[number] = raw[place + 8 : place + 8 + length]
        place += 8 + length
    return found


@given(st.integers(0, 65_535), st.integers(0, 65_535), st.text(max_size=100), uids, st.booleans())
def test_an_answer_names_its_request_and_is_even(
    number: int, status: int, words: str, uid: str, named: bool
) -> None:
    request = Command(
        command=CommandField.C_STORE_RQ,
        message_id=number,
        has_data_set=True,
        sop_class_uid=CT if named else "",
        sop_instance_uid=uid if named else "",
    )
    raw = response(request, Answer(status, words))
    found = elements_of(raw)
    assert int.from_bytes(found[0], "little") == len(raw) - 12
    assert list(found) == sorted(found)
    assert all(len(value) % 2 == 0 for value in found.values())
    assert found[0x0100] == b"\x01\x80"
    assert found[0x0120] == number.to_bytes(2, "little")
    assert found[0x0800] == b"\x01\x01"
    assert found[0x0900] == status.to_bytes(2, "little")
    assert (0x0002 in found, 0x1000 in found) == (named, named)
    assert (0x0902 in found) is bool(words)
    assert found.get(0x0902, b"").isascii()
    assert len(found.get(0x0902, b"")) <= 64


WHOLE = command(1, 7, CT, "1.2.3", data=True)


def test_cut_anywhere_it_is_refused_or_lacks_what_it_must_have() -> None:
    for cut in range(len(WHOLE)):
        try:
            found = read_command(WHOLE[:cut])
        except CommandMalformed:
            continue
        assert (found.message_id, found.has_data_set) == (7, True)


@pytest.mark.parametrize("value", [None, b"", b"\1", b"\1\0\0\0"])
@pytest.mark.parametrize("missing", [0x0100, 0x0110, 0x0800])
def test_what_it_must_have_is_named(missing: int, value: bytes | None) -> None:
    parts = {0x0100: b"\1\0", 0x0110: b"\7\0", 0x0800: b"\1\1"}
    del parts[missing]
    if value is not None:
        parts[missing] = value
    with pytest.raises(CommandMalformed) as refusal:
        read_command(b"".join(element(number, content) for number, content in parts.items()))
    assert f"(0000,{missing:04X})" in str(refusal.value.params["fault"])


@pytest.mark.parametrize(
    "raw",
    [
        struct.pack("<HHL", 8, 5, 0) + WHOLE,
        WHOLE + struct.pack("<HHL", 0, 0x1000, 4_000_000_000),
        WHOLE + b"\0\0\0\0",
        WHOLE + b"".join(element(0x2000 + number, b"") for number in range(ELEMENTS_MAX)),
    ],
    ids=range(4),
)
def test_what_is_no_command_set_is_refused(raw: bytes) -> None:
    with pytest.raises(CommandMalformed):
        read_command(raw)


def test_an_absurd_uid_is_cut_and_harmless() -> None:
    found = read_command(command(1, 7, "1" * 500, "é" * 10, data=True))
    assert len(found.sop_class_uid) <= 66
    assert found.sop_instance_uid.isprintable()


def a_response(number: int = 5, *more: bytes) -> bytes:
    """A C-FIND-RSP with further elements."""
    return b"".join(
        (
            element(0x0100, struct.pack("<H", 0x8020)),
            element(0x0120, struct.pack("<H", number)),
            element(0x0800, struct.pack("<H", 1)),
            element(0x0900, struct.pack("<H", 0xFF01)),
            *more,
        )
    )


@given(st.integers(0, 65_535))
def test_a_response_is_read_with_its_status(number: int) -> None:
    found = read_command(a_response(number, element(0x0902, b"no such key ")))
    assert found.is_response
    assert (found.responded_id, found.message_id, found.status) == (number, 0, 0xFF01)
    assert (found.has_data_set, found.comment) == (True, "no such key")


def test_a_cancellation_names_what_is_cancelled_and_nothing_else() -> None:
    """PS3.7 9.3.2.3: a C-CANCEL-RQ has no Message ID of its own."""
    raw = (
        element(0x0100, struct.pack("<H", 0x0FFF))
        + element(0x0120, struct.pack("<H", 7))
        + element(0x0800, struct.pack("<H", 0x0101))
    )
    found = read_command(raw)
    assert (found.command, found.responded_id, found.is_response) == (CommandField.C_CANCEL_RQ, 7, False)


@pytest.mark.parametrize("left_out", [0x0100, 0x0120, 0x0800, 0x0900])
def test_a_response_that_lacks_what_it_must_have_is_refused(left_out: int) -> None:
    elements = {0x0100: 0x8030, 0x0120: 1, 0x0800: 0x0101, 0x0900: 0}
    raw = b"".join(element(n, struct.pack("<H", v)) for n, v in elements.items() if n != left_out)
    with pytest.raises(CommandMalformed):
        read_command(raw)


def test_a_move_names_its_destination() -> None:
    raw = request(
        CommandField.C_MOVE_RQ, 3, CT, has_data_set=True, more={Field.MOVE_DESTINATION: ae("STORE SCP")}
    )
    found = read_command(raw)
    assert (found.move_destination, found.message_id, found.has_data_set) == ("STORE SCP", 3, True)
    assert elements_of(raw)[0x0600] == b"STORE SCP "


def test_an_answer_carries_counts_an_offending_element_and_an_identifier() -> None:
    asked = read_command(command(0x0021, 9, CT, data=True))
    counts = Counts(remaining=1, completed=2, failed=3, warning=4)
    found = elements_of(
        response(asked, Answer(0xB000, offending=0x00100020, counts=counts, identifier=b"data"))
    )
    numbers = [int.from_bytes(found[n], "little") for n in (0x1020, 0x1021, 0x1022, 0x1023)]
    assert numbers == [1, 2, 3, 4]
    assert found[0x0901] == struct.pack("<HH", 0x0010, 0x0020)
    assert found[0x0800] != struct.pack("<H", 0x0101)
    assert elements_of(response(asked, Answer(0)))[0x0800] == struct.pack("<H", 0x0101)
    assert not {0x1020, 0x0901, 0x0902} & elements_of(response(asked, Answer(0))).keys()


@given(st.sampled_from(REQUESTS), st.integers(0, 65_535), uids)
def test_what_we_ask_is_read_as_it_was_meant(field: CommandField, number: int, sop_class: str) -> None:
    found = read_command(request(field, number, sop_class))
    assert (found.command, found.message_id, found.sop_class_uid) == (field, number, sop_class)


@pytest.mark.parametrize(
    "field, number", [(CommandField.N_ACTION_RQ, 0x1008), (CommandField.N_EVENT_REPORT_RQ, 0x1002)]
)
def test_an_answer_repeats_the_type_of_action_or_event(field: CommandField, number: int) -> None:
    """PS3.7 10.3.1 and 10.3.5: with the SOP class and instance as affected ones."""
    asked = read_command(command(field, 7, CT, "1.2.3") + element(number, b"\2\0"))
    assert asked.type_id == 2
    found = elements_of(response(asked, Answer(0)))
    assert found[number] == b"\2\0"
    assert found[0x0002].rstrip(b"\0") == CT.encode()
    assert (found[0x1000].rstrip(b"\0"), found[0x0100][1]) == (b"1.2.3", 0x80 | field >> 8)
