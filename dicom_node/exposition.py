"""All figures of a node in Prometheus text form, for its health page."""

from datetime import datetime

from sqlalchemy import Engine

from dicom_node.commitment.queries import counts_now
from dicom_node.keeping import metrics as keeping
from dicom_node.keeping.queries import figures_now
from dicom_node.reporting import metrics as receiving
from dicom_node.reporting.queries import receivers_now


def exposition_now(reader: Engine, now: datetime) -> str:
    """What receivers, commitments and the store are like. Raises DatabaseUnavailable."""
    return receiving.exposition(receivers_now(reader, now), counts_now(reader)) + keeping.exposition(
        figures_now(reader), now
    )
