"""PDUs and command sets, held against pynetdicom's own codecs, and mutated."""

import io
import struct

import pytest
from hypothesis import given, settings, strategies as st
from pydicom.dataset import Dataset
from pynetdicom.dimse_messages import C_STORE_RSP
from pynetdicom.dsutils import decode
from pynetdicom.pdu import A_ABORT_RQ, A_ASSOCIATE_AC, A_ASSOCIATE_RJ, A_RELEASE_RP, P_DATA_TF

from config.kernel.errors import AppError, Kind, all_errors
from dicom_node import status as statuses
from dicom_node.command import Answer, Command, CommandMalformed, read_command, response
from dicom_node.intake.errors import SopClassMismatch
from dicom_node.negotiation import is_storable_syntax, is_storage_class
from dicom_node.pdu import (
    CALLING_AE_UNKNOWN,
    AbortReason,
    AnsweredContext,
    PduMalformed,
    UserInformation,
    abort,
    associate_accept,
    associate_reject,
    data,
    read_associate_request,
    read_pdvs,
    release_response,
)
from tests.dicom_node.raw_scu import CT, EXPLICIT, IMPLICIT, associate_rq, command
from tests.dicom_node.refusals import outcome_of

REQUEST = associate_rq(
    "LIANZHEN", "COUNTY", [(1, CT, [EXPLICIT, IMPLICIT]), (3, "1.2.840.10008.1.1", [IMPLICIT])]
)


def test_a_request_is_read() -> None:
    request = read_associate_request(REQUEST[6:])
    assert (request.called_ae_title, request.calling_ae_title, request.user.pdu_bytes_max) == (
        "LIANZHEN",
        "COUNTY",
        65_536,
    )
    assert [(c.context_id, c.abstract_syntax, c.transfer_syntaxes) for c in request.contexts] == [
        (1, CT, (EXPLICIT, IMPLICIT)),
        (3, "1.2.840.10008.1.1", (IMPLICIT,)),
    ]


def test_an_acceptance_is_read_by_pynetdicom() -> None:
    raw = associate_accept(
        REQUEST[6:],
        (
            AnsweredContext(context_id=1, result=0, transfer_syntax=EXPLICIT),
            AnsweredContext(context_id=3, result=3, transfer_syntax=IMPLICIT),
        ),
        user=UserInformation(pdu_bytes_max=131_072, implementation="LIANZHEN_1"),
        implementation_class_uid="1.2.3",
    )
    theirs = A_ASSOCIATE_AC()
    theirs.decode(raw)
    assert [(c.context_id, c.result, c.transfer_syntax) for c in theirs.presentation_context] == [
        (1, 0, EXPLICIT),
        (3, 3, IMPLICIT),
    ]
    assert theirs.user_information is not None
    assert (theirs.user_information.maximum_length, theirs.user_information.implementation_class_uid) == (
        131_072,
        "1.2.3",
    )


def test_the_short_pdus_are_read_by_pynetdicom() -> None:
    rejection, abortion, released = A_ASSOCIATE_RJ(), A_ABORT_RQ(), A_RELEASE_RP()
    rejection.decode(associate_reject(CALLING_AE_UNKNOWN))
    abortion.decode(abort(AbortReason.INVALID_PARAMETER))
    released.decode(release_response())
    assert (rejection.result, rejection.source, rejection.reason_diagnostic) == (1, 1, 3)
    assert (abortion.source, abortion.reason_diagnostic) == (2, 6)


def test_a_response_is_read_by_pynetdicom() -> None:
    request = read_command(command(1, 77, CT, "1.2.3", data=True))
    raw = data(
        5, response(request, Answer(0xC000, "名 (0010,0010) is wrong" * 9)), is_command=True, peer_bytes_max=0
    )
    theirs = P_DATA_TF()
    theirs.decode(raw)
    (value,) = theirs.presentation_data_value_items
    message = C_STORE_RSP()
    message.command_set = decode_command((value.presentation_data_value or b"")[1:])
    assert (message.command_set.Status, message.command_set.MessageIDBeingRespondedTo) == (0xC000, 77)
    assert (message.command_set.CommandField, message.command_set.AffectedSOPInstanceUID) == (0x8001, "1.2.3")
    assert len(message.command_set.ErrorComment) == 64


def decode_command(raw: bytes) -> Dataset:
    """A command set as pynetdicom reads it."""
    return decode(io.BytesIO(raw), is_implicit_vr=True, is_little_endian=True)


@given(st.binary(max_size=300), st.sampled_from([0, 16, 64, 131_072]))
def test_a_message_survives_being_cut_into_pdus(message: bytes, limit: int) -> None:
    raw, found = data(1, message, is_command=False, peer_bytes_max=limit), b""
    place, last = 0, []
    while place < len(raw):
        (length,) = struct.unpack_from(">L", raw, place + 2)
        assert not limit or length <= max(limit, 12)
        for value in read_pdvs(memoryview(raw)[place + 6 : place + 6 + length]):
            found += bytes(value.fragment)
            last.append(value.is_last)
        place += 6 + length
    assert found == message
    assert last == [False] * (len(last) - 1) + [True]


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.binary(min_size=1, max_size=4)), max_size=5),
    st.integers(0, 200),
)
def test_mutated_requests_are_read_or_refused(edits: list[tuple[int, bytes]], cut: int) -> None:
    raw = bytearray(REQUEST[6:])
    for place, content in edits:
        raw[place % len(raw) : place % len(raw) + len(content)] = content
    found = outcome_of(lambda: read_associate_request(bytes(raw[: len(raw) - cut])))
    if isinstance(found, AppError):
        assert found.code == PduMalformed.code
    else:
        assert all(context.context_id % 2 for context in found.contexts)


@given(st.binary(max_size=200))
def test_any_bytes_as_data_values_or_command(raw: bytes) -> None:
    values = outcome_of(lambda: list(read_pdvs(memoryview(raw))))
    if isinstance(values, AppError):
        assert values.code == PduMalformed.code
    else:
        assert sum(len(value.fragment) for value in values) <= len(raw)
    command_set = outcome_of(lambda: read_command(raw))
    assert isinstance(command_set, (Command, CommandMalformed))


def test_ten_thousand_contexts_are_refused_soon() -> None:
    with pytest.raises(PduMalformed):
        read_associate_request(associate_rq("A", "B", [(1, CT, [EXPLICIT])] * 2_000)[6:])


def test_every_kind_of_error_has_a_status_and_its_comment_fits() -> None:
    assert statuses.BY_KIND.keys() == set(Kind)
    for error in all_errors():
        if error.code.startswith("dicom."):
            answer = statuses.answer_of(error(fault="x" * 100))
            assert answer.status != 0
            assert len(answer.comment) <= 64
    assert statuses.answer_of(SopClassMismatch()).status == 0xA900


@pytest.mark.parametrize(
    "uid, kept",
    [
        (CT, True),
        ("1.2.840.10008.5.1.4.1.1.9.1.1", True),
        ("1.2.840.10008.5.1.1.29", True),
        ("1.2.840.113619.4.30", True),
        ("1.2.840.10008.5.1.4.1.1.12.77", True),
        ("1.2.840.10008.5.1.4.1.1.2.99", True),
        ("1.2.840.10008.5.1.4.34.7", True),
        ("1.2.840.10008.5.1.4.31", False),
        ("1.2.840.10008.1.20.1", False),
        ("1.2.840.10008.5.1.4.1.2.1.1", False),
        ("1.2.840.10008.5.1.4.1.1.200.4", False),
        ("1.2.840.10008.1.3.10", False),
        ("1.2.840.10008.3.1.2.3.3", False),
        ("1.2.840.10008.5.1.4.38.1", False),
        ("", False),
        ("1.2.x", False),
        ("9" * 65, False),
    ],
)
def test_which_classes_are_kept(uid: str, kept: bool) -> None:
    assert is_storage_class(uid) is kept


@pytest.mark.parametrize(
    "uid, kept",
    [
        (IMPLICIT, True),
        (EXPLICIT, True),
        ("1.2.840.10008.1.2.4.203", True),
        ("1.2.840.10008.1.2.4.108", True),
        ("1.2.840.113619.5.2", True),
        ("1.2.840.10008.1.2.7.1", False),
        ("1.2.840.10008.1.2.6.1", False),
        ("1.2.840.10008.1.20", False),
        ("", False),
        ("1.2/../3", False),
    ],
)
def test_which_syntaxes_are_kept(uid: str, kept: bool) -> None:
    assert is_storable_syntax(uid) is kept
