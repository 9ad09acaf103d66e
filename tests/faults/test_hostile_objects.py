"""Hostile objects by the thousand, by C-STORE and by STOW-RS with reads of all that was taken."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TypeVar

import httpx
import psutil
import pytest

from consult_server.demo import cast
from tests.dicom_node.raw_scu import RawScu
from tests.faults.conftest import Record
from tests.faults.findings import Finding, scaled
from tests.faults.hostile import Hostile, many, seeds
from tests.faults.node_process import SENDER, NodeProcess, family_mb
from tests.fixtures.samples import samples_folder
from tests.fixtures.serving import Serving, a_serving
from tests.viewer.dicomweb.parts import body, post_headers

pytestmark = pytest.mark.timeout(14_400)

OBJECTS, GROWTH_MB_MAX, TOGETHER, BATCH = 20_000, 200, 4, 100
WARMING = 200
"""So many good objects are asked for first: processes that decode start when they are needed."""
ANSWER_SECONDS, START_SECONDS = 60.0, 600.0
HANG, ENDED, REFUSED = "hang", "ended", "context refused"
READS = ("metadata", "rendered", "frames/1", "")
STORED, PLACE = "00081199", "00081190"
T = TypeVar("T")


@dataclass
class Fare:
    """How it went: every answer, how long the slowest took, the most memory, and what died."""

    answers: Counter[str] = field(default_factory=Counter)
    worst: list[str] = field(default_factory=list)
    slowest: float = 0.0
    growth_mb: float = 0.0
    crashes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, answer: str, name: str, seconds: float) -> None:
        """One answer; what must not be is kept by name."""
        with self.lock:
            self.answers[answer] += 1
            self.slowest = max(self.slowest, seconds)
            if answer.endswith(HANG) or " 5" in answer:
                self.worst.append(f"{answer}: {name}")

    def count(self, ending: str) -> int:
        """Answers with that ending."""
        return sum(count for answer, count in self.answers.items() if answer.endswith(ending))

    @property
    def server_errors(self) -> int:
        """HTTP answers 5xx."""
        return sum(count for answer, count in self.answers.items() if " 5" in answer)

    @property
    def kept(self) -> bool:
        """No crash, no hang, no 5xx, memory within bounds."""
        bad = self.crashes or self.count(HANG) or self.server_errors
        return not bad and self.growth_mb <= GROWTH_MB_MAX

    @property
    def words(self) -> str:
        """For the report."""
        return (
            f"{self.crashes} crashes, {self.count(HANG)} hangs, {self.server_errors} answers 5xx,"
            f" slowest {self.slowest:.1f} s, memory {self.growth_mb:+.0f} MB"
        )


def good_objects() -> list[Hostile]:
    """What is changed: also the sample files, where there are some."""
    folder, missing = samples_folder()
    return seeds(*([] if missing else [folder]))


def batches(objects: Iterable[T]) -> Iterator[list[T]]:
    """Some at a time, so that the server is looked at in between."""
    left = iter(objects)
    while batch := list(islice(left, BATCH)):
        yield batch


def by_store(port: int, fare: Fare, one: Hostile) -> None:
    """An association of its own for each, as one of them may end it."""
    began, said = time.monotonic(), one.announced
    try:
        with RawScu(port, SENDER) as scu:
            scu.socket.settimeout(ANSWER_SECONDS)
            scu.associate([(1, said.sop_class_uid, [said.transfer_syntax_uid])])
            if 1 not in scu.accepted:
                answer = REFUSED
            else:
                status = scu.store(1, said.sop_class_uid, said.sop_instance_uid, one.data)
                answer = ENDED if status < 0 else f"status {status:04X}"
    except TimeoutError:
        answer = HANG
    except OSError:
        answer = ENDED
    fare.note(answer, one.name, time.monotonic() - began)


def run(
    objects: Iterable[Hostile], one: Callable[[Hostile], None], fare: Fare, look: Callable[[], float]
) -> int:
    """Several at once; `look` says how much memory is used now, and counts crashes. How many were sent."""
    sent, before = 0, look()
    with ThreadPoolExecutor(TOGETHER) as pool:
        for batch in batches(objects):
            for _ in pool.map(one, batch):
                sent += 1
            fare.growth_mb = max(fare.growth_mb, look() - before)
            if fare.crashes:
                break
    return sent


def test_hostile_objects_by_store(node: NodeProcess, record: Record) -> None:
    fare, good = Fare(), good_objects()
    for one in good[:20]:
        by_store(node.port, Fare(), one)

    def look() -> float:
        fare.crashes += node.has_ended
        return 0 if node.has_ended else node.memory_mb

    sent = run(many(scaled(OBJECTS, 200), good), lambda one: by_store(node.port, fare, one), fare, look)
    assert fare.crashes or node.echoes()
    record(
        Finding(
            promise="hostile objects by C-STORE",
            measured=f"{sent:,} of {len(good)} good ones and by hand, {fare.answers['status 0000']:,} taken:"
            f" {fare.words} {'; '.join(fare.worst[:3])}",
            target=f"{OBJECTS:,}: 0 crashes, 0 hangs, ≤ +{GROWTH_MB_MAX} MB",
            kept=fare.kept,
            size=sent / OBJECTS,
        )
    )


@dataclass
class Web:
    """The whole product's DICOMweb, as one hospital's doctor uses it."""

    serving: Serving
    client: httpx.Client
    fare: Fare

    def ask(self, name: str, what: str, call: Callable[[], httpx.Response]) -> httpx.Response | None:
        """One request, noted."""
        began = time.monotonic()
        try:
            answer = call()
            said = f"{what} {answer.status_code}"
        except httpx.TimeoutException:
            answer, said = None, f"{what} {HANG}"
        except httpx.TransportError:
            answer, said = None, f"{what} {ENDED}"
        self.fare.note(said, name, time.monotonic() - began)
        return answer

    def store_and_read(self, one: Hostile) -> None:
        """STOW-RS, then every kind of read of what was taken."""
        content = body([one.file])
        answer = self.ask(
            one.name, "STOW", lambda: self.client.post("/studies", content=content, headers=post_headers())
        )
        if answer is None or answer.status_code != 200:
            return
        for item in answer.json()[STORED]["Value"]:
            place = item[PLACE]["Value"][0].partition("/dicom-web")[2]
            for kind in READS:
                path = f"{place}/{kind}".rstrip("/") if kind else f"{place.rpartition('/')[0]}?limit=5"
                self.ask(one.name, kind or "QIDO", lambda path=path: self.client.get(path))  # type: ignore[misc]

    def look(self) -> float:
        """Memory of everything; the processes that the product watches may not have been replaced."""
        assert self.serving.process is not None
        if self.serving.process.poll() is not None:
            self.fare.crashes += 1
            return 0
        return family_mb(self.serving.process.pid)


def watched(serving: Serving) -> set[int]:
    """The processes that the product starts and would start again."""
    assert serving.process is not None
    return {child.pid for child in psutil.Process(serving.process.pid).children()}


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """The product with its demonstration, and a doctor's access token."""
    product = a_serving(tmp_path / "product")
    doctor = next(person for person in cast.PEOPLE if person.institution == cast.TOWNSHIP.key)
    try:
        product.start(START_SECONDS)
        token = product.command("token", "create", "--user", doctor.user)
        with httpx.Client(
            base_url=f"{product.url}/dicom-web",
            headers={"Authorization": f"Bearer {token}"},
            timeout=ANSWER_SECONDS,
        ) as client:
            yield Web(product, client, Fare())
    finally:
        if product.process is not None and product.process.poll() is None:
            product.kill_group()


def test_hostile_objects_by_stow_and_what_is_taken_read_back(web: Web, record: Record) -> None:
    good = good_objects()
    warming = Web(web.serving, web.client, Fare())
    run(good[:WARMING], warming.store_and_read, warming.fare, warming.look)
    assert warming.fare.answers["STOW 200"] > 0, warming.fare.answers
    assert warming.fare.answers["rendered 200"] > 0, warming.fare.answers
    running = watched(web.serving)
    sent = run(many(scaled(OBJECTS, 200), good), web.store_and_read, web.fare, web.look)
    if not web.fare.crashes:
        web.fare.crashes += len(running - watched(web.serving))
    reads = web.fare.answers.total() - sent
    record(
        Finding(
            promise="hostile objects by STOW-RS, and reads of what was taken",
            measured=f"{sent:,}, {web.fare.answers['STOW 200']:,} taken, {reads:,} reads: {web.fare.words}"
            f" {'; '.join(web.fare.worst[:3])}",
            target=f"{OBJECTS:,}: 0 crashes, 0 hangs, 0 answers 5xx, ≤ +{GROWTH_MB_MAX} MB",
            kept=web.fare.kept,
            size=sent / OBJECTS,
        )
    )
