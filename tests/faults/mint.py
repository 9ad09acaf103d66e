"""Objects by the thousand: one encoded CT slice in which UIDs and pixels are replaced."""

import hashlib
import random
from dataclasses import dataclass

from tests.dicom_node.objects import a_ct, dataset_bytes

ROOT = "1.2.826.0.1.3680043.10.999."
DIGITS = 19
SAMPLE_BYTES = 2
STUDY, SERIES, INSTANCE = (f"{ROOT}{mark * DIGITS}" for mark in "123")


@dataclass(frozen=True)
class Series:
    """A series of the study it is alone in."""

    study: str
    uid: str


@dataclass(frozen=True)
class Minted:
    """One object: its UID and its data set in Explicit VR Little Endian."""

    uid: str
    data: bytes

    @property
    def digest(self) -> str:
        """What its bytes must still be later."""
        return hashlib.sha256(self.data).hexdigest()


class Mint:
    """Makes objects nobody has seen; `side` is that of their square pictures."""

    def __init__(self, seed: int, side: int = 64) -> None:
        self._random = random.Random(seed)
        self._next = self._random.randrange(10**17, 9 * 10**17)
        self._pixel_bytes = side * side * SAMPLE_BYTES
        made = a_ct(
            StudyInstanceUID=STUDY,
            SeriesInstanceUID=SERIES,
            SOPInstanceUID=INSTANCE,
            Rows=side,
            Columns=side,
            PixelData=bytes(self._pixel_bytes),
        )
        self._head = dataset_bytes(made)[: -self._pixel_bytes]

    def _uid(self) -> str:
        self._next += 1
        return f"{ROOT}1{self._next:0{DIGITS - 1}}"

    def series(self) -> Series:
        """A new study with one series."""
        return Series(self._uid(), self._uid())

    def one(self, series: Series) -> Minted:
        """A new object of that series."""
        uid, head = self._uid(), self._head
        for placeholder, real in ((STUDY, series.study), (SERIES, series.uid), (INSTANCE, uid)):
            head = head.replace(placeholder.encode(), real.encode())
        return Minted(uid, head + self._random.randbytes(self._pixel_bytes))
