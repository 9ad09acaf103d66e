"""Sample files put into a real archive: rows by the intake's own parser, bytes in an object store."""

import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydicom.filereader import read_file_meta_info

from config.kernel.database import Database
from config.kernel.objects import ObjectStore
from dicom_node.archive.tables import Instance, Series, Study
from dicom_node.intake.parse import Facts, parse

INSTITUTION = "inst-county"
RECEIVED = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def dataset_start(path: Path) -> tuple[int, str]:
    """Where the data set of a Part 10 file begins, and its transfer syntax."""
    meta = read_file_meta_info(path)
    return 132 + 12 + meta.FileMetaInformationGroupLength, str(meta.TransferSyntaxUID)


async def archived(
    database: Database, objects: ObjectStore, files: Sequence[Path], institution_id: str = INSTITUTION
) -> list[str]:
    """Store the files as one institution's; the Study Instance UIDs in order of appearance."""
    studies: dict[str, Study] = {}
    series: dict[tuple[str, str], Series] = {}
    async with database.write() as tx:
        for path in files:
            offset, syntax = dataset_start(path)
            facts = parse(path, offset, syntax)
            uid = facts.study.study_instance_uid
            if uid not in studies:
                studies[uid] = _study(facts, institution_id)
                tx.add(studies[uid])
                await tx.flush()
            key = (uid, facts.series.series_instance_uid)
            if key not in series:
                series[key] = _series(facts, studies[uid].study_key)
                tx.add(series[key])
                await tx.flush()
            tx.add(_instance(facts, path, objects, series[key].series_key, institution_id))
            series[key].instance_count += 1
            studies[uid].instance_count += 1
    return list(studies)


def _study(facts: Facts, institution_id: str) -> Study:
    one = facts.study
    return Study(
        study_key=str(uuid.uuid4()),
        institution_id=institution_id,
        issuer_of_patient_id="",
        **{name: getattr(one, name) for name in one.__dataclass_fields__},
        modalities=[facts.series.modality],
        series_count=0,
        instance_count=0,
        byte_count=0,
        source_ae_title="COUNTY",
        first_received_at=RECEIVED,
        last_received_at=RECEIVED,
        settled_at=RECEIVED,
        version=1,
    )


def _series(facts: Facts, study_key: str) -> Series:
    one = facts.series
    return Series(
        series_key=str(uuid.uuid4()),
        study_key=study_key,
        instance_count=0,
        version=1,
        **{name: getattr(one, name) for name in one.__dataclass_fields__},
    )


def _instance(
    facts: Facts, path: Path, objects: ObjectStore, series_key: str, institution_id: str
) -> Instance:
    content, one = path.read_bytes(), facts.instance
    offset, syntax = dataset_start(path)
    sha256 = hashlib.sha256(content[offset:]).hexdigest()
    key = f"sha256/{sha256}"
    objects.put(key, content)
    return Instance(
        instance_key=str(uuid.uuid4()),
        series_key=series_key,
        institution_id=institution_id,
        **{name: getattr(one, name) for name in one.__dataclass_fields__},
        transfer_syntax_uid=syntax,
        object_key=key,
        object_bytes=len(content),
        dataset_offset=offset,
        dataset_sha256=sha256,
        received_at=RECEIVED,
    )
