"""A multi-frame object of 2 GB goes to disk as it comes: memory hardly grows."""

import re
import struct
from pathlib import Path

import pytest

from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.raw_scu import CT, EXPLICIT, RawScu, command, pdu, pdv, status
from tests.faults.checking import in_store
from tests.faults.conftest import Record
from tests.faults.findings import Finding, scaled
from tests.faults.mint import Series
from tests.faults.node_process import SENDER, NodeProcess
from tests.faults.pushing import Ledger

pytestmark = pytest.mark.timeout(1_800)

SIDE, FRAMES, GROWTH_MB_MAX = 512, 4096, 64
FRAME_BYTES = SIDE * SIDE * 2
PIECE_BYTES = 120_000
GIGABYTE = 1_000_000_000


def peak_mb(pid: int) -> float:
    """The most memory it ever had since `forget_peak` (proc(5), VmHWM)."""
    (found,) = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found) * 1024 / 1_000_000


def forget_peak(pid: int) -> None:
    """Count the peak from now on (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def test_memory_while_a_large_object_comes(node: NodeProcess, record: Record) -> None:
    assert node.process is not None
    frames, pid = scaled(FRAMES, least=64), node.process.pid
    made = a_ct(Rows=SIDE, Columns=SIDE, NumberOfFrames=str(frames), PixelData=None)
    series = Series(made.StudyInstanceUID, made.SeriesInstanceUID)
    pixels = struct.pack("<HH2sHL", 0x7FE0, 0x10, b"OW", 0, frames * FRAME_BYTES)
    assert node.echoes()
    forget_peak(pid)
    before = peak_mb(pid)
    with RawScu(node.port, SENDER) as scu:
        scu.associate([(1, CT, [EXPLICIT])])
        scu.socket.settimeout(600)
        head = command(1, 7, CT, made.SOPInstanceUID, data=True)
        scu.send(pdu(4, pdv(1, head, is_command=True, last=True)))
        scu.send(pdu(4, pdv(1, dataset_bytes(made) + pixels, is_command=False, last=False)))
        for number in range(frames):
            send_frame(scu, number, last=number == frames - 1)
        answer = status(scu.answer())
    growth, sent = peak_mb(pid) - before, frames * FRAME_BYTES / GIGABYTE
    assert answer == 0
    assert in_store(node, Ledger({series: {}})).keys() == {made.SOPInstanceUID}
    record(
        Finding(
            promise="memory while receiving a multi-frame object of 2 GB",
            measured=f"{sent:.2f} GB of {frames:,} frames, answered {answer:04X}: {growth:+.0f} MB at most",
            target=f"≤ +{GROWTH_MB_MAX} MB",
            kept=growth <= GROWTH_MB_MAX,
            size=frames / FRAMES,
        )
    )


def send_frame(scu: RawScu, number: int, *, last: bool) -> None:
    """One frame of a colour of its own, in as many PDUs as it takes."""
    content = struct.pack("<H", number % 4096) * (FRAME_BYTES // 2)
    for start in range(0, FRAME_BYTES, PIECE_BYTES):
        ends = last and start + PIECE_BYTES >= FRAME_BYTES
        scu.send(pdu(4, pdv(1, content[start : start + PIECE_BYTES], is_command=False, last=ends)))
