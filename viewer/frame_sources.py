"""Where the bytes of a frame come from: the frame itself, or the whole file it cannot be cut from."""

from collections.abc import MutableMapping, Sequence

from config.kernel.limits import MIB
from config.kernel.objects import ObjectStore
from dicom_node.archive.errors import FrameNotAddressable, FrameNotFound
from dicom_node.archive.reader import read_file, read_frame
from dicom_node.archive.tables import Instance
from viewer.frame_jobs import FrameJob
from viewer.frame_types import BIG_ENDIAN, DEFLATED
from viewer.overlays import Plane
from viewer.pixels import Fault, PixelForm

WHOLE_FILE_BYTES_MAX = 1024 * MIB
FRAMELESS_SYNTAXES = frozenset({BIG_ENDIAN, DEFLATED})
"""Big endian: bytes of 8-bit samples may be swapped in pairs; deflated: frames lie in one stream."""


def job_of(
    objects: ObjectStore,
    instance: Instance,
    form: PixelForm | Fault,
    number: int,
    *,
    called: int,
    files: MutableMapping[str, bytes],
    overlays: Sequence[Plane] = (),
) -> FrameJob:
    """The job of decoding frame `number` (from 1) of an object, `called` so in its answer. Blocks.

    `files` remembers the last whole file read, for its other frames.
    """
    if isinstance(form, Fault):
        return FrameJob(frame=called, form=form, source=b"", index=None)
    if _addressable(form):
        try:
            source = read_frame(objects, instance, number)
        except (FrameNotAddressable, FrameNotFound):
            source = b""
        if source:
            return FrameJob(frame=called, form=form, source=source, index=None, overlays=tuple(overlays))
    if instance.object_bytes > WHOLE_FILE_BYTES_MAX:
        return FrameJob(frame=called, form=Fault.TOO_LARGE, source=b"", index=None)
    if instance.object_key not in files:
        files.clear()
        files[instance.object_key] = read_file(objects, instance)
    return FrameJob(
        frame=called, form=form, source=files[instance.object_key], index=number - 1, overlays=tuple(overlays)
    )


def _addressable(form: PixelForm) -> bool:
    """Whether a frame's bytes mean something by themselves: not single bits, not parts of a stream."""
    return form.transfer_syntax_uid not in FRAMELESS_SYNTAXES and not (
        form.native and form.bits_allocated == 1
    )
