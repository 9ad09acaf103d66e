"""A call as people hold it, in windows of the running product: what tests of calls share."""

import json
import re
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import httpx
from playwright.sync_api import Page, WebSocket, expect

from consult_server.demo import cast
from tests.fixtures.browser import WAIT_MS, Visit, sign_in, until
from tests.fixtures.call_spy import MARKED_AT, PICTURES, SPY, STATS
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

PATIENT = cast.patient("P05")
TAIL = PATIENT.id_no[-4:]
APPLICANT, COORDINATOR, SPECIALIST = "zhouli", "liangchen", "xunuo"
MEASURED_MS = 15_000
CLICK, FRAME = "lianzhen:call-join-click", "lianzhen:call-first-frame"


@dataclass
class Wire:
    """Every frame of a page's signalling sockets, as it passed."""

    said: list[dict[str, Any]] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        """Record all sockets that the page opens from now on."""
        page.on("websocket", self._opened)

    def _opened(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: self.said.append(json.loads(frame)))
        socket.on("framereceived", lambda frame: self.told.append(json.loads(frame)))

    def types(self) -> set[str]:
        """The types of what the page was told."""
        return {message["t"] for message in self.told}


def _seen(case: dict[str, Any]) -> dict[str, str]:
    return {"If-Match": f'"{case["version"]}"'}


def _ok(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, f"{answer.status_code} {answer.text}"
    body: dict[str, Any] = answer.json()
    return body


def a_case(serving: Serving) -> str:
    """A new case of the demonstration's nodule, assigned: its id. Each test has a room of its own."""
    with closing(serving.client(APPLICANT)) as applicant, closing(serving.client(COORDINATOR)) as coordinator:
        rows = _ok(applicant.get("/api/worklist"))["rows"]
        model = next(row for row in rows if row["accession_number"] == "SQ26CT0005")
        whole = _ok(applicant.get(f"/api/consults/{model['consult_id']}"))
        case = _ok(applicant.post("/api/consults", json={"case_kind": "consult"}))
        path = f"/api/consults/{case['consult_id']}"
        request = {
            "patient_id": whole["full_patient"]["patient_id"],
            "invited_institution_id": model["invited"]["institution_id"],
            "study_instance_uid": model["study_instance_uid"],
            "urgency": "routine",
            "question": "结节较去年是否增大？请当面向患者说明。",
            "chief_complaint": "咳嗽3天",
            "history": "吸烟40年。",
            "consent_kind": "signed_paper",
        }
        case = _ok(applicant.patch(path, json=request, headers=_seen(case)))
        case = _ok(applicant.post(f"{path}/submit", headers=_seen(case)))
        case = _ok(coordinator.post(f"{path}/accept", headers=_seen(case)))
        reader = {"specialist_id": model["specialist"]["account_id"]}
        _ok(coordinator.post(f"{path}/assign", json=reader, headers=_seen(case)))
    return str(case["consult_id"])


def a_doctor(visit: Visit, serving: Serving, user: str) -> Page:
    """Somebody signed in, whose connections can be looked at."""
    visit.context.add_init_script(SPY)
    return sign_in(visit, serving, user)


def before_the_call(page: Page, serving: Serving, case: str) -> None:
    """Open the case and go by its link to the room's door; wait until all is checked."""
    page.goto(f"{serving.url}/cases/{case}")
    page.get_by_role("tab", name="沟通").click()
    page.get_by_role("link", name="进入会诊室").click()
    ready(page)


def ready(page: Page) -> None:
    """The door of the room: devices open, line measured."""
    expect(page.get_by_role("heading", name="进入会诊前")).to_be_visible()
    expect(page.get_by_text("看得见您")).to_be_visible()
    expect(page.get_by_text("听得见您")).to_be_visible()
    expect(page.get_by_text("正在测线路")).to_be_hidden(timeout=MEASURED_MS)


def enter(page: Page) -> None:
    """The click that joins."""
    page.get_by_role("button", name="进入会诊", exact=True).click()
    expect(page.get_by_role("toolbar")).to_be_visible()


def in_the_call(visit: Visit, serving: Serving, user: str, case: str) -> Page:
    """A doctor in the room."""
    page = a_doctor(visit, serving, user)
    before_the_call(page, serving, case)
    enter(page)
    return page


def leave(page: Page) -> None:
    """Leave and say that it is meant."""
    page.get_by_role("toolbar").get_by_role("button", name="离开").click()
    page.get_by_role("dialog").get_by_role("button", name="离开", exact=True).click()
    expect(page.get_by_role("heading", name="您已离开会诊")).to_be_visible()


def sees_and_hears(page: Page, people: int) -> None:
    """Pictures of `people` others are decoded and painted anew, and their voices are not silence."""
    wait_until(lambda: page.evaluate(STATS)["live"] >= people, 20)
    before = page.evaluate(STATS)

    def more() -> bool:
        now = page.evaluate(STATS)
        return bool(now["frames"] >= before["frames"] + 10 * people and now["energy"] > before["energy"])

    wait_until(more, 20)
    wait_until(lambda: page.evaluate(PICTURES, people), 20)


def marked_at(page: Page, name: str) -> float:
    """When a mark was set, in ms of the machine's clock."""
    return float(wait_until(lambda: page.evaluate(MARKED_AT, name), 20))


def invite(page: Page, serving: Serving, case: str) -> str:
    """The patient's link, made on the case page."""
    page.goto(f"{serving.url}/cases/{case}#talk")
    page.get_by_role("tab", name="沟通").click()
    page.get_by_role("button", name="邀请患者").click()
    link = page.get_by_role("textbox", name=re.compile("患者的链接"))
    expect(link).to_have_value(re.compile(r"/join#"))
    return link.input_value()


def open_link(visit: Visit, link: str) -> Wire:
    """The patient taps the link on the phone; everything that passes on the wire is recorded."""
    visit.context.add_init_script(SPY)
    wire = Wire()
    wire.follow(visit.page)
    visit.page.goto(link)
    return wire


def say_who_and_agree(page: Page, tail: str = TAIL) -> None:
    """The patient's two steps before the lobby."""
    page.get_by_label("请输入患者身份证").fill(tail)
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_text("看得见您")).to_be_visible()
    expect(page.get_by_text("听得见您")).to_be_visible()
    page.get_by_label("参加这次视频会诊").check()
    page.get_by_role("button", name="进入等候").click()


def in_the_lobby(visit: Visit, link: str) -> Wire:
    """The patient waits."""
    wire = open_link(visit, link)
    say_who_and_agree(visit.page)
    expect(visit.page.get_by_role("heading", name="请稍等")).to_be_visible(timeout=WAIT_MS)
    return wire


def cut(page: Page) -> None:
    """Drop the page's socket and wait until another one is welcome."""
    opened = int(page.evaluate("sockets.length"))
    page.evaluate("sockets.at(-1).close()")
    until(page, f"sockets.length > {opened} && said.filter((t) => t === 'welcome').length > {opened}")
