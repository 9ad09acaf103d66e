"""The report beside the images: it saves itself, forgives, asks before it changes much, and signs once."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from consult_server.demo import cast
from consult_server.demo.ct import LUNG, chest_ct
from tests.e2e.reading import ACQUIRED_AT, Reading, a_case, open_reading, pane
from tests.fixtures.browser import Visit, mark, sign_in
from tests.fixtures.serving import Serving

pytestmark = pytest.mark.timeout(300)
PATIENT = cast.patient("P12")
FINDINGS = "双肺散在微小结节，左肺下叶见实性结节。"
IMPRESSION = "左肺下叶结节，建议三个月后复查。"
SIGN_MS = 30_000
TABS_MAX = 20


def a_small_ct(serving: Serving, number: int) -> Reading:
    """A CT of three slices with a case of its own."""
    scan = chest_ct(
        PATIENT, accession=f"E2EREP{number}", acquired_at=ACQUIRED_AT, slices=3, series=(LUNG,), seed=number
    )
    return a_case(serving, scan, PATIENT)


def field(page: Page, name: str) -> Locator:
    """A part of the report."""
    return pane(page).get_by_label(name, exact=True)


def saved(page: Page) -> None:
    """Wait until the server has everything."""
    expect(pane(page).get_by_text(re.compile("^已保存"))).to_be_visible()


def test_what_is_written_saves_itself_and_survives_a_reload(
    serving: Serving, window: Callable[..., Visit]
) -> None:
    visit = window()
    page = open_reading(visit, serving, a_small_ct(serving, 1))
    field(page, "影像所见").fill(FINDINGS)
    saved(page)
    page.reload()
    expect(field(page, "影像所见")).to_have_value(FINDINGS)
    visit.context.set_offline(True)
    field(page, "诊断意见").fill(IMPRESSION)
    expect(pane(page).get_by_text("没存上，已留在本机")).to_be_visible()
    visit.context.set_offline(False)
    saved(page)
    page.reload()
    expect(field(page, "诊断意见")).to_have_value(IMPRESSION)


def test_normal_text_fills_only_what_is_empty_and_is_taken_back(
    serving: Serving, window: Callable[..., Visit]
) -> None:
    page = open_reading(window(), serving, a_small_ct(serving, 2))
    field(page, "影像所见").fill(FINDINGS)
    pane(page).get_by_role("button", name="全部置正常").click()
    expect(field(page, "影像所见")).to_have_value(FINDINGS)
    expect(field(page, "诊断意见")).not_to_have_value("")
    expect(pane(page).get_by_text("与模板正常文字相同").first).to_be_visible()
    page.get_by_role("button", name="撤销", exact=True).click()
    expect(field(page, "诊断意见")).to_have_value("")
    expect(field(page, "影像所见")).to_have_value(FINDINGS)


def test_another_form_is_asked_about_and_loses_no_word(
    serving: Serving, window: Callable[..., Visit]
) -> None:
    page = open_reading(window(), serving, a_small_ct(serving, 3))
    form = pane(page).get_by_role("combobox", name="报告模板")
    before = form.input_value()
    field(page, "检查方法").fill("低剂量扫描。")
    field(page, "影像所见").fill(FINDINGS)
    others = list(form.evaluate("(one) => [...one.options].map((o) => o.value)"))
    other = next(option for option in others if option not in {before, ""})
    form.select_option(other)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("影像所见")
    dialog.get_by_role("button", name="先不换").click()
    expect(form).to_have_value(before)
    form.select_option(other)
    with page.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
        dialog.get_by_role("button", name="换模板").click()
    expect(form).to_have_value(other)
    texts = pane(page).get_by_role("textbox").evaluate_all("(all) => all.map((one) => one.value).join()")
    assert "低剂量扫描。" in texts
    assert FINDINGS in texts
    page.reload()
    expect(pane(page).get_by_role("combobox", name="报告模板")).to_have_value(other)


def test_a_case_is_read_and_signed_with_the_keyboard_alone(
    serving: Serving, window: Callable[..., Visit]
) -> None:
    reading = a_small_ct(serving, 4)
    page = sign_in(window(), serving, "xunuo")
    page.locator(f'tr[data-key="{reading.consult_id}"]').focus()
    press = page.keyboard.press
    press("Enter")
    page.wait_for_url(re.compile("/read/"))
    mark(page, "lianzhen:series-loaded")
    field(page, "影像所见").wait_for()
    press("End")
    press("1")
    for name, text in (("影像所见", FINDINGS), ("诊断意见", IMPRESSION)):
        tab_to(page, field(page, name))
        page.keyboard.insert_text(text)
    tab_to(page, pane(page).get_by_role("radio", name="阳性"))
    press("Space")
    expect(pane(page).get_by_role("radio", name="阳性")).to_be_checked()
    tab_to(page, field(page, "建议"))
    page.keyboard.insert_text("胸外科就诊。")
    sign_by_keyboard(page, serving)
    for look in (lambda: None, page.reload):
        look()
        expect(pane(page).get_by_text(FINDINGS)).to_be_visible()
        expect(pane(page).get_by_text(IMPRESSION)).to_be_visible()
        expect(pane(page).get_by_role("textbox")).to_have_count(0)
        expect(pane(page).get_by_role("button", name=re.compile("^签发"))).to_have_count(0)


def sign_by_keyboard(page: Page, serving: Serving) -> None:
    """Leave the text, look once more, give a wrong password and then the right one."""
    press = page.keyboard.press
    press("Control+Enter")
    expect(pane(page).get_by_role("button", name=re.compile("^签发"))).to_be_focused()
    press("Control+Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("请输入您的登录密码")).to_be_focused()
    page.keyboard.insert_text("不是密码")
    press("Enter")
    expect(dialog.get_by_text("密码不对，报告未签发。请再输入（第 1 次）")).to_be_visible(timeout=SIGN_MS)
    dialog.get_by_label("请输入您的登录密码").focus()
    page.keyboard.insert_text(serving.password("xunuo"))
    press("Enter")
    expect(dialog).to_have_count(0, timeout=SIGN_MS)


def tab_to(page: Page, place: Locator) -> None:
    """Go there as a hand on the keyboard does: F6 from region to region, then Tab."""
    inside = "(place) => place.closest('[data-region]')?.contains(document.activeElement) ?? false"
    for _ in range(4):
        if place.evaluate(inside):
            break
        page.keyboard.press("F6")
    for _ in range(TABS_MAX):
        if place.evaluate("(place) => place === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not reach {place}")
