"""Lossless packing at intake: pixels for each second of one core, and what a sender notices of it.

`make bench`. Figures go to tests/bench/results/packing.md. Beside the phantom's two kernels, whose grain is
that of a sharp and a soft reconstruction, a folder of DICOM files may be named by LIANZHEN_BENCH_SERIES.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from consult_server.demo.cast import PATIENTS
from consult_server.demo.ct import LUNG, MEDIASTINUM, Reconstruction, chest_ct
from tests.bench.report import Figure, write
from tests.dicom_node.raw_scu import CT, EXPLICIT, RawScu
from tests.factories.story import encoded
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until
from viewer.frame_jobs import FrameJob, encode_block, samples_of_job
from viewer.frame_records import Encoding, records_in
from viewer.pixels import PixelForm, form_of, htj2k_of, values_of

pytestmark = pytest.mark.timeout(1_800)

SLICES, ROUNDS, RATE_MB_A_SECOND = 40, 5, 150.0
TURNS, SENT, QUIET_SECONDS = 3, 150, 15.0
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


@pytest.fixture(scope="module")
def figures() -> Iterator[list[Figure]]:
    """What was measured; written at the end."""
    found: list[Figure] = []
    yield found
    notes = [
        f"{SLICES} slices of 512 x 512, {ROUNDS} rounds, medians of processor time, not of the clock.",
        "Every frame is encoded (HTJ2K, reversible, by resolution), decoded again and compared.",
        f"C-STORE: {SENT} slices of 512 x 512 by one association, while nothing is packed and while a study",
        "of 800 slices is, in turns; milliseconds from request to answer, by the clock.",
    ]
    write("packing", "Lossless packing at intake", notes, found)


def test_packing(figures: list[Figure]) -> None:
    figures += [figure for name, slices in (*phantom(), *named()) for figure in measured(name, slices)]
    assert figures


def packing_seconds(serving: Serving) -> float:
    """Processor time of the processes in which frames are packed, so far."""
    assert serving.process is not None
    total = 0.0
    for child in psutil.Process(serving.process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if any("forkserver" in word for word in child.cmdline()):
                total += sum(child.cpu_times()[:2])
    return total


def until_packed(serving: Serving) -> None:
    """Wait until nothing was packed for a while."""
    seen = {"at": time.monotonic(), "spent": packing_seconds(serving)}

    def is_quiet() -> bool:
        spent = packing_seconds(serving)
        if spent > seen["spent"]:
            seen.update(at=time.monotonic(), spent=spent)
        return time.monotonic() - seen["at"] > QUIET_SECONDS

    wait_until(is_quiet, 240)


def until_packing(serving: Serving) -> float:
    """Wait until a study is being packed; the processor time that packing has taken by then."""
    before = packing_seconds(serving)
    return wait_until(lambda: found if (found := packing_seconds(serving)) > before + 0.2 else 0.0, 60)


def a_study(number: int, slices: int, *kernels: Reconstruction) -> dict[str, bytes]:
    """Slices of a study of their own, as they go over the line, by SOP Instance UID."""
    scan = chest_ct(
        PATIENTS[0],
        accession=f"PACK{number}",
        acquired_at=datetime.now(UTC),
        slices=slices,
        spacing_mm=0.75,
        series=kernels,
    )
    return {str(one.SOPInstanceUID): encoded(one) for one in scan}


def sent(serving: Serving, slices: Mapping[str, bytes]) -> list[float]:
    """Milliseconds that each took from its request to its answer."""
    took = []
    with RawScu(serving.dicom_port, "SQZX_PACS") as scu:
        scu.associate([(1, CT, [EXPLICIT])])
        for uid, data in slices.items():
            began = time.perf_counter()
            assert scu.store(1, CT, uid, data) == 0
            took.append((time.perf_counter() - began) * 1000)
        scu.release()
    return took


def test_storing_while_a_study_is_packed(serving: Serving, figures: list[Figure]) -> None:
    alone: list[float] = []
    beside: list[float] = []
    for turn in range(TURNS):
        few, many, others = (
            a_study(10 * turn + place, count, *kernels)
            for place, (count, kernels) in enumerate(
                [(SENT, (LUNG,)), (400, (LUNG, MEDIASTINUM)), (SENT, (LUNG,))]
            )
        )
        until_packed(serving)
        alone += sent(serving, few)
        until_packed(serving)
        sent(serving, many)
        began = until_packing(serving)
        beside += sent(serving, others)
        assert packing_seconds(serving) > began, "nothing was packed meanwhile"
    for name, times in (("nothing", alone), ("a study", beside)):
        figures.append(
            Figure(
                name=f"C-STORE of a slice (525 KB) while {name} is packed, median",
                measured=round(statistics.median(times), 2),
                unit="ms",
                spread=f"p95 {statistics.quantiles(times, n=20)[-1]:.1f}, longest {max(times):.1f}",
            )
        )
    assert len(alone) == len(beside) == TURNS * SENT
