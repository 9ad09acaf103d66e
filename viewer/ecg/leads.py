"""Which lead a channel is: by SCP-ECG code, by MDC code, else by what its label says.

Codes: DICOM PS3.16 CID 3001 (MDC `2:n`, the older SCPECG `5.6.3-9-n`, and the context-free
`131072 + n`); n is the lead number of EN 1064 (SCP-ECG) table 5 and ISO/IEEE 11073-10101.
"""

import re
from collections.abc import Mapping, Sequence

LIMB = ("I", "II", "III", "aVR", "aVL", "aVF")
PRECORDIAL = ("V1", "V2", "V3", "V4", "V5", "V6")
STANDARD_TWELVE = LIMB + PRECORDIAL

_EIGHT = ("I", "II", *PRECORDIAL)
_FURTHER = ("V7", "V2R", "V3R", "V4R", "V5R", "V6R", "V7R", "X", "Y", "Z")
_AUGMENTED = ("III", "aVR", "aVL", "aVF")
LEAD_NUMBERS: Mapping[int, str] = {
    **dict(enumerate((*_EIGHT, *_FURTHER), start=1)),
    **dict(enumerate(_EIGHT, start=31)),  # computed by the recorder
    **dict(enumerate((*_AUGMENTED, "-aVR", "V8", "V9", "V8R", "V9R"), start=61)),
    **dict(enumerate(_AUGMENTED, start=111)),  # computed by the recorder
}
MDC_PARTITION = 2
MDC_CONTEXT_FREE = MDC_PARTITION << 16
LABEL_CHARACTERS_MAX = 16

_KNOWN = {name.upper(): name for name in LEAD_NUMBERS.values()}
_SCP_CODE = re.compile(r"5\.6\.3-9-(\d{1,3})")
_MDC_CODE = re.compile(r"2:(\d{1,3})")
_LEAD_WORD = re.compile(r"(?:^|[^A-Z0-9-])(-?(?:AV[RLF]|V[1-9]R?|III|II|I|[XYZ]))(?:$|[^A-Z0-9])")


def lead_of_code(scheme: str, value: str) -> str | None:
    """The standard name of a lead code, None for a code that names no lead."""
    number = _number(scheme.strip().upper(), value.strip())
    return None if number is None else LEAD_NUMBERS.get(number)


def _number(scheme: str, value: str) -> int | None:
    if scheme == "SCPECG":
        match = _SCP_CODE.fullmatch(value)
        return int(match[1]) if match else None
    if scheme != "MDC":
        return None
    match = _MDC_CODE.fullmatch(value)
    if match:
        return int(match[1])
    plain = value.isascii() and value.isdigit() and len(value) <= LABEL_CHARACTERS_MAX
    return int(value) - MDC_CONTEXT_FREE if plain else None


def lead_of_label(text: str) -> str | None:
    """The standard name in words such as "Lead aVR", "MDC_ECG_LEAD_V1", "ECG LEAD II (Einthoven)"."""
    words = text.upper().replace("MDC_ECG_LEAD_", " ").replace("_", " ")
    match = _LEAD_WORD.search(words)
    return _KNOWN.get(match[1]) if match else None


def in_standard_order(names: Sequence[str]) -> list[str]:
    """The names with the twelve standard leads first, in their usual order, others as they came."""
    rank = {name: place for place, name in enumerate(STANDARD_TWELVE)}
    return sorted(names, key=lambda name: rank.get(name, len(rank)))
