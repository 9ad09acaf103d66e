"""What a screen reader and weak eyes meet beyond the lists: reading, ECG, calls, tabs and dialogs."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from consult_server.demo import cast
from consult_server.demo.ct import LUNG, MEDIASTINUM, chest_ct
from consult_server.demo.ecg import ecg_dataset
from tests.e2e.calling import TAIL, a_case as a_call, before_the_call, enter, invite, open_link
from tests.e2e.reading import Reading, View, a_case, open_reading, pane
from tests.fixtures.browser import DESK, PHONE, Visit, mark, sign_in
from tests.fixtures.screens import arrive, axe_faults
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(500)
SIZES = {"pc": DESK, "phone": PHONE}
Findings = dict[str, list[str]]


@pytest.fixture(scope="module")
def chest(serving: Serving) -> Reading:
    """A CT of two small series, assigned to 许诺."""
    scan = chest_ct(
        cast.patient("P05"),
        accession="E2EAXE1",
        acquired_at=datetime.now(UTC),
        slices=4,
        series=(LUNG, MEDIASTINUM),
    )
    return a_case(serving, scan, cast.patient("P05"))


@pytest.fixture(scope="module")
def heart(serving: Serving) -> Reading:
    """An ECG, assigned to 高岩."""
    patient = cast.patient("P02")
    recording = ecg_dataset(patient=patient, accession="E2EAXE2", started_at=datetime.now(UTC), heart_rate=70)
    return a_case(serving, [recording], patient, ae_title="SQZX_ECG", reader="gaoyan")


def reading_states(page: Page, view: View, small: bool) -> Iterator[str]:
    """The reading page as it changes under the hands; each state by its name."""
    yield "reading"
    page.get_by_role("button", name=re.compile("^更多工具")).click()
    expect(page.get_by_role("menu")).to_be_visible()
    yield "tool menu"
    page.keyboard.press("Escape")
    page.keyboard.press("l")
    view.drag((60, 120), (120, 40))
    page.keyboard.press("w")
    view.canvas.focus()
    page.keyboard.press("k")
    page.keyboard.press("F2")
    expect(pane(page).get_by_role("list", name="测量")).to_be_visible()
    page.keyboard.press("q")
    expect(page.get_by_role("region", name="标注与关键图像")).to_be_visible()
    yield "marks and a chip"
    page.get_by_role("button", name="完成").click()
    yield from later_states(page, view, small)


def later_states(page: Page, view: View, small: bool) -> Iterator[str]:
    """Dialogs, two panes, and the way to the signature."""
    view.canvas.focus()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="快捷键设置")).to_be_visible()
    yield "keys"
    page.keyboard.press("Escape")
    if not small:
        page.keyboard.press("g")
        expect(page.locator("[data-viewport]")).to_have_count(2)
        yield "two panes"
    page.keyboard.press("?")
    yield "shortcuts"
    page.keyboard.press("Escape")
    pane(page).get_by_role("tab", name="申请").click()
    yield "request"
    pane(page).get_by_role("tab", name="报告", exact=True).click()
    pane(page).get_by_role("button", name=re.compile("^签发|^开始阅片")).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    yield "last look"


@pytest.mark.parametrize("size", SIZES)
def test_reading(serving: Serving, window: Callable[..., Visit], chest: Reading, size: str) -> None:
    page = open_reading(window(SIZES[size]), serving, chest)
    mark(page, "lianzhen:series-loaded")
    view = View(page)
    found = {state: axe_faults(page) for state in reading_states(page, view, size == "phone")}
    assert {state: faults for state, faults in found.items() if faults} == {}


@pytest.mark.parametrize("size", SIZES)
def test_ecg(serving: Serving, window: Callable[..., Visit], heart: Reading, size: str) -> None:
    page = sign_in(window(SIZES[size]), serving, "gaoyan")
    page.goto(heart.href(serving))
    mark(page, "lianzhen:ecg-painted")
    pane(page).get_by_role("combobox").first.wait_for()
    found: Findings = {"ecg": axe_faults(page)}
    page.get_by_role("button", name=re.compile("未校准|适合窗口，不按|真实比例")).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found["card"] = axe_faults(page)
    assert {state: faults for state, faults in found.items() if faults} == {}


@pytest.mark.parametrize("size", SIZES)
def test_calls_of_doctors_and_patients(serving: Serving, window: Callable[..., Visit], size: str) -> None:
    case = a_call(serving)
    visit = window(SIZES[size])
    page = sign_in(visit, serving, "zhouli")
    found: Findings = {}
    link = invite(page, serving, case)
    found["invitation"] = axe_faults(page)
    page.keyboard.press("Escape")
    before_the_call(page, serving, case)
    found["before"] = axe_faults(page)
    enter(page)
    found["in the call"] = axe_faults(page)
    patient = window(SIZES[size])
    open_link(patient, link)
    expect(patient.page.get_by_label("请输入患者身份证")).to_be_visible()
    found["who"] = axe_faults(patient.page)
    patient.page.get_by_label("请输入患者身份证").fill(TAIL)
    patient.page.get_by_role("button", name="下一步").click()
    expect(patient.page.get_by_text("看得见您")).to_be_visible()
    found["check"] = axe_faults(patient.page)
    patient.page.get_by_label("参加这次视频会诊").check()
    patient.page.get_by_role("button", name="进入等候").click()
    expect(patient.page.get_by_role("heading", name="请稍等")).to_be_visible()
    found["lobby"] = axe_faults(patient.page)
    assert {state: faults for state, faults in found.items() if faults} == {}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", ["/admin/storage", "/admin/quarantine", "/admin/queue", "/admin/peers"])
def test_tabs_of_administration(serving: Serving, window: Callable[..., Visit], path: str, size: str) -> None:
    page = arrive(window(SIZES[size]), serving, "hanbing", path)
    found: Findings = {"at first": axe_faults(page)}
    tabs = page.get_by_role("tab")
    for at in range(tabs.count()):
        tabs.nth(at).click()
        expect(page.locator("main [aria-busy=true]")).to_have_count(0)
        found[tabs.nth(at).inner_text()] = axe_faults(page)
    assert {state: faults for state, faults in found.items() if faults} == {}


FORMS = {
    "/admin/peers": "添加发送方",
    "/admin/institutions": "登记机构",
    "/admin/agreements": "登记协议",
    "/admin/accounts": "添加账号",
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", FORMS)
def test_forms_of_administration(
    serving: Serving, window: Callable[..., Visit], path: str, size: str
) -> None:
    page = arrive(window(SIZES[size]), serving, "hanbing", path)
    page.get_by_role("button", name=re.compile(FORMS[path])).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert axe_faults(page) == []


@pytest.mark.parametrize("size", SIZES)
def test_tabs_of_a_case(serving: Serving, window: Callable[..., Visit], chest: Reading, size: str) -> None:
    page = arrive(window(SIZES[size]), serving, "xunuo", f"/cases/{chest.consult_id}")
    found: Findings = {}
    tabs = page.get_by_role("tab")
    for at in range(tabs.count()):
        tabs.nth(at).click()
        expect(page.locator("main [aria-busy=true]")).to_have_count(0)
        found[tabs.nth(at).inner_text()] = axe_faults(page)
    assert len(found) > 1
    page.get_by_role("button", name=re.compile("^我的账号")).click()
    found["account"] = axe_faults(page)
    assert {state: faults for state, faults in found.items() if faults} == {}


class Fingers:
    """Touches at points of the picture."""

    def __init__(self, page: Page, view: View) -> None:
        self._wire = page.context.new_cdp_session(page)
        self._wire.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
        left, top, _, _ = view.box()
        self.x, self.y = left + view.middle()[0], top + view.middle()[1]

    def touch(self, kind: str, *away: tuple[float, float]) -> None:
        """One event with fingers so far from the middle."""
        places = [{"x": self.x + dx, "y": self.y + dy, "id": at} for at, (dx, dy) in enumerate(away)]
        self._wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    def slide(self, dx: float, dy: float) -> None:
        """One finger, in eight steps."""
        self.touch("touchStart", (0, 0))
        for step in range(1, 9):
            self.touch("touchMove", (dx * step / 8, dy * step / 8))
        self.touch("touchEnd")


def test_fingers_zoom_turn_and_fit(serving: Serving, window: Callable[..., Visit], chest: Reading) -> None:
    """Two fingers zoom, one turns slices or sets the window, two taps fit the picture again."""
    page = open_reading(window(PHONE), serving, chest)
    mark(page, "lianzhen:series-loaded")
    view = View(page)
    fingers = Fingers(page, view)
    corners = page.locator(".corners").first
    whole = view.zoom()
    fingers.touch("touchStart", (-30, 0), (30, 0))
    for apart in range(40, 100, 10):
        fingers.touch("touchMove", (-apart, 0), (apart, 0))
    fingers.touch("touchEnd")
    expect(corners).not_to_contain_text(f"缩放 {whole}%")
    assert view.zoom() > 2 * whole
    for _ in range(2):
        fingers.touch("touchStart", (0, 0))
        fingers.touch("touchEnd")
    view.corner(f"缩放 {whole}%")
    page.get_by_role("button", name=re.compile("^翻层")).click()
    before = view.slice()
    fingers.slide(0, -160)
    expect(corners).not_to_contain_text(f"层 {before}/")
    page.get_by_role("button", name=re.compile("^窗宽窗位")).click()
    _, width = view.window()
    fingers.slide(60, 0)
    wait_until(lambda: view.window()[1] > width)
