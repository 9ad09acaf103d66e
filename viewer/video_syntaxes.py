"""Transfer syntaxes whose frames are one stream (PS3.5 8.2.5 to 8.2.8), and the coding of each."""

from collections.abc import Mapping

MPEG2, H264, HEVC = "mpeg2video", "h264", "hevc"
NUMBERS: Mapping[str, str] = {
    MPEG2: "100 101 100.1 101.1",
    H264: "102 103 104 105 106 102.1 103.1 104.1 105.1 106.1",
    HEVC: "107 108",
}
VIDEO_CODECS: Mapping[str, str] = {
    f"1.2.840.10008.1.2.4.{number}": codec for codec, numbers in NUMBERS.items() for number in numbers.split()
}
