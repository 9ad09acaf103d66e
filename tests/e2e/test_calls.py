"""Calls over the running product: doctors meet from the case, the patient comes by a link, drops heal."""

import json
import re
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from config.settings import load, secret
from consult_server.demo import cast
from signaling.roles import Role
from signaling.tickets import mint
from tests.e2e.calling import (
    APPLICANT,
    CLICK,
    FRAME,
    SPECIALIST,
    TAIL,
    Wire,
    a_case,
    a_doctor,
    before_the_call,
    cut,
    enter,
    in_the_call,
    in_the_lobby,
    invite,
    leave,
    marked_at,
    open_link,
    ready,
    say_who_and_agree,
    sees_and_hears,
)
from tests.fixtures.browser import PHONE, Visit
from tests.fixtures.call_spy import STATS
from tests.fixtures.serving import Serving

pytestmark = pytest.mark.timeout(400)
FIRST_FRAME_MS_MAX = 2000.0
OF_THE_ROOM = {
    "room.state",
    "peer.joined",
    "peer.updated",
    "peer.left",
    "media.plan",
    "ice.servers",
    "sdp.offer",
    "sdp.answer",
    "ice.candidate",
    "lobby.list",
}
DOCTOR, COMPANION = "许诺", "周丽"


def joined_after_ms(newcomer: Page, other: Page) -> tuple[float, float]:
    """From the newcomer's click to the first frame, as the newcomer sees it and as the other does."""
    click = marked_at(newcomer, CLICK)
    return marked_at(newcomer, FRAME) - click, marked_at(other, FRAME) - click


def test_two_doctors_meet_from_the_case_within_two_seconds(
    serving: Serving, window: Callable[..., Visit]
) -> None:
    case = a_case(serving)
    first = in_the_call(window(), serving, APPLICANT, case)
    second = in_the_call(window(), serving, SPECIALIST, case)
    for page, name in ((first, DOCTOR), (second, COMPANION)):
        sees_and_hears(page, 1)
        expect(page.locator("figure[data-pid]")).to_contain_text(name)
    seen_by_newcomer, seen_by_other = [], []
    for stayer, comer in ((first, second), (second, first), (first, second)):
        leave(comer)
        stayer.evaluate("(name) => performance.clearMarks(name)", FRAME)
        comer.get_by_role("button", name="重新进入").click()
        ready(comer)
        enter(comer)
        mine, theirs = joined_after_ms(comer, stayer)
        seen_by_newcomer.append(mine)
        seen_by_other.append(theirs)
        sees_and_hears(stayer, 1)
    figures = {"newcomer": seen_by_newcomer, "other side": seen_by_other}
    for who, took in figures.items():
        shown = ", ".join(f"{ms:.0f}" for ms in took)
        sys.stdout.write(f"\njoin click to first decoded remote frame, warm, {who}: {shown} ms\n")
    assert all(statistics.median(took) <= FIRST_FRAME_MS_MAX for took in figures.values())


def test_the_patient_comes_by_link_waits_and_is_let_in(
    serving: Serving, window: Callable[..., Visit]
) -> None:
    case = a_case(serving)
    companion = a_doctor(window(), serving, APPLICANT)
    link = invite(companion, serving, case)
    doctor = in_the_call(window(), serving, SPECIALIST, case)
    phone = window(PHONE)
    wire = in_the_lobby(phone, link)
    expect(phone.page.get_by_text("您排第 1 位")).to_be_visible()
    waiting = doctor.locator("[data-waiting]")
    expect(waiting).to_contain_text(cast.patient("P05").name)
    expect(waiting).to_contain_text("患者")
    heard_nothing_of_the_room(phone.page, wire)

    admitted_at = time.time() * 1000
    waiting.get_by_role("button", name="请进来").click()
    expect(phone.page.get_by_role("button", name="静音")).to_be_visible()
    shown_after_ms = marked_at(phone.page, FRAME) - admitted_at
    sys.stdout.write(f"\nlet in to the doctor's picture on the phone: {shown_after_ms:.0f} ms\n")
    assert {"room.state", "media.plan"} <= wire.types()
    sees_and_hears(doctor, 1)
    mute_and_hide(phone.page, doctor)
    before_the_call(companion, serving, case)
    enter(companion)
    for page in (doctor, phone.page):
        sees_and_hears(page, 2)
    expect(companion.locator("figure[data-pid]")).to_have_count(2)
    phone.page.get_by_role("button", name="离开").click()
    phone.page.get_by_role("dialog").get_by_role("button", name="离开", exact=True).click()
    expect(phone.page.get_by_role("heading", name="您已离开会诊")).to_be_visible()
    expect(doctor.get_by_text("仇大山 离开了")).to_be_visible()
    sees_and_hears(doctor, 1)


def heard_nothing_of_the_room(phone: Page, wire: Wire) -> None:
    """Who waits gets no media, no peer list, no relay credential, not even a doctor's name."""
    assert not wire.types() & OF_THE_ROOM, "who waits hears nothing of the room"
    assert "credential" not in json.dumps(wire.told)
    assert DOCTOR not in json.dumps(wire.told, ensure_ascii=False)
    assert phone.evaluate(STATS)["live"] == 0


def mute_and_hide(phone: Page, doctor: Page) -> None:
    """The patient mutes and hides; the doctor is told so, and sees the picture again afterwards."""
    tile = doctor.locator("figure[data-pid]", has_text=cast.patient("P05").name)
    stand_in = tile.locator("[aria-hidden]", has_text=re.compile("^仇$"))
    phone.get_by_role("button", name="静音").click()
    expect(tile.get_by_label("已静音")).to_be_visible()
    phone.get_by_role("button", name="镜头", exact=True).click()
    expect(stand_in).to_be_visible()
    expect(phone.get_by_text("画面已关")).to_be_visible()
    phone.get_by_role("button", name="已关画面").click()
    phone.get_by_role("button", name="已静音").click()
    expect(tile.get_by_label("已静音")).to_be_hidden()
    expect(stand_in).to_be_hidden()


def test_a_dropped_socket_comes_back_and_the_picture_never_stops(
    serving: Serving, window: Callable[..., Visit]
) -> None:
    case = a_case(serving)
    first = in_the_call(window(), serving, APPLICANT, case)
    second = in_the_call(window(), serving, SPECIALIST, case)
    sees_and_hears(second, 1)
    connections = second.evaluate("connections.length")
    frames = second.evaluate(STATS)["frames"]
    cut(second)
    assert second.evaluate(STATS)["frames"] > frames
    sees_and_hears(second, 1)
    sees_and_hears(first, 1)
    assert second.evaluate("connections.length") == connections, "the same connections went on"
    expect(second.get_by_text("正在重连")).to_be_hidden()
    second.get_by_role("button", name="静音").click()
    expect(first.locator("figure[data-pid]").get_by_label("已静音")).to_be_visible()


def test_a_link_used_on_one_phone_says_so_on_another(serving: Serving, window: Callable[..., Visit]) -> None:
    case = a_case(serving)
    link = invite(a_doctor(window(), serving, APPLICANT), serving, case)
    phone, other = window(PHONE), window(PHONE)
    in_the_lobby(phone, link)
    wire = open_link(other, link)
    expect(other.page.get_by_role("heading", name="这个链接已在别的手机上用过")).to_be_visible()
    expect(other.page.get_by_role("link", name="打电话给卫生院")).to_be_visible()
    assert cast.patient("P05").name not in other.page.content()
    assert wire.told == []
    phone.page.reload()
    say_who_and_agree(phone.page)
    expect(phone.page.get_by_role("heading", name="请稍等")).to_be_visible()


def test_wrong_digits_lead_back_and_say_how_many_tries_are_left(
    serving: Serving, window: Callable[..., Visit]
) -> None:
    link = invite(a_doctor(window(), serving, APPLICANT), serving, a_case(serving))
    phone = window(PHONE)
    open_link(phone, link)
    say_who_and_agree(phone.page, "0000" if TAIL != "0000" else "1111")
    expect(phone.page.get_by_role("alert")).to_contain_text("还可以试 4 次")
    expect(phone.page.get_by_label("请输入患者身份证")).to_have_value("")


def test_the_check_before_the_call_shows_devices_and_the_line(
    serving: Serving, window: Callable[..., Visit]
) -> None:
    page = a_doctor(window(), serving, SPECIALIST)
    before_the_call(page, serving, a_case(serving))
    line = page.get_by_text(re.compile(r"来回 \d+ 毫秒，丢包 [\d.]+%"))
    expect(line).to_be_visible()
    sys.stdout.write(f"\npre-call check: {line.inner_text()}\n")
    expect(page.get_by_text("线路好")).to_be_visible()


def hello(serving: Serving, token: str) -> tuple[list[dict[str, Any]], int]:
    """What a page with this ticket is told, and how its socket ends (0: it stays open)."""
    told: list[dict[str, Any]] = []
    url = serving.url.replace("http", "ws", 1) + "/signaling/ws"
    with connect(url, origin=Origin(serving.url)) as socket:
        d = {"token": token, "client": {"app": "stranger/1"}}
        socket.send(json.dumps({"v": 1, "t": "hello", "d": d}))
        try:
            while not told or told[-1]["t"] == "error":
                told.append(json.loads(socket.recv(timeout=10)))
        except ConnectionClosed:
            return told, socket.protocol.close_code or 0
    return told, 0


def test_a_forged_expired_or_used_ticket_gets_nothing(serving: Serving) -> None:
    case = a_case(serving)
    with closing(serving.client(SPECIALIST)) as doctor:
        good = doctor.post(f"/api/consults/{case}/call").json()["ticket"]
    facts: dict[str, Any] = {
        "room": f"consult-{case}",
        "participant": "stranger",
        "name": "某人",
        "role": Role.SPECIALIST,
        "can_admit": True,
        "case_ref": case,
        "ttl_seconds": 120,
    }
    now = datetime.now(UTC)
    ours = secret(load(home=str(serving.home)), "join_ticket")
    other = secret(load(home=str(serving.home / "elsewhere")), "join_ticket")
    head, body, signature = good.split(".")
    bad = {
        "forged": mint(other, now=now, **facts),
        "expired": mint(ours, now=now - timedelta(seconds=121), **facts),
        "of the future": mint(ours, now=now + timedelta(seconds=60), **facts),
        "changed": f"{head}.{body[:-2]}AA.{signature}",
        "nonsense": "ticket",
    }
    assert hello(serving, good)[0][0]["t"] == "welcome"
    for what, token in {**bad, "used": good}.items():
        told, code = hello(serving, token)
        assert [(m["t"], m["d"]["code"]) for m in told] == [("error", "unauthorized")], what
        assert code == 4003, what
