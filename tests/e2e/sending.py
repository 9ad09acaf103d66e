"""Objects made for a test, sent to the running product as a hospital's PACS sends them."""

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from consult_server.demo.send import send
from tests.fixtures.serving import Serving


def send_from_the_township(serving: Serving, *made: Dataset) -> None:
    """Send them in Explicit VR Little Endian; all have to be taken."""
    for one in made:
        one.file_meta = FileMetaDataset()
        one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID
        one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    sent = send(made, host="127.0.0.1", port=serving.dicom_port, calling_ae="SQZX_PACS", called_ae="LIANZHEN")
    assert sent.complete
