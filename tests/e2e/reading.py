"""Cases to be read in a specialist's window, and what the window shows: shared by the tests of reading."""

import re
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Locator, Page, expect
from pydicom.dataset import Dataset

from consult_server.demo import cast
from consult_server.demo.send import send
from tests.factories.cases import Case, ok, seen
from tests.fixtures.browser import Visit, mark, sign_in
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

SETTLE_SECONDS = 40
SLICES = 54
# One moment for all: of one day, no study is another's prior, though midnight may pass meanwhile.
ACQUIRED_AT = datetime.now(UTC)
# In a page: the stage of a canvas pixel, found by the canvas's own coordinates.
TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
PIXELS = """([canvas, x, y, width, height]) => [...canvas.getContext('2d').getImageData(
    Math.round(x * canvas.width / canvas.clientWidth), Math.round(y * canvas.height / canvas.clientHeight),
    width, height).data]"""


@dataclass(frozen=True)
class Reading:
    """A study of the running product and the case that asks about it."""

    study_uid: str
    consult_id: str

    def href(self, serving: Serving) -> str:
        """The page it is read on."""
        return f"{serving.url}/read/{self.study_uid}?consult={self.consult_id}"


def a_case(
    serving: Serving,
    datasets: Iterable[Dataset],
    patient: cast.CastPatient,
    *,
    ae_title: str = "SQZX_PACS",
    reader: str = "xunuo",
) -> Reading:
    """Send a study, ask about it and give it to `reader`."""
    whole = list(datasets)
    sent = send(whole, host="127.0.0.1", port=serving.dicom_port, calling_ae=ae_title, called_ae="LIANZHEN")
    assert sent.complete
    study_uid = str(whole[0].StudyInstanceUID)
    with closing(serving.client("zhouli")) as applicant:

        def settled() -> bool:
            rows = ok(applicant.get("/api/arrivals"))
            return any(row["study_instance_uid"] == study_uid and row["settled"] for row in rows)

        wait_until(settled, SETTLE_SECONDS)
        case = _submitted(applicant, study_uid, patient)
    with closing(serving.client(reader)) as specialist:
        account = ok(specialist.get("/api/me"))["account_id"]
    with closing(serving.client("liangchen")) as coordinator:
        path = f"/api/consults/{case['consult_id']}"
        case = ok(coordinator.post(f"{path}/accept", headers=seen(case)))
        ok(coordinator.post(f"{path}/assign", json={"specialist_id": account}, headers=seen(case)))
    return Reading(study_uid, case["consult_id"])


def _submitted(applicant: Any, study_uid: str, patient: cast.CastPatient) -> Case:
    found = ok(applicant.get("/api/patients", params={"q": patient.patient_id}))
    places = ok(applicant.get("/api/institutions"))
    request = {
        "patient_id": found[0]["patient_id"],
        "invited_institution_id": next(
            place["institution_id"] for place in places if place["name"] == cast.COUNTY.name
        ),
        "urgency": "urgent",
        "question": "左肺下叶结节较去年是否增大？是否需要转县医院增强检查？",
        "chief_complaint": "咳嗽3天",
        "history": "吸烟40年。",
        "consent_kind": "signed_paper",
        "study_instance_uid": study_uid,
    }
    case = ok(applicant.post("/api/consults", json={"case_kind": "diagnosis"}))
    path = f"/api/consults/{case['consult_id']}"
    case = ok(applicant.patch(path, json=request, headers=seen(case)))
    answer: Case = ok(applicant.post(f"{path}/submit", headers=seen(case)))
    return answer


def open_reading(visit: Visit, serving: Serving, reading: Reading, *, user: str = "xunuo") -> Page:
    """Sign in and open the reading page, its report ready to be written."""
    page = sign_in(visit, serving, user)
    page.goto(reading.href(serving))
    pane(page).get_by_role("combobox").first.wait_for()
    return page


def pane(page: Page) -> Locator:
    """The report beside the images."""
    return page.get_by_role("region", name="报告与申请")


class View:
    """The picture of a reading page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.canvas = page.locator("[data-viewport] canvas").first
        mark(page, "lianzhen:first-image")

    def box(self) -> tuple[float, float, float, float]:
        """Left, top, width and height on the page."""
        box = self.canvas.bounding_box()
        assert box is not None
        return box["x"], box["y"], box["width"], box["height"]

    def corner(self, words: str) -> None:
        """Wait until the corners say so."""
        expect(self.page.locator("[data-viewport] .corners").first).to_contain_text(words)

    def slice(self) -> int:
        """The slice that the picture says it is, from 1."""
        return self.figures("层 ([0-9]+)/")[0]

    def window(self) -> tuple[int, int]:
        """Level and width as the corner shows them."""
        level, width = self.figures("WL (−?[0-9]+) / WW ([0-9]+)")
        return level, width

    def zoom(self) -> int:
        """Per cent as the corner shows them."""
        return self.figures("缩放 ([0-9]+)%")[0]

    def figures(self, pattern: str) -> list[int]:
        """The numbers that the corners show in these words."""
        text = self.page.locator("[data-viewport] .corners").first.inner_text()
        found = re.search(pattern, text)
        assert found, text
        return [int(figure.replace("−", "-")) for figure in found.groups()]

    def pixels(self, x: float, y: float, width: int = 1, height: int = 1) -> list[tuple[int, ...]]:
        """What is on screen from a point of the picture on, row by row: red, green, blue, opacity.

        Words change at once and the picture with the next frame, which is waited for.
        """
        drawn = f"{TWO_FRAMES}.then(() => ({PIXELS})([canvas, ...at]))"
        data = self.canvas.evaluate(f"(canvas, at) => {drawn}", [x, y, width, height])
        return [tuple(data[at : at + 4]) for at in range(0, len(data), 4)]

    def greys(self, x: float, y: float, width: int) -> list[int]:
        """The brightness of a piece of a row."""
        return [pixel[0] for pixel in self.pixels(x, y, width)]

    def drag(self, start: tuple[float, float], by: tuple[float, float], button: Any = "left") -> None:
        """Press at a point of the picture, move and let go."""
        left, top, _, _ = self.box()
        mouse = self.page.mouse
        mouse.move(left + start[0], top + start[1])
        mouse.down(button=button)
        mouse.move(left + start[0] + by[0], top + start[1] + by[1], steps=8)
        mouse.up(button=button)

    def middle(self) -> tuple[float, float]:
        """The middle of the picture, in its own coordinates."""
        _, _, width, height = self.box()
        return width / 2, height / 2
