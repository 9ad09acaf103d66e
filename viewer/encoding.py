"""Frames encoded without loss for whoever asks for another transfer syntax than the stored one.

Every encoded frame is decoded again and compared before it counts.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import imagecodecs
import numpy as np

from viewer.pixels import DECODE_FAULTS, FrameFault, PixelForm, Samples, decode_frame

JPEG_LS: Final = "1.2.840.10008.1.2.4.80"
JPEG_2000: Final = "1.2.840.10008.1.2.4.90"
HTJ2K: Final = "1.2.840.10008.1.2.4.201"
TRANSFORMED: Final = frozenset({JPEG_2000, HTJ2K})
"""Syntaxes whose streams carry RGB through the reversible colour transform (PS3.5 8.2.4)."""
SAMPLE_TYPES: Final = frozenset({"|u1", "<u2", "<i2"})
COLOURS: Final = frozenset({"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB", "YBR_FULL"})


class NotEncodable(Exception):
    """These samples cannot be had exactly in that syntax; it never leaves the decoding process."""


def _jpeg_ls(samples: Samples, _form: PixelForm) -> bytes:
    return bytes(imagecodecs.jpegls_encode(samples))


def _jpeg_2000(samples: Samples, form: PixelForm) -> bytes:
    rgb = form.photometric_interpretation == "RGB"
    return bytes(
        imagecodecs.jpeg2k_encode(
            samples, level=0, codecformat="j2k", reversible=True, mct=rgb, bitspersample=form.bits_stored
        )
    )


def _htj2k(samples: Samples, form: PixelForm) -> bytes:
    rgb = form.photometric_interpretation == "RGB"
    colour = form.samples_per_pixel > 1
    return bytes(imagecodecs.htj2k_encode(samples, reversible=True, rgb=rgb if colour else None))


ENCODERS: Mapping[str, Callable[[Samples, PixelForm], bytes]] = {
    JPEG_2000: _jpeg_2000,
    HTJ2K: _htj2k,
    JPEG_LS: _jpeg_ls,
}
"""The transfer syntaxes that can be made here, the one most clients read first."""


def encoded(samples: Samples, form: PixelForm, transfer_syntax_uid: str) -> bytes:
    """One frame in a lossless syntax of ENCODERS. Raises NotEncodable when it cannot be had exactly."""
    if samples.dtype.str not in SAMPLE_TYPES or form.photometric_interpretation not in COLOURS:
        raise NotEncodable
    if form.bits_allocated == 1 or (transfer_syntax_uid == JPEG_LS and form.signed):
        raise NotEncodable
    try:
        stream = ENCODERS[transfer_syntax_uid](samples, form)
        again = decode_frame(replace(form, transfer_syntax_uid=transfer_syntax_uid), stream)
    except (MemoryError, FrameFault, *DECODE_FAULTS):
        raise NotEncodable from None
    if not np.array_equal(again, samples):
        raise NotEncodable
    return stream


def photometric_after(form: PixelForm, transfer_syntax_uid: str) -> str:
    """The Photometric Interpretation that belongs to decoded or encoded frames of that syntax.

    Decoders give RGB where the stream carries a JPEG 2000 colour transform, and full chrominance
    where it is subsampled in the stream; encoders transform RGB.
    """
    stored = form.photometric_interpretation
    plain = "RGB" if stored in {"YBR_ICT", "YBR_RCT"} else stored
    if plain == "YBR_FULL_422" and not form.native:
        plain = "YBR_FULL"
    return "YBR_RCT" if plain == "RGB" and transfer_syntax_uid in TRANSFORMED else plain
