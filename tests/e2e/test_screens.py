"""Every screen of every role, on a county PC and on a phone, in both languages; and what a screen does when
things go wrong.
"""

import re
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from consult_server.demo import cast
from consult_server.demo.ct import chest_ct
from consult_server.demo.send import send
from tests.fixtures.browser import DESK, PHONE, Visit, open_window, sign_in
from tests.fixtures.screens import (
    Answers,
    arrive,
    axe_faults,
    chinese_words,
    keyboard_faults,
    room_faults,
    settle,
)
from tests.fixtures.serving import Serving, a_serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(400)
SEEN_WITHIN_MS = 3_000
SLOW_WORDS_MS = 8_000
SCREENS = {
    "zhouli": ["/requests", "/requests/new", "/exams", "/images", "/cases/…"],
    "xunuo": ["/worklist", "/images", "/cases/…"],
    "qinchuan": ["/worklist", "/images"],
    "liangchen": ["/board", "/images", "/cases/…"],
    "hejing": ["/requests", "/admin/quarantine", "/admin/queue"],
    "hanbing": [
        "/admin/peers",
        "/admin/quarantine",
        "/admin/queue",
        "/admin/institutions",
        "/admin/agreements",
        "/admin/accounts",
    ],
}
SIZES = {"pc": DESK, "phone": PHONE}


def a_case(serving: Serving, user: str) -> str:
    """A case that `user` may open."""
    with closing(serving.client(user)) as client:
        rows = client.get("/api/worklist", params={"view": "all"}).json()["rows"]
    return str(rows[0]["consult_id"])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("user", SCREENS)
def test_every_screen_is_whole(serving: Serving, window: Callable[..., Visit], user: str, size: str) -> None:
    found: dict[str, list[str]] = {}
    for path in SCREENS[user]:
        real = path.replace("…", a_case(serving, user)) if "…" in path else path
        for language in ("en", "zh-CN"):
            visit = window(SIZES[size])
            answers = Answers(visit.page)
            page = arrive(visit, serving, user, real, language)
            found[f"{path} {language}"] = room_faults(page) + axe_faults(page)
            if language == "en":
                found[f"{path} words"] = chinese_words(page, answers)
            else:
                found[f"{path} keys"] = keyboard_faults(page)
            visit.context.close()
    assert {where: faults for where, faults in found.items() if faults} == {}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", ["/", "/join", "/nowhere", "/requests/new"])
def test_the_way_in_is_whole(serving: Serving, window: Callable[..., Visit], path: str, size: str) -> None:
    visit = window(SIZES[size])
    visit.page.goto(f"{serving.url}{path}")
    settle(visit.page)
    assert [*room_faults(visit.page), *axe_faults(visit.page), *keyboard_faults(visit.page)] == []
    answers = Answers(visit.page)
    visit.page.evaluate("localStorage.setItem('lianzhen.locale', 'en')")
    visit.page.reload()
    settle(visit.page, "en")
    assert (room_faults(visit.page), chinese_words(visit.page, answers)) == ([], [])


def test_the_language_stays_with_the_account(serving: Serving, window: Callable[..., Visit]) -> None:
    page = arrive(window(), serving, "xunuo", "/worklist")
    page.get_by_role("button", name=re.compile("^我的账号")).click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    elsewhere = sign_in(window(), serving, "xunuo")
    expect(elsewhere.get_by_role("heading", name="Worklist")).to_be_visible()
    elsewhere.reload()
    expect(elsewhere.get_by_role("heading", name="Worklist")).to_be_visible()
    elsewhere.get_by_role("button", name=re.compile("^My account")).click()
    elsewhere.get_by_role("button", name="中文").click()
    expect(elsewhere.get_by_role("heading", name="工作单")).to_be_visible()


@pytest.mark.parametrize(
    "user, ae_title, accession",
    [
        ("zhouli", "SQZX_PACS", "SCR021"),
        ("liangchen", "YLXY_PACS", "SCR022"),
        ("xunuo", "YLXY_PACS", "SCR023"),
    ],
)
def test_an_arrived_study_is_in_the_list_at_once(
    serving: Serving, window: Callable[..., Visit], user: str, ae_title: str, accession: str
) -> None:
    page = arrive(window(), serving, user, "/")
    page.get_by_role("link", name="新到影像").click()
    expect(page.get_by_role("heading", name="新到影像")).to_be_visible()
    patient = cast.patient("P08")
    slices = list(chest_ct(patient, accession=accession, acquired_at=datetime.now(UTC), slices=3, seed=7))
    node = {"host": "127.0.0.1", "port": serving.dicom_port, "called_ae": "LIANZHEN"}
    assert send(slices, calling_ae=ae_title, **node).complete  # type: ignore[arg-type]
    row = page.get_by_role("row", name=re.compile(accession))
    expect(row).to_contain_text("正在接收", timeout=SEEN_WITHIN_MS)

    with closing(serving.client(user)) as client:

        def settled() -> bool:
            found = client.get("/api/arrivals", params={"q": accession}).json()
            return bool(found) and found[0]["settled"]

        wait_until(settled)
    expect(row).to_contain_text(f"已到齐 · {len(slices)} 幅", timeout=SEEN_WITHIN_MS)
    expect(row).to_contain_text(re.compile(r"查\*远"))
    page.get_by_role("searchbox").fill("SCR-none")
    expect(page.get_by_text("这些条件下没有")).to_be_visible()
    page.get_by_role("button", name="清除“SCR-none”").click()
    expect(row).to_be_visible()
    page.get_by_role("searchbox").fill(accession)
    expect(page.get_by_role("row")).to_have_count(2)


def test_no_line_is_said_and_the_work_goes_on(serving: Serving, window: Callable[..., Visit]) -> None:
    visit = window()
    page = arrive(visit, serving, "liangchen", "/board")

    def cut(route: Route) -> None:
        route.abort("connectionrefused")

    page.route("**/api/arrivals*", cut)
    page.get_by_role("link", name="新到影像").click()
    expect(page.get_by_role("button", name="再试")).to_be_visible()
    page.unroute("**/api/arrivals*", cut)
    page.get_by_role("button", name="再试").click()
    expect(page.get_by_role("grid")).to_be_visible()
    page.route("**/api/arrivals*", cut)
    page.get_by_role("searchbox").fill("CT")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("grid")).to_be_visible()


def test_without_a_line_the_writing_goes_on(serving: Serving, window: Callable[..., Visit]) -> None:
    visit = window()
    page = arrive(visit, serving, "zhouli", "/requests/new")
    page.get_by_role("button", name=re.compile("^远程诊断")).click()
    page.wait_for_url(re.compile(r"/requests/[0-9a-f-]{36}"))
    visit.context.set_offline(offline=True)
    band = page.get_by_text("网络断开，正在重连。您写的都留在本机")
    expect(band).to_be_visible()
    page.get_by_label("主诉").fill("断网时写的")
    expect(page.get_by_text("没存上，已留在本机")).to_be_visible()
    visit.context.set_offline(offline=False)
    expect(band).to_have_count(0)
    expect(page.get_by_text(re.compile("草稿已保存"))).to_be_visible()
    page.reload()
    expect(page.get_by_label("主诉")).to_have_value("断网时写的")


def test_a_slow_line_is_said(serving: Serving, window: Callable[..., Visit]) -> None:
    page = arrive(window(), serving, "liangchen", "/board")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/arrivals*", hold)
    page.get_by_role("link", name="新到影像").click()
    expect(page.get_by_text("还在取，线路较慢")).to_be_visible(timeout=SLOW_WORDS_MS)
    for route in held:
        route.continue_()
    expect(page.get_by_role("grid")).to_be_visible()


def test_an_ended_session_comes_back_to_the_same_place(
    serving: Serving, window: Callable[..., Visit]
) -> None:
    visit = window()
    page = arrive(visit, serving, "zhouli", "/requests/new")
    page.get_by_role("button", name=re.compile("^远程诊断")).click()
    page.wait_for_url(re.compile(r"/requests/[0-9a-f-]{36}"))
    address = page.url
    saving = "**/api/consults/*"
    page.route(saving, lambda route: route.abort("connectionrefused"))
    page.get_by_label("主诉").fill("头晕一周")
    expect(page.get_by_text("没存上，已留在本机")).to_be_visible()
    visit.context.clear_cookies()
    page.unroute(saving)
    expect(page.get_by_text(re.compile("登录已到期"))).to_be_visible()
    page.get_by_label("账号").fill("zhouli")
    page.get_by_label("密码", exact=True).fill(serving.password("zhouli"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("主诉")).to_have_value("头晕一周")
    assert page.url == address
    expect(page.get_by_text(re.compile("草稿已保存"))).to_be_visible()


def test_sign_out_leaves_nothing_to_read(serving: Serving, window: Callable[..., Visit]) -> None:
    visit = window()
    page = arrive(visit, serving, "zhouli", "/requests/new")
    page.get_by_role("button", name=re.compile("^远程诊断")).click()
    page.wait_for_url(re.compile(r"/requests/[0-9a-f-]{36}"))
    other = visit.context.new_page()
    other.goto(f"{serving.url}/requests")
    settle(other)
    secret = "不给别人看的一句话"
    page.route("**/api/consults/*", lambda route: route.abort("connectionrefused"))
    page.get_by_label("主诉").fill(secret)
    expect(page.get_by_text("没存上，已留在本机")).to_be_visible()
    kept = "Object.keys(localStorage).filter((one) => one.startsWith('lianzhen.unsent')).length"
    assert page.evaluate(kept) == 1
    page.get_by_role("button", name=re.compile("^我的账号")).click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_text("还有文字没存上，所以没有退出")).to_be_visible()
    page.get_by_role("button", name="仍要退出").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    expect(other.get_by_role("heading", name="登录")).to_be_visible()
    for one in (page, other):
        assert one.evaluate(kept) == 0
        stored = one.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        assert secret not in stored
        assert "localKey" not in stored
    assert secret not in page.content()


def test_returning_a_case_can_be_undone(serving: Serving, window: Callable[..., Visit]) -> None:
    visit = window()
    page = arrive(visit, serving, "liangchen", "/board")
    card = page.locator("article").first
    card.click()
    case = card.get_attribute("data-card")
    card.get_by_role("button", name=re.compile("^退回")).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="病史不全").click()
    dialog.get_by_role("button", name="退回", exact=True).click()
    expect(page.get_by_text(re.compile("^已退回"))).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_text(re.compile("^已退回"))).to_have_count(0)
    # Leaving the page sends whatever was still held back.
    page.goto("about:blank")
    with closing(serving.client("liangchen")) as client:
        assert client.get(f"/api/consults/{case}").json()["status"] != "returned"


def test_lists_print_in_one_plain_column(serving: Serving, window: Callable[..., Visit]) -> None:
    page = arrive(window(), serving, "zhouli", "/requests")
    rows = page.get_by_role("row").count()
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.get_by_role("contentinfo")).to_be_hidden()
    assert page.get_by_role("row").count() == rows
    assert page.evaluate("getComputedStyle(document.querySelector('#list')).overflowY") == "visible"


def test_styles_need_no_exception(serving: Serving, window: Callable[..., Visit]) -> None:
    answer = window().context.request.get(serving.url)
    policy = answer.headers["content-security-policy"]
    assert "style-src 'self';" in policy
    assert "unsafe-inline" not in policy


def register_hospital(dialog: Locator, name: str, issuer: str) -> None:
    """What an administrator writes of a township hospital."""
    dialog.get_by_label("机构全称").fill(name)
    dialog.get_by_label("级别").select_option(label="乡镇卫生院")
    dialog.get_by_label("患者编号的发放方").fill(issuer)
    dialog.get_by_role("button", name="登记", exact=True).click()


@pytest.mark.parametrize("size", SIZES)
def test_a_hospital_and_its_agreement_are_registered(
    serving: Serving, window: Callable[..., Visit], size: str
) -> None:
    name, issuer = {"pc": ("青岩镇卫生院", "QY"), "phone": ("白鹤乡卫生院", "BH")}[size]
    page = arrive(window(SIZES[size]), serving, "hanbing", "/admin/institutions")
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="登记机构").click()
    dialog.get_by_role("button", name="登记", exact=True).click()
    expect(dialog.get_by_text("请填写这一项")).to_have_count(2)
    assert axe_faults(page) == []
    register_hospital(dialog, name, issuer)
    expect(page.get_by_role("row", name=re.compile(name))).to_contain_text("乡镇卫生院")
    page.get_by_role("button", name="登记机构").click()
    register_hospital(dialog, name, issuer)
    expect(dialog.get_by_role("alert")).to_be_visible()
    expect(dialog.get_by_label("机构全称")).to_have_value(name)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="协议").click()
    page.get_by_role("button", name="登记协议").click()
    dialog.get_by_label("申请方").select_option(label=name)
    dialog.get_by_label("受邀方").select_option(label="云岭县人民医院")
    dialog.get_by_label("生效日期").fill("2025-01-01")
    dialog.get_by_label("到期日期").fill("2024-12-31")
    dialog.get_by_role("button", name="登记", exact=True).click()
    expect(dialog.get_by_text("到期日期早于生效日期，请核对")).to_be_visible()
    assert axe_faults(page) == []
    dialog.get_by_label("到期日期").fill("2099-12-31")
    dialog.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("row", name=re.compile(name))).to_contain_text("在期")
    assert room_faults(page) == []


def test_the_first_administrator_comes_in_once(tmp_path: Path, chrome: Browser) -> None:
    fresh = a_serving(tmp_path / "fresh")
    fresh.words = ["serve"]
    fresh.start()
    try:
        said = (fresh.home / "said.txt").read_text(errors="replace")
        link = re.search(r"/setup#\S+", said)
        assert link is not None
        first = open_window(chrome, fresh.url, DESK)
        page = first.page
        page.goto(f"{fresh.url}{link[0]}")
        page.get_by_role("button", name="建立账号并登录").click()
        expect(page.get_by_text("请填写这一项").first).to_be_visible()
        page.get_by_label("本中心名称").fill("云岭县人民医院")
        page.get_by_label("您的姓名").fill("韩冰")
        page.get_by_label("登录账号").fill("hanbing")
        page.get_by_label("密码").fill("a long enough one")
        page.get_by_role("button", name="建立账号并登录").click()
        expect(page.get_by_role("heading", name="影像接收")).to_be_visible()
        page.get_by_role("link", name="机构").click()
        expect(page.get_by_role("row", name=re.compile("云岭县人民医院"))).to_be_visible()
        assert (first.faults, first.foreign) == ([], [])
        again = open_window(chrome, fresh.url, DESK).page
        again.goto(f"{fresh.url}{link[0]}")
        for label, text in {
            "本中心名称": "另一家医院",
            "您的姓名": "别人",
            "登录账号": "other",
            "密码": "a long enough one",
        }.items():
            again.get_by_label(label).fill(text)
        again.get_by_role("button", name="建立账号并登录").click()
        expect(again.get_by_role("alert")).to_be_visible()
    finally:
        fresh.stop()
