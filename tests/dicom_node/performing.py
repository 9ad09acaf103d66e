"""pynetdicom as the modality that tells how an examination goes."""

from copy import deepcopy
from typing import Any

from pydicom import DataElement, config
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset
from pynetdicom import AE

from tests.dicom_node.asking import Place
from tests.dicom_node.raw_scu import EXPLICIT

MPPS = "1.2.840.10008.3.1.2.3.3"


def a_data_set(values: dict[str, Any]) -> Dataset:
    """A data set of these attributes, values that break their VR included; None leaves one out."""
    made = Dataset()
    for keyword, value in values.items():
        if value is not None:
            tag = tag_for_keyword(keyword) or 0
            made.add(DataElement(tag, dictionary_VR(tag), value, validation_mode=config.IGNORE))
    return made


def scheduled(**values: Any) -> Dataset:
    """What a performed step says of the scheduled one."""
    known = {
        "StudyInstanceUID": "2.25.1001",
        "ReferencedStudySequence": [],
        "AccessionNumber": "E202611280001",
        "RequestedProcedureID": "E202611280001",
        "RequestedProcedureDescription": "胸部 CT 平扫",
        "ScheduledProcedureStepID": "E202611280001-1",
        "ScheduledProcedureStepDescription": "胸部 CT 平扫",
        "ScheduledProtocolCodeSequence": [],
    }
    return a_data_set(known | values)


def begun(**values: Any) -> Dataset:
    """The attributes of a step that has begun (PS3.4 table F.7.2-1); None removes one."""
    known = {
        "SpecificCharacterSet": "GB18030",
        "ScheduledStepAttributesSequence": [scheduled()],
        "PatientName": "Wang^Xiaodong=王^小东",
        "PatientID": "P1",
        "PatientBirthDate": "19700101",
        "PatientSex": "M",
        "ReferencedPatientSequence": [],
        "PerformedProcedureStepID": "PPS1",
        "PerformedStationAETitle": "COUNTY",
        "PerformedStationName": "",
        "PerformedLocation": "",
        "PerformedProcedureStepStartDate": "20261128",
        "PerformedProcedureStepStartTime": "0931",
        "PerformedProcedureStepStatus": "IN PROGRESS",
        "PerformedProcedureStepDescription": "",
        "PerformedProcedureTypeDescription": "",
        "ProcedureCodeSequence": [],
        "PerformedProcedureStepEndDate": "",
        "PerformedProcedureStepEndTime": "",
        "Modality": "CT",
        "StudyID": "",
        "PerformedProtocolCodeSequence": [],
        "PerformedSeriesSequence": [],
    }
    return a_data_set(known | values)


def a_series(**values: Any) -> Dataset:
    """A series that was made."""
    known = {
        "SeriesInstanceUID": "2.25.5",
        "ProtocolName": "胸部平扫",
        "SeriesDescription": "",
        "PerformingPhysicianName": "",
        "OperatorsName": "",
        "RetrieveAETitle": "LIANZHEN",
        "ReferencedImageSequence": [],
        "ReferencedNonImageCompositeSOPInstanceSequence": [],
    }
    return a_data_set(known | values)


def ended(status: str = "COMPLETED", **values: Any) -> Dataset:
    """The attributes of a step that is over; None removes one."""
    known = {
        "SpecificCharacterSet": "GB18030",
        "PerformedProcedureStepStatus": status,
        "PerformedProcedureStepEndDate": "20261128",
        "PerformedProcedureStepEndTime": "0945",
        "PerformedSeriesSequence": [a_series()],
    }
    return a_data_set(known | values)


def says(
    place: Place,
    act: str,
    attributes: Dataset,
    uid: str = "2.25.77",
    *,
    calling: str = "COUNTY",
    syntax: str = EXPLICIT,
) -> Dataset:
    """N-CREATE ("create") or N-SET ("set") by pynetdicom; the response."""
    entity = AE(calling)
    entity.add_requested_context(MPPS, [syntax])
    association = entity.associate("127.0.0.1", place.port, ae_title="LIANZHEN")
    assert association.is_established
    send = association.send_n_create if act == "create" else association.send_n_set
    answer: Dataset = send(deepcopy(attributes), MPPS, uid)[0]
    association.release()
    return answer
