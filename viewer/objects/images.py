"""Marked images as the archive knows them."""

from collections.abc import Iterable

from dicom_node.archive.tables import Instance, Series
from viewer.attributes import unpacked
from viewer.image_form import frames_of
from viewer.objects.marked import MarkedImage, Reference


def marked_images(study_instance_uid: str, rows: Iterable[tuple[Series, Instance]]) -> dict[str, MarkedImage]:
    """The images of these rows by SOP Instance UID. Reads their metadata: run it in a thread."""
    return {
        instance.sop_instance_uid: _marked(study_instance_uid, series, instance) for series, instance in rows
    }


def _marked(study_instance_uid: str, series: Series, instance: Instance) -> MarkedImage:
    data = unpacked(instance.metadata_json)
    facts = frames_of(data, instance.transfer_syntax_uid, instance.number_of_frames)
    return MarkedImage(
        reference=Reference(
            study_instance_uid=study_instance_uid,
            series_instance_uid=series.series_instance_uid,
            sop_class_uid=instance.sop_class_uid,
            sop_instance_uid=instance.sop_instance_uid,
        ),
        modality=series.modality,
        number_of_frames=instance.number_of_frames,
        attributes=data,
        forms={one.number: one.form for one in facts if one.form is not None},
    )
