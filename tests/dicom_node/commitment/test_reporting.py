"""What a report says, as pydicom reads it."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given, strategies as st
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from dicom_node.archive.tables import Commitment
from dicom_node.command import Command, CommandField, Field
from dicom_node.commitment.model import EventType, Reason
from dicom_node.commitment.reporting import fault_of, report_of
from tests.dicom_node.commitment.asker import IMPLICIT, Reference, named
from tests.dicom_node.raw_scu import EXPLICIT

uids = st.lists(st.integers(0, 99_999), min_size=2, max_size=8).map(lambda parts: ".".join(map(str, parts)))
verdicts = st.dictionaries(
    st.tuples(uids, uids), st.one_of(st.none(), st.sampled_from(Reason)), min_size=1, max_size=12
)


def a_row(found: dict[Reference, Reason | None]) -> Commitment:
    """A checked request."""
    return Commitment(
        commitment_id="c",
        transaction_uid="1.2.840.99",
        objects=[list(each) for each in found],
        failures=[[*each, int(reason)] for each, reason in found.items() if reason is not None],
        checked_at=datetime.now(UTC),
    )


def read(raw: bytes, syntax: str) -> Dataset:
    """A data set by pydicom."""
    return read_dataset(BytesIO(raw), is_implicit_VR=syntax == IMPLICIT, is_little_endian=True)


@given(found=verdicts, syntax=st.sampled_from([IMPLICIT, EXPLICIT]))
def test_each_object_is_in_its_sequence(found: dict[Reference, Reason | None], syntax: str) -> None:
    report = report_of(a_row(found), "LIANZHEN", syntax)
    said = read(report.data_set, syntax)
    committed = {each for each, reason in found.items() if reason is None}
    failed = {each: int(reason) for each, reason in found.items() if reason is not None}
    assert {named(item) for item in said.get("ReferencedSOPSequence", [])} == committed
    assert {named(item): item.FailureReason for item in said.get("FailedSOPSequence", [])} == failed
    assert ("ReferencedSOPSequence" in said, "FailedSOPSequence" in said) == (bool(committed), bool(failed))
    assert (said.TransactionUID, said.RetrieveAETitle) == ("1.2.840.99", "LIANZHEN")
    assert report.event_type == (EventType.SOME_FAILED if failed else EventType.ALL_COMMITTED)
    assert report.more[Field.EVENT_TYPE] == bytes((report.event_type, 0))
    assert [element.tag for element in said] == sorted(element.tag for element in said)


@pytest.mark.parametrize(
    "status, fault",
    [
        (0, ""),
        (0x0107, ""),
        (0x0116, ""),
        (0x0110, "status 0110"),
        (0x0211, "status 0211"),
        (1, "status 0001"),
    ],
)
def test_who_has_heard_it(status: int, fault: str) -> None:
    answer = Command(
        command=CommandField.N_EVENT_REPORT_RQ | 0x8000,
        message_id=0,
        has_data_set=False,
        sop_class_uid="",
        sop_instance_uid="",
        status=status,
    )
    assert fault_of(answer) == fault
