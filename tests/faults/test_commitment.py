"""Storage commitment after damage: 200 objects left whole, deleted, cut or with one bit flipped, in our
node and in Debian's Orthanc; and Orthanc as the one who asks us.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE
from sqlalchemy import Engine, create_engine

from dicom_node.archive.tables import Commitment, Instance
from tests.bench.report import machine, save, where
from tests.dicom_node.asking import COUNTY, Place, a_place
from tests.dicom_node.commitment.asker import (
    COMMITMENT,
    WELL_KNOWN,
    Ear,
    Reference,
    action,
    reference,
    waiting,
)
from tests.dicom_node.conftest import register
from tests.dicom_node.objects import CT, a_ct, dataset_bytes
from tests.dicom_node.raw_scu import EXPLICIT, RawScu
from tests.dicom_node.rows import rows_of
from tests.fixtures.orthanc import Orthanc, shipped_version
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(600)

SEED, EACH, IN_ONE_REQUEST = 20260302, 50, 40
PIECE_BYTES = 16_000
"""Orthanc takes PDUs of 16 KiB."""
SIDES = (64, 64, 64, 256, 800)
LAB = "LAB"


def delete(path: Path, _dice: random.Random) -> None:
    """Gone."""
    path.unlink()


def cut(path: Path, dice: random.Random) -> None:
    """Anything from nothing left to one byte missing."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(dice.choice([0, size - 1, dice.randrange(size)]))


def flip(path: Path, dice: random.Random) -> None:
    """One bit, anywhere."""
    raw = bytearray(path.read_bytes())
    raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
    path.write_bytes(raw)


def leave(_path: Path, _dice: random.Random) -> None:
    """Whole."""


DAMAGES: dict[str, Callable[[Path, random.Random], None]] = {
    "left whole": leave,
    "deleted": delete,
    "cut": cut,
    "one bit flipped": flip,
}
EXPECTED = {"left whole": None, "deleted": 0x0112, "cut": 0x0110, "one bit flipped": 0x0110}


@dataclass(frozen=True)
class Verdicts:
    """What a server answered about the objects of one kind of damage."""

    server: str
    damage: str
    objects: int
    promised: int
    refused: dict[str, int]

    @property
    def false(self) -> int:
        """Answers that are not true: a promise of what is broken, or none of what is whole."""
        return self.objects - self.promised if self.damage == "left whole" else self.promised

    @property
    def row(self) -> str:
        """A row of the table."""
        reasons = ", ".join(f"{count} × {reason}" for reason, count in sorted(self.refused.items())) or "–"
        return (
            f"| {self.server} | {self.damage} | {self.objects} | {self.promised} | {reasons} | {self.false} |"
        )


def some_objects(dice: random.Random) -> list[Dataset]:
    """Slices of several sizes, the largest over one read."""
    sides = [dice.choice(SIDES) for _ in range(EACH * len(DAMAGES))]
    return [a_ct(Rows=side, Columns=side, PixelData=dice.randbytes(side * side * 2)) for side in sides]


def store(port: int, called: str, objects: Sequence[Dataset]) -> None:
    """All in one association, each acknowledged."""
    with RawScu(port, LAB, called) as scu:
        scu.associate([(1, CT, [EXPLICIT])])
        for one in objects:
            assert scu.store(1, CT, one.SOPInstanceUID, dataset_bytes(one), PIECE_BYTES) == 0
        scu.release()


def request(port: int, called: str, references: Sequence[Reference]) -> str:
    """Ask about these; the transaction UID."""
    entity = AE(LAB)
    entity.add_requested_context(COMMITMENT)
    association = entity.associate("127.0.0.1", port, ae_title=called)
    assert association.is_established
    asked = action(references)
    status, _ = association.send_n_action(asked, 1, COMMITMENT, WELL_KNOWN)
    assert status.Status == 0
    association.release()
    return str(asked.TransactionUID)


def answers(port: int, called: str, objects: Sequence[Dataset], ear: Ear) -> dict[Reference, int | None]:
    """What the server says of each: a failure reason, None for a promise."""
    found: dict[Reference, int | None] = {}
    names = [reference(one) for one in objects]
    for start in range(0, len(names), IN_ONE_REQUEST):
        heard = ear.first(request(port, called, names[start : start + IN_ONE_REQUEST]), 60)
        found |= dict.fromkeys(heard.committed) | heard.failed
    assert found.keys() == set(names), "each was answered for"
    return found


def verdicts(server: str, kinds: dict[Reference, str], found: dict[Reference, int | None]) -> list[Verdicts]:
    """The answers by damage."""
    made = []
    for damage in DAMAGES:
        said = [found[one] for one, kind in kinds.items() if kind == damage]
        refused = Counter(f"{reason:04X}" for reason in said if reason is not None)
        made.append(Verdicts(server, damage, len(said), said.count(None), dict(refused)))
    return made


def damaged(paths: dict[Reference, Path], dice: random.Random) -> dict[Reference, str]:
    """Damage each file in its turn; what was done to which."""
    kinds = {}
    for number, (name, path) in enumerate(paths.items()):
        kinds[name] = list(DAMAGES)[number % len(DAMAGES)]
        DAMAGES[kinds[name]](path, dice)
    return kinds


@contextmanager
def reading(url: str) -> Iterator[Engine]:
    """The index."""
    engine = create_engine(url)
    yield engine
    engine.dispose()


def in_our_store(place: Place, home: Path, objects: Sequence[Dataset]) -> dict[Reference, Path]:
    """Where our node keeps each object."""
    with reading(place.url) as engine:
        keys = {row.sop_instance_uid: row.object_key for row in rows_of(engine, Instance)}
    return {reference(one): home / "objects" / keys[one.SOPInstanceUID] for one in objects}


def in_orthanc(orthanc: Orthanc, objects: Sequence[Dataset]) -> dict[Reference, Path]:
    """Where Orthanc keeps each object: the DICOM file in which its UID is written."""
    files = [path for path in (orthanc.folder / "db").glob("??/??/*") if path.is_file()]
    found = {}
    for path in files:
        raw = path.read_bytes()
        if raw[128:132] == b"DICM":
            (name,) = [reference(one) for one in objects if one.SOPInstanceUID.encode() in raw]
            found[name] = path
    assert len(found) == len(objects)
    return found


@pytest.fixture
def place(sqlite_url: str, tmp_path: Path) -> Iterator[Place]:
    """Our node."""
    with a_place(sqlite_url, tmp_path / "home") as running:
        yield running


def write_down(rows: Sequence[Verdicts]) -> None:
    """The figures, for people and scripts."""
    facts = machine()
    lines = [
        "# Storage commitment after damage",
        "",
        f"`make faults` on {where(facts)} Beside Debian's Orthanc ({shipped_version()}).",
        f"{EACH * len(DAMAGES)} CT slices of 8 KB to 1.3 MB in each, seed {SEED}, asked by pynetdicom.",
        "A false answer is a promise of what is broken, or none of what is whole.",
        "",
        "| server | what was done | objects | promised | refused with | false answers |",
        "|---|---|---|---|---|---|",
        *(row.row for row in rows),
    ]
    save("commitment", facts, [asdict(row) | {"false": row.false} for row in rows], lines)


def test_no_false_answer_after_damage(place: Place, orthanc: Orthanc, tmp_path: Path) -> None:
    dice, ear = random.Random(SEED), Ear()
    objects = some_objects(dice)
    with waiting(ear, LAB) as port:
        register(place.url, LAB, COUNTY, port=port)
        modality = {"AET": LAB, "Host": "127.0.0.1", "Port": port, "AllowNAction": True}
        httpx.put(f"http://127.0.0.1:{orthanc.http_port}/modalities/lab", json=modality).raise_for_status()
        store(place.port, "LIANZHEN", objects)
        store(orthanc.dicom_port, orthanc.ae_title, objects)
        kinds = damaged(in_our_store(place, tmp_path / "home", objects), dice)
        theirs = damaged(in_orthanc(orthanc, objects), dice)
        found = answers(place.port, "LIANZHEN", objects, ear)
        rows = verdicts("ours", kinds, found)
        rows += verdicts("Orthanc", theirs, answers(orthanc.dicom_port, orthanc.ae_title, objects, ear))
    write_down(rows)
    assert found == {name: EXPECTED[kind] for name, kind in kinds.items()}
    assert [row.false for row in rows if row.server == "ours"] == [0] * len(DAMAGES)
    assert [row.objects for row in rows] == [EACH] * 2 * len(DAMAGES)


def asked_by_orthanc(orthanc: Orthanc, references: Sequence[Reference]) -> dict[str, Any]:
    """Orthanc's own report about what it asked us."""
    base = f"http://127.0.0.1:{orthanc.http_port}"
    asked = httpx.post(
        f"{base}/modalities/lianzhen/storage-commitment",
        json={"DicomInstances": [list(each) for each in references]},
    )
    asked.raise_for_status()
    at = f"{base}/storage-commitment/{asked.json()['ID']}"

    def done() -> dict[str, Any] | None:
        report: dict[str, Any] = httpx.get(at).json()
        return report if report["Status"] != "Pending" else None

    return wait_until(done, 60)


def test_orthanc_asks_and_hears_us(place: Place, orthanc: Orthanc, tmp_path: Path) -> None:
    """Debian's Orthanc as the one who asks: its N-ACTION, our association to it, its own reading of both."""
    register(place.url, orthanc.ae_title, COUNTY, port=orthanc.dicom_port)
    modality = {"AET": "LIANZHEN", "Host": "127.0.0.1", "Port": place.port, "AllowNEventReport": True}
    address = f"http://127.0.0.1:{orthanc.http_port}/modalities/lianzhen"
    httpx.put(address, json=modality).raise_for_status()
    whole, lost = place.send(), place.send()
    good = asked_by_orthanc(orthanc, [reference(whole), reference(lost)])
    assert (good["Status"], good["RemoteAET"]) == ("Success", "LIANZHEN")
    in_our_store(place, tmp_path / "home", [lost])[reference(lost)].unlink()
    bad = asked_by_orthanc(orthanc, [reference(whole), reference(lost)])
    assert bad["Status"] == "Failure"
    assert bad["Success"] == [{"SOPClassUID": CT, "SOPInstanceUID": whole.SOPInstanceUID}]
    (failure,) = bad["Failures"]
    assert (failure["SOPInstanceUID"], failure["FailureReason"]) == (lost.SOPInstanceUID, 0x0112)
    with reading(place.url) as engine:
        wait_until(lambda: [row.state for row in rows_of(engine, Commitment)] == ["delivered"] * 2)
