"""Action information read with care: what pydicom wrote, what breaks a rule, what nobody should send."""

import struct
from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from dicom_node.command import Command, CommandField
from dicom_node.commitment.model import REFERENCES_MAX, REQUEST_BYTES_MAX, Request
from dicom_node.commitment.request import Collector, Unacceptable, check_target, read_request
from dicom_node.intake.elements import EXPLICIT_LITTLE, IMPLICIT_LITTLE, Syntax
from dicom_node.negotiation import COMMITMENT
from tests.dicom_node.commitment.asker import WELL_KNOWN, Reference, action
from tests.dicom_node.objects import CT, dataset_bytes

TRANSACTION, REFERENCED, CLASS, INSTANCE = 0x00081195, 0x00081199, 0x00081150, 0x00081155
uids = st.lists(st.integers(0, 99_999), min_size=2, max_size=8).map(lambda parts: ".".join(map(str, parts)))
references = st.lists(st.tuples(uids, uids), min_size=1, max_size=20)


def ui(tag: int, text: str, syntax: Syntax) -> bytes:
    """A UID element, whatever its text."""
    value = text.encode() + b"\0" * (len(text) % 2)
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    if syntax.explicit:
        return head + b"UI" + struct.pack("<H", len(value)) + value
    return head + struct.pack("<L", len(value)) + value


def sq(tag: int, items: list[bytes], syntax: Syntax) -> bytes:
    """A sequence of items of explicit length."""
    content = b"".join(struct.pack("<HHL", 0xFFFE, 0xE000, len(item)) + item for item in items)
    vr = b"SQ\0\0" if syntax.explicit else b""
    return struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr + struct.pack("<L", len(content)) + content


def refused(call: Callable[[], object]) -> tuple[int, int | None]:
    """Status and offending element of a refusal."""
    with pytest.raises(Unacceptable) as caught:
        call()
    return caught.value.answer.status, caught.value.answer.offending


@given(asked=references, implicit=st.booleans())
def test_what_pydicom_wrote_is_read(asked: list[Reference], implicit: bool) -> None:
    dataset = action(asked)
    raw = dataset_bytes(dataset, implicit=implicit)
    found = read_request(raw, IMPLICIT_LITTLE if implicit else EXPLICIT_LITTLE)
    assert found.transaction_uid == dataset.TransactionUID
    assert found.references == tuple(dict.fromkeys(asked)), "each once, in the order given"


@given(asked=references, data=st.data())
def test_the_fingerprint_is_that_of_the_set(asked: list[Reference], data: st.DataObject) -> None:
    unique = list(dict.fromkeys(asked))
    shuffled = data.draw(st.permutations(unique))
    one, other = (
        Request(transaction_uid="1.2", references=tuple(each)).fingerprint for each in (unique, shuffled)
    )
    assert one == other
    fewer = Request(transaction_uid="1.2", references=tuple(unique[1:]))
    assert one != fewer.fingerprint


@pytest.mark.parametrize("syntax", [IMPLICIT_LITTLE, EXPLICIT_LITTLE])
@pytest.mark.parametrize(
    "make, expected",
    [
        (lambda _: b"", (0x0120, TRANSACTION)),
        (lambda s: ui(TRANSACTION, "1.2", s), (0x0120, REFERENCED)),
        (lambda s: ui(TRANSACTION, "", s), (0x0121, TRANSACTION)),
        (lambda s: ui(TRANSACTION, "1.2.x", s), (0x0115, TRANSACTION)),
        (lambda s: ui(TRANSACTION, "1.2\\1.3", s), (0x0115, TRANSACTION)),
        (lambda s: ui(TRANSACTION, "1" * 65, s), (0x0115, TRANSACTION)),
        (lambda s: ui(TRANSACTION, "1.2", s) + sq(REFERENCED, [], s), (0x0121, REFERENCED)),
        (lambda s: ui(TRANSACTION, "1.2", s) + sq(REFERENCED, [b""], s), (0x0120, CLASS)),
        (lambda s: ui(TRANSACTION, "1.2", s) + sq(REFERENCED, [ui(CLASS, CT, s)], s), (0x0120, INSTANCE)),
        (
            lambda s: (
                ui(TRANSACTION, "1.2", s) + sq(REFERENCED, [ui(CLASS, CT, s) + ui(INSTANCE, "name", s)], s)
            ),
            (0x0115, INSTANCE),
        ),
        (lambda _: b"\x08\0\x95", (0x0110, None)),
        (lambda s: ui(TRANSACTION, "1.2", s) * 2, (0x0110, None)),
    ],
)
def test_what_breaks_a_rule_is_named(
    syntax: Syntax, make: Callable[[Syntax], bytes], expected: tuple[int, int | None]
) -> None:
    assert refused(lambda: read_request(make(syntax), syntax)) == expected


def test_a_sequence_that_is_text_is_no_sequence() -> None:
    raw = ui(TRANSACTION, "1.2", EXPLICIT_LITTLE) + ui(REFERENCED, "1.2", EXPLICIT_LITTLE)
    assert refused(lambda: read_request(raw, EXPLICIT_LITTLE)) == (0x0115, REFERENCED)


def test_as_many_as_the_cap_and_not_one_more() -> None:
    items = [
        ui(CLASS, CT, EXPLICIT_LITTLE) + ui(INSTANCE, f"1.2.{number}", EXPLICIT_LITTLE)
        for number in range(REFERENCES_MAX + 1)
    ]
    head = ui(TRANSACTION, "1.2", EXPLICIT_LITTLE)
    found = read_request(head + sq(REFERENCED, items[:-1], EXPLICIT_LITTLE), EXPLICIT_LITTLE)
    assert len(found.references) == REFERENCES_MAX
    more = head + sq(REFERENCED, items, EXPLICIT_LITTLE)
    assert refused(lambda: read_request(more, EXPLICIT_LITTLE)) == (0x0213, None)


def test_elements_without_end_are_refused_as_too_many() -> None:
    dull = ui(CLASS, CT, EXPLICIT_LITTLE) + ui(INSTANCE, "1.2", EXPLICIT_LITTLE)
    dull += b"".join(struct.pack("<HH2sH", 0x0009, 0x1000 + number, b"LO", 0) for number in range(4_000))
    raw = ui(TRANSACTION, "1.2", EXPLICIT_LITTLE) + sq(REFERENCED, [dull] * 30, EXPLICIT_LITTLE)
    assert refused(lambda: read_request(raw, EXPLICIT_LITTLE)) == (0x0110, None)


@given(raw=st.binary(max_size=300), implicit=st.booleans())
def test_no_bytes_do_anything_but_be_refused(raw: bytes, implicit: bool) -> None:
    syntax = IMPLICIT_LITTLE if implicit else EXPLICIT_LITTLE
    assert refused(lambda: read_request(raw, syntax))[0] in {0x0110, 0x0115, 0x0120, 0x0121}


@given(place=st.integers(0), flip=st.integers(1, 255))
def test_a_changed_byte_is_read_as_something_or_refused(place: int, flip: int) -> None:
    dataset = action([(CT, generate_uid("1.2.")), (CT, "1.2.3.4")], "1.2.840.99")
    raw = bytearray(dataset_bytes(dataset))
    raw[place % len(raw)] ^= flip
    assert outcome(bytes(raw)) in {0x0110, 0x0115, 0x0120, 0x0121, 1, 2}


def outcome(raw: bytes) -> int:
    """How many references were read, or the status of the refusal."""
    try:
        return len(read_request(raw, EXPLICIT_LITTLE).references)
    except Unacceptable as caught:
        return caught.answer.status


def test_only_so_much_is_collected() -> None:
    collector = Collector()
    collector.take(memoryview(bytes(REQUEST_BYTES_MAX)))
    assert len(collector.whole()) == REQUEST_BYTES_MAX
    collector.take(memoryview(b"1"))
    assert refused(collector.whole) == (0x0213, None)
    collector.take(memoryview(b""))
    assert refused(collector.whole) == (0x0213, None), "what was too long stays too long"


def a_command(sop_class: str = COMMITMENT, instance: str = WELL_KNOWN, kind: int = 1) -> Command:
    """An N-ACTION's command set."""
    return Command(
        command=CommandField.N_ACTION_RQ,
        message_id=1,
        has_data_set=True,
        sop_class_uid=sop_class,
        sop_instance_uid=instance,
        type_id=kind,
    )


def test_the_target_is_the_one_instance_and_its_one_action() -> None:
    check_target(a_command(), COMMITMENT)
    for command, status in (
        (a_command(sop_class=CT), 0x0122),
        (a_command(instance="1.2.3"), 0x0112),
        (a_command(kind=2), 0x0123),
    ):
        assert refused(lambda: check_target(command, COMMITMENT)) == (status, None)  # noqa: B023


def test_a_referenced_object_may_bring_more_than_its_name() -> None:
    """PS3.4 J.3.2.1.1 lets items and the request carry storage media attributes; they are passed over."""
    asked = action([(CT, "1.2.3")])
    asked.StorageMediaFileSetID = "DISC1"
    asked.ReferencedSOPSequence[0].StorageMediaFileSetUID = "1.2.9"
    found = read_request(dataset_bytes(asked), EXPLICIT_LITTLE)
    assert found.references == ((CT, "1.2.3"),)
    empty = Dataset()
    assert refused(lambda: read_request(dataset_bytes(empty), EXPLICIT_LITTLE)) == (0x0120, TRANSACTION)
