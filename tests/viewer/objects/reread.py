"""Written objects as the archive would tell of them: through the intake's own parser."""

from pathlib import Path

from pydicom.dataset import FileDataset

from dicom_node.intake.parse import parse
from tests.viewer.reading.archive import dataset_start
from viewer.attributes import Attributes, unpacked
from viewer.objects.header import file_bytes


def kept(made: FileDataset, folder: Path) -> Path:
    """The object as a file."""
    path = folder / f"{made.SOPInstanceUID}.dcm"
    path.write_bytes(file_bytes(made))
    return path


def archived_attributes(path: Path) -> Attributes:
    """The metadata that the archive keeps of a file."""
    return unpacked(parse(path, *dataset_start(path)).instance.metadata_json)


def reread(made: FileDataset, folder: Path) -> Attributes:
    """The metadata that the archive would keep of an object."""
    return archived_attributes(kept(made, folder))
