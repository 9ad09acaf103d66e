"""Every `dicom_` table, gathered for the migrations and their test."""

from typing import Any

from dicom_node.archive import name_index, tables as archive
from dicom_node.forward import tables as forward
from dicom_node.keeping import tables as keeping
from dicom_node.mpps import tables as mpps
from dicom_node.quotas import tables as quotas
from dicom_node.retention import tables as retention
from dicom_node.worklist import tables as worklist

PARTS = (archive, forward, keeping, mpps, quotas, retention, worklist)
metadata = archive.Base.metadata


def is_mapped(name: str | None, _kind: str, _parents: Any) -> bool:
    """False for tables and indexes that are no mapped class's: Alembic leaves them as they are."""
    return not name_index.is_own(name)
