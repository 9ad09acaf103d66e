"""Objects that mean harm: made by hand against known faults of readers, and changed copies of good ones."""

import random
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import pydicom

from config.kernel.errors import AppError
from dicom_node.intake.part10 import HEAD_BYTES_MAX, Announced, head_of, read_head
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.raw_scu import BIG, CT, DEFLATED, EXPLICIT, IMPLICIT

SEED_BYTES_MAX = 700_000
MEBIBYTE = 1024 * 1024
BOMB_MEBIBYTES = 256
UNDEFINED = 0xFFFFFFFF
PATIENT_ID = struct.pack("<HH2s", 0x10, 0x20, b"LO")
PIXELS = struct.pack("<HH2s", 0x7FE0, 0x10, b"OW")
OPEN = struct.pack("<HH2sHLHHL", 8, 0x1140, b"SQ", 0, UNDEFINED, 0xFFFE, 0xE000, UNDEFINED)
CLOSE = struct.pack("<HHLHHL", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
NAMES = (
    "<script>alert(1)</script>^<img src=x onerror=alert(1)>",
    "'; DROP TABLE dicom_instance;--",
    "*?\\*",
    "A" * 60_000,
    "A\0B\0",
    "A\r\nSet-Cookie: x=1\r\n",
    "\u202egnp.exe",
    "%s%n%x{0}${jndi:ldap://127.0.0.1/a}",
    "=" * 500,
    "^" * 500,
)
UIDS = (
    "../../../../tmp/x",
    "/etc/passwd",
    "",
    "1." + "2" * 100,
    "a<script>",
    "1.2\0.3",
    "1.2\n3",
    "1..2",
    ".",
)
CODECS = {
    "1.2.840.10008.1.2.4.50": "ffd8ffc0000b08fffffff00101110000",
    "1.2.840.10008.1.2.4.70": "ffd8ffc3000b10ffffffff0101110000",
    "1.2.840.10008.1.2.4.80": "ffd8fff7000b08ffffffff0101110000",
    "1.2.840.10008.1.2.4.90": "ff4fff51002900007fffffff7fffffff" + "00" * 8 + "00000040" * 2 + "00" * 8,
    "1.2.840.10008.1.2.4.201": "ff4fff51002940007fffffff7fffffff" + "00" * 8 + "00000040" * 2 + "00" * 8,
    "1.2.840.10008.1.2.5": "0f000000" + "40000000" * 15,
}
Dice: TypeAlias = random.Random


@dataclass(frozen=True)
class Hostile:
    """A data set as it goes out, and what is said of it."""

    name: str
    announced: Announced
    data: bytes

    @property
    def file(self) -> bytes:
        """As a Part 10 file."""
        return head_of(self.announced) + self.data


def _of(name: str, data: bytes, uid: str, syntax: str = EXPLICIT) -> Hostile:
    said = Announced(sop_class_uid=CT, sop_instance_uid=uid, transfer_syntax_uid=syntax)
    return Hostile(name, said, data)


def _plain(name: str, **attributes: object) -> Hostile:
    """A CT slice that is well encoded and says something it should not."""
    made = a_ct(**attributes)
    return _of(name, dataset_bytes(made), made.SOPInstanceUID)


def _replaced(name: str, before: bytes, after: bytes, **attributes: object) -> Hostile:
    """A CT slice with bytes replaced."""
    made = a_ct(**attributes)
    data = dataset_bytes(made)
    assert before in data
    return _of(name, data.replace(before, after, 1), made.SOPInstanceUID)


def numbers() -> Iterator[Hostile]:
    """Pictures that are not as large as they say."""
    yield _plain("huge, little data", Rows=65_535, Columns=65_535)
    yield _plain("2^31 frames", NumberOfFrames="2147483647")
    yield _plain("-5 frames", NumberOfFrames="-5")
    yield _plain("no pixels", PixelData=b"")
    yield _plain("0 × 0", Rows=0, Columns=0)
    yield _plain("7 bits", BitsAllocated=7, BitsStored=7, HighBit=6)
    yield _plain("64 bits", BitsAllocated=64, BitsStored=64, HighBit=63)
    yield _plain("palette without a palette", PhotometricInterpretation="PALETTE COLOR")
    yield _plain("colour too short", PhotometricInterpretation="YBR_FULL", SamplesPerPixel=3)
    yield _plain("window of 0", WindowCenter="0", WindowWidth="0")
    yield _plain("endless slope", RescaleSlope="1e308", RescaleIntercept="1e308")


def texts() -> Iterator[Hostile]:
    """Names and UIDs that somebody may take for more than text; put in as bytes, as no writer would."""
    for number, name in enumerate(NAMES):
        yield _with_value(f"name {number}", 0x00100010, b"PN", name.encode())
    for number, uid in enumerate(UIDS):
        for tag in (0x00080018, 0x0020000D, 0x0020000E):
            yield _with_value(f"UID {number} in {tag:08x}", tag, b"UI", uid.encode())
    yield _with_value("character set", 0x00080005, b"CS", b"ISO 2022 IR 999\\GB18030\\" + b"x" * 50)
    yield _with_value("date", 0x00080020, b"DA", b"99999999")


def _with_value(name: str, tag: int, vr: bytes, value: bytes) -> Hostile:
    made = a_ct()
    data = dataset_bytes(made)
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr)
    place = data.index(head)
    (length,) = struct.unpack_from("<H", data, place + 6)
    value += b" " * (len(value) % 2)
    changed = data[: place + 6] + struct.pack("<H", len(value)) + value + data[place + 8 + length :]
    said = value.decode() if tag == 0x00080018 else str(made.SOPInstanceUID)
    return _of(name, changed, said)


def structures() -> Iterator[Hostile]:
    """Depth, breadth, and lengths that lie."""
    for depth in (30, 60, 1_000, 50_000):
        yield _replaced(f"{depth} deep", PATIENT_ID, OPEN * depth + CLOSE * depth + PATIENT_ID)
    items = struct.pack("<HHL", 0xFFFE, 0xE000, 0) * 200_000
    wide = OPEN[:12] + items + CLOSE[8:] + PATIENT_ID
    yield _replaced("200,000 items", PATIENT_ID, wide)
    private = b"".join(struct.pack("<HH2sHL", 0x11, 0x1000 + n, b"UN", 0, 0) for n in range(50_000))
    yield _replaced("50,000 private", struct.pack("<HH2s", 0x18, 0x15, b"CS"), private + b"\x18\0\x15\0CS")
    for length in (0xFFFFFFFE, 0x7FFFFFFE, 0x40000000):
        yield _replaced(
            f"pixels of {length:x}", PIXELS + b"\0\0\x18\0\0\0", PIXELS + struct.pack("<HL", 0, length)
        )
        unknown = struct.pack("<HH2sHL", 9, 0x10, b"UN", 0, length) + b"abcd"
        yield _replaced(f"unknown of {length:x}", PATIENT_ID, unknown + PATIENT_ID)
    yield _replaced("never closed", PATIENT_ID, OPEN + PATIENT_ID)
    yield _replaced("unknown VR", PATIENT_ID, b"\x09\0\x10\0ZZ\4\0abcd" + PATIENT_ID)
    made = a_ct()
    yield _of("empty", b"", made.SOPInstanceUID)
    yield _of("twice", dataset_bytes(made) * 2, made.SOPInstanceUID)
    yield _of("another UID in the command", dataset_bytes(a_ct()), made.SOPInstanceUID)


def bombs() -> Iterator[Hostile]:
    """Little that inflates to much, and pictures whose own head says that they are enormous."""
    packer, made = zlib.compressobj(9, zlib.DEFLATED, -15), a_ct(PixelData=None)
    pixels = struct.pack("<HH2sHL", 0x7FE0, 0x10, b"OW", 0, BOMB_MEBIBYTES * MEBIBYTE)
    packed = packer.compress(dataset_bytes(made) + pixels)
    for _ in range(BOMB_MEBIBYTES):
        packed += packer.compress(bytes(MEBIBYTE))
    yield _of("deflate bomb", packed + packer.flush(), made.SOPInstanceUID, DEFLATED)
    yield _of("broken deflate", b"\xff" * 500, made.SOPInstanceUID, DEFLATED)
    for syntax, start in CODECS.items():
        made = a_ct(PixelData=None)
        frame = bytes.fromhex(start) + bytes(range(64))
        encoded = struct.pack("<HH2sHL", 0x7FE0, 0x10, b"OB", 0, UNDEFINED)
        encoded += struct.pack("<HHLHHL", 0xFFFE, 0xE000, 0, 0xFFFE, 0xE000, len(frame)) + frame
        data = dataset_bytes(made) + encoded + CLOSE[8:]
        yield _of(f"enormous picture in {syntax}", data, made.SOPInstanceUID, syntax)


def by_hand() -> list[Hostile]:
    """All of these."""
    return [*numbers(), *texts(), *structures(), *bombs()]


def ours() -> Iterator[Hostile]:
    """A good object in every uncompressed encoding."""
    for syntax in (EXPLICIT, IMPLICIT, BIG):
        made = a_ct()
        data = dataset_bytes(made, implicit=syntax == IMPLICIT, little=syntax != BIG)
        yield _of(syntax, data, made.SOPInstanceUID, syntax)


def seeds(*folders: Path) -> list[Hostile]:
    """Good objects to be changed: ours, those that pydicom brings, and those of folders."""
    made, found = list(ours()), []
    shipped = Path(pydicom.__file__).parent / "data" / "test_files"
    for folder in (shipped, *folders):
        files = (path for path in sorted(folder.rglob("*")) if path.is_file())
        found += [path.read_bytes() for path in files if path.stat().st_size < SEED_BYTES_MAX]
    for content in found:
        try:
            announced, offset = read_head(content[:HEAD_BYTES_MAX])
        except AppError:
            continue
        if announced.sop_instance_uid:
            made.append(Hostile(announced.sop_instance_uid, announced, content[offset:]))
    return made


def renamed(dice: Dice, good: Hostile) -> Hostile:
    """As an object of its own: the last digits of its UID are others, so that it is no copy."""
    uid = good.announced.sop_instance_uid
    head, dot, last = uid.rpartition(".")
    other = f"{head}{dot}{last[:1]}" + "".join(dice.choice("0123456789") for _ in last[1:])
    announced = replace(good.announced, sop_instance_uid=other)
    return replace(good, announced=announced, data=good.data.replace(uid.encode(), other.encode()))


VR = re.compile(rb"(?:UI|SH|LO|PN|DA|TM|CS|US|UL|SQ|OB|OW|DS|IS|UN|UT|FD|FL|AT)")
OTHER_VRS = (b"SQ", b"OB", b"UN", b"AT", b"FD", b"PN", b"\0\0", b"ZZ", b"DS")
LENGTHS = (0, 1, UNDEFINED, 0x7FFFFFFF, 0xFFFFFFFE, 0x80000000, 0x10000)
HEADER_BYTES, LEAST_BYTES = 3_000, 20


def changed(dice: Dice, data: bytes) -> bytes:
    """Bytes flipped, lengths and VRs exchanged, pieces cut, doubled, lost or put in; mostly in the header."""
    content, way = bytearray(data), dice.randrange(9)
    for _ in range(dice.choice((1, 1, 2, 5, 20))):
        if len(content) < LEAST_BYTES:
            break
        reach = min(len(content), HEADER_BYTES) if dice.random() < 0.8 else len(content)
        _change(dice, content, dice.randrange(reach - 8), way)
    return bytes(content)


def _change(dice: Dice, content: bytearray, place: int, way: int) -> None:
    if way <= 1:
        content[place] ^= 1 << dice.randrange(8)
    elif way == 2:
        content[place] = dice.choice((0, 0xFF, 0x7F, 0x80, 0x41))
    elif way == 3:
        content[place : place + 4] = struct.pack("<L", dice.choice((*LENGTHS, len(content))))
    elif way == 4:
        _exchange_vr(dice, content)
    elif way == 5:
        del content[place + dice.randrange(8) :]
    elif way == 6:
        content[place:place] = content[place : place + dice.randint(4, 200)]
    elif way == 7:
        del content[place : place + dice.randint(1, 60)]
    else:
        content[place:place] = dice.randbytes(dice.randint(1, 40))


def _exchange_vr(dice: Dice, content: bytearray) -> None:
    found = [match.start() for match in VR.finditer(content, 0, HEADER_BYTES)]
    if found:
        place = dice.choice(found)
        content[place : place + 2] = dice.choice(
            (b"SQ", b"OB", b"UN", b"AT", b"FD", b"PN", b"\0\0", b"ZZ", b"DS")
        )


def many(count: int, good: list[Hostile]) -> Iterator[Hostile]:
    """Those made by hand, then changed copies of good ones until there are so many."""
    special = by_hand()
    yield from special[:count]
    for seed in range(count - len(special)):
        dice = Dice(seed)
        one = renamed(dice, dice.choice(good))
        yield replace(one, name=f"{one.name} changed by {seed}", data=changed(dice, one.data))
