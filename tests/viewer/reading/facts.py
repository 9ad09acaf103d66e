"""The reference values of the sample files (FACTS.json), and what may be compared with them."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

LOSSY_JPEG = ("JPEG Baseline", "JPEG Extended")

ONE_OF_EACH = (
    "ts/CT1_UNC.implicit_little_endian.dcm",
    "ts/CT1_UNC.explicit_little_endian.dcm",
    "ts/CT1_UNC.explicit_big_endian.dcm",
    "ts/CT1_UNC.fragmented_bot_jpeg_ls.80.dcm",
    "ts/image_dfl.dcm",
    "ts/MR_small_RLE.dcm",
    "ts/MR_small_jp2klossless.dcm",
    "ts/693_J2KI.dcm",
    "ts/J2K_pixelrep_mismatch.dcm",
    "ts/JPEGLSNearLossless_16.dcm",
    "ts/JLSL_16_15_1_1F.dcm",
    "ts/JPEG-lossy.dcm",
    "ts/HTJ2KLossless_08_RGB.dcm",
    "ts/HTJ2K_08_RGB.dcm",
    "ts/PM5644-960x540_JPEG-Lossless_RGB.dcm",
    "ts/PM5644-960x540_Palette_16.dcm",
    "ts/SC_rgb_rle_16bit.dcm",
    "ts/SC_rgb_rle_32bit_2frame.dcm",
    "ts/SC_rgb_small_odd_big_endian.dcm",
    "ts/SC_ybr_full_422_uncompressed.dcm",
    "ts/GDCMJ2K_TextGBR.dcm",
    "ts/parametric_map_float.dcm",
    "ts/parametric_map_double_float.dcm",
    "ts/liver_nonbyte_aligned.dcm",
    "ts/liver_nonbyte_aligned_deflate.dcm",
    "ts/liver_j2k.dcm",
    "rt/rtdose_expb.dcm",
    "rt/rtdose_rle.dcm",
    "enhanced/emri_small_jpeg_ls_lossless.dcm",
    "enhanced/CT0012.fragmented_no_bot_jpeg_lossless.57.dcm",
    "enhanced/CT0012.not_fragmented_bot_rle.dcm",
    "us/ExplVR_BigEnd.dcm",
    "us/OBXXXX1A_expb_2frame.dcm",
    "us/gdcm-US-ALOKA-16.dcm",
    "cr_dx/RG3_J2KR.dcm",
    "cr_dx/dx_image.dcm",
    "nm_pt/1.dcm",
    "seg/dcmqi_liver/liver.dcm",
)
"""One file of each transfer syntax, photometric interpretation, depth and sign, frame 0 exact."""

LOSSY = (
    "xa/jpeg_baseline_8bit.dcm",
    "us/examples_ybr_color.dcm",
    "ts/PM5644-960x540_JPEG-Baseline_YBR422.dcm",
    "ts/SC_rgb_jpeg.dcm",
    "ts/JPGExtended.dcm",
)
"""Lossy JPEG: decoders differ by a level or two, so only statistics are exact enough to compare."""


@cache
def facts(samples: Path) -> dict[str, Any]:
    """FACTS.json."""
    found: dict[str, Any] = json.loads((samples / "FACTS.json").read_text(encoding="utf-8"))
    return found


def frame_sha256(samples: npt.NDArray[Any], stored_dtype: str) -> str:
    """The hash that FACTS.json gives: C-order bytes in the type as stored."""
    return hashlib.sha256(np.ascontiguousarray(samples.astype(stored_dtype)).tobytes()).hexdigest()
