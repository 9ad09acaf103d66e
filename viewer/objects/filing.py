"""A filing as objects: key images, presentation states, measurements, as far as it has any."""

from pydicom.dataset import FileDataset

from viewer.objects.key_objects import key_objects_of
from viewer.objects.marked import Filing, NothingToFile, Reference
from viewer.objects.measurements import measurements_of
from viewer.objects.presentation import presentations_of


def objects_of(filing: Filing) -> list[FileDataset]:
    """The objects of a filing; the same filing gives the same bytes. Raises NothingToFile."""
    found = [key_objects_of(filing), *presentations_of(filing), measurements_of(filing)]
    made = [one for one in found if one is not None]
    if not made:
        raise NothingToFile
    return made


def reference_to(made: FileDataset) -> Reference:
    """An object by its names."""
    return Reference(
        study_instance_uid=str(made.StudyInstanceUID),
        series_instance_uid=str(made.SeriesInstanceUID),
        sop_class_uid=str(made.SOPClassUID),
        sop_instance_uid=str(made.SOPInstanceUID),
    )
