"""One's own account: a password changed in the menu, by keyboard alone if one likes."""

import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.fixtures.browser import DESK, PHONE, Visit
from tests.fixtures.screens import arrive, axe_faults, room_faults
from tests.fixtures.serving import Serving

pytestmark = pytest.mark.timeout(300)
USER, NEW = "hejing", "十个字以上的新密码呀"


def opens(serving: Serving, password: str) -> bool:
    """True when this password signs the technician in."""
    words = {"user": USER, "password": password}
    return httpx.post(f"{serving.url}/api/sessions", json=words, timeout=30).status_code == 204


@pytest.fixture
def old(serving: Serving) -> Iterator[str]:
    """The demonstration's password, in force again afterwards."""
    password = serving.password(USER)
    yield password
    with httpx.Client(base_url=serving.url, headers={"Origin": serving.url}, timeout=30) as client:
        if client.post("/api/sessions", json={"user": USER, "password": NEW}).status_code == 204:
            client.put("/api/me/password", json={"current": NEW, "new": password}).raise_for_status()


def dialog(page: Page) -> Locator:
    """The dialog, opened from the account menu with the keyboard."""
    page.get_by_role("button", name=re.compile("^我的账号")).focus()
    page.keyboard.press("Enter")
    item = page.get_by_role("button", name="修改密码")
    item.focus()
    page.keyboard.press("Enter")
    found = page.get_by_role("dialog", name="修改密码")
    expect(found).to_be_visible()
    return found


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["pc", "phone"])
def test_the_dialog_is_whole_and_says_what_is_missing(
    serving: Serving, window: Callable[..., Visit], size: dict[str, int]
) -> None:
    page = arrive(window(size), serving, USER, "/requests")
    shown = dialog(page)
    expect(shown.get_by_label("当前密码")).to_be_focused()
    page.keyboard.press("Enter")
    expect(shown.get_by_text("请填写密码")).to_be_visible()
    expect(shown.get_by_text("请填写这一项")).to_be_visible()
    shown.get_by_label("新密码", exact=True).fill("short")
    expect(shown.get_by_text("密码至少 10 位")).to_be_visible()
    assert room_faults(page) + axe_faults(page) == []
    page.keyboard.press("Escape")
    expect(shown).to_be_hidden()


def test_a_password_is_changed_by_keyboard_alone(
    serving: Serving, window: Callable[..., Visit], old: str
) -> None:
    page = arrive(window(), serving, USER, "/requests")
    shown = dialog(page)
    page.keyboard.type("not the password")
    page.keyboard.press("Tab")
    page.keyboard.type(NEW)
    page.keyboard.press("Tab")
    page.keyboard.type(NEW)
    page.keyboard.press("Enter")
    expect(shown.get_by_text("当前密码不对，请再核对")).to_be_visible()
    assert opens(serving, old)
    shown.get_by_label("当前密码").fill(old)
    page.keyboard.press("Enter")
    expect(shown).to_be_hidden()
    expect(page.get_by_text("密码已修改")).to_be_visible()
    assert (opens(serving, old), opens(serving, NEW)) == (False, True)
    page.reload()
    expect(page.get_by_role("button", name=re.compile("^我的账号"))).to_be_visible()


def test_the_form_is_empty_each_time_and_nothing_of_it_stays(
    serving: Serving, window: Callable[..., Visit]
) -> None:
    page = arrive(window(), serving, USER, "/requests")
    shown = dialog(page)
    shown.get_by_label("当前密码").fill("a secret of mine")
    page.keyboard.press("Escape")
    again = dialog(page)
    expect(again.get_by_label("当前密码")).to_have_value("")
    assert "a secret of mine" not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
