"""Studies as the archive would have indexed them, without their bytes."""

import zlib
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.ids import new_id
from dicom_node.archive.tables import Instance, Series, Study


def a_study(
    *,
    institution_id: str,
    study_instance_uid: str,
    now: datetime,
    modality: str = "CT",
    instances: int = 3,
    patient_id: str = "SQZX2600005",
    patient_name: str = "Qiu^Dashan=仇^大山",
    accession_number: str = "CT0005",
    settled: bool = True,
) -> Study:
    """A study's row."""
    return Study(
        study_key=new_id(),
        institution_id=institution_id,
        study_instance_uid=study_instance_uid,
        patient_id=patient_id,
        issuer_of_patient_id="SQZX",
        patient_name=patient_name,
        patient_name_key="qiudashan 仇大山 qds",
        patient_birth_date="19550203",
        patient_sex="M",
        study_date="20260302",
        study_time="091500",
        study_id="1",
        accession_number=accession_number,
        study_description="胸部CT平扫",
        referring_physician_name="",
        modalities=[modality],
        series_count=1,
        instance_count=instances,
        byte_count=1000,
        source_ae_title="SQZX_PACS",
        first_received_at=now,
        last_received_at=now,
        settled_at=now if settled else None,
        version=1,
    )


async def add_study(tx: AsyncSession, study: Study, now: datetime) -> None:
    """The study with one series and its instances."""
    tx.add(study)
    await tx.flush()
    series = Series(
        series_key=new_id(),
        study_key=study.study_key,
        series_instance_uid=f"{study.study_instance_uid}.1",
        modality=study.modalities[0],
        series_number=1,
        series_description="",
        body_part_examined="CHEST",
        performed_procedure_step_start_date="20260302",
        instance_count=study.instance_count,
        version=1,
    )
    tx.add(series)
    await tx.flush()
    for number in range(1, study.instance_count + 1):
        tx.add(
            Instance(
                instance_key=new_id(),
                series_key=series.series_key,
                institution_id=study.institution_id,
                sop_instance_uid=f"{study.study_instance_uid}.1.{number}",
                sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
                transfer_syntax_uid="1.2.840.10008.1.2.1",
                instance_number=number,
                number_of_frames=1,
                rows=2,
                columns=2,
                object_key=f"dicom/00/{number:064x}.dcm",
                object_bytes=300,
                dataset_offset=200,
                dataset_sha256=f"{number:064x}",
                pixel_offset=292,
                pixel_bytes=8,
                frame_offsets=[[292, 300]],
                metadata_json=zlib.compress(b"{}"),
                received_at=now,
            )
        )
