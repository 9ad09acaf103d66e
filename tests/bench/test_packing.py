"""Lossless packing at intake: pixels for each second of one core, with the verification that counts them.

`make bench`. Figures go to tests/bench/results/packing.md. Beside the phantom's two kernels, whose grain is
that of a sharp and a soft reconstruction, a folder of DICOM files may be named by LIANZHEN_BENCH_SERIES.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from consult_server.demo.cast import PATIENTS
from consult_server.demo.ct import LUNG, MEDIASTINUM, chest_ct
from tests.bench.report import Figure, write
from viewer.frame_jobs import FrameJob, encode_block, samples_of_job
from viewer.frame_records import Encoding, records_in
from viewer.pixels import PixelForm, form_of, htj2k_of, values_of

pytestmark = pytest.mark.timeout(600)

SLICES, ROUNDS, RATE_MB_A_SECOND = 40, 5, 150.0
PIXELS = "7FE00010"


def phantom() -> Iterator[tuple[str, list[Dataset]]]:
    """The demonstration's chest, by kernel."""
    for kernel in (LUNG, MEDIASTINUM):
        scan = chest_ct(
            PATIENTS[0], accession="PACK", acquired_at=datetime.now(UTC), slices=SLICES, series=(kernel,)
        )
        yield f"phantom, {kernel.description}", list(scan)


def named() -> Iterator[tuple[str, list[Dataset]]]:
    """Slices from all over the series that LIANZHEN_BENCH_SERIES names, if it names one."""
    folder = os.environ.get("LIANZHEN_BENCH_SERIES")
    if folder is not None:
        paths = sorted(Path(folder).glob("*.dcm"))
        yield f"series {Path(folder).name}", [dcmread(path) for path in paths[:: len(paths) // SLICES or 1]]


def jobs_of(slices: Iterable[Dataset]) -> Iterator[FrameJob]:
    """Slices as the packing process gets them."""
    for number, one in enumerate(slices):
        data = {tag: value for tag, value in one.to_json_dict().items() if tag != PIXELS}
        form = form_of(data, str(one.file_meta.TransferSyntaxUID))
        yield FrameJob(frame=number, form=form, source=one.PixelData, index=None)


def rates(pixels: int, work: Callable[[], object]) -> Figure:
    """Pixels for each second of processor time, by rounds."""
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        found.append(pixels / 1e6 / (time.process_time() - began))
    return Figure(
        name="",
        measured=round(statistics.median(found), 1),
        unit="MB/s",
        at_least=RATE_MB_A_SECOND,
        spread=f"{min(found):.1f} to {max(found):.1f}",
    )


def measured(name: str, slices: Iterable[Dataset]) -> list[Figure]:
    """How fast, and how much smaller."""
    frames = [(job.form, job) for job in jobs_of(slices) if isinstance(job.form, PixelForm)]
    jobs, pixels = [job for _, job in frames], sum(form.frame_bytes for form, _ in frames)
    ready = [(form, values_of(form, samples_of_job(form, job))) for form, job in frames]
    block = encode_block(jobs)
    kept = list(records_in(block))
    assert {record.encoding for record in kept} == {Encoding.HTJ2K}
    assert len(kept) == len(jobs) > 0
    alone = rates(pixels, lambda: [htj2k_of(form, samples) for form, samples in ready])
    whole = rates(pixels, lambda: encode_block(jobs))
    return [
        replace(alone, name=f"{name}: encoded in a second of one core"),
        replace(whole, name=f"{name}: the same with decoding and comparing again"),
        Figure(name=f"{name}: bytes", measured=round(pixels / len(block), 2), unit="× less"),
    ]


def test_packing() -> None:
    found = [figure for name, slices in (*phantom(), *named()) for figure in measured(name, slices)]
    notes = [
        f"{SLICES} slices of 512 x 512, {ROUNDS} rounds, medians of processor time, not of the clock.",
        "Every frame is encoded (HTJ2K, reversible, by resolution), decoded again and compared.",
    ]
    write("packing", "Lossless packing at intake", notes, found)
