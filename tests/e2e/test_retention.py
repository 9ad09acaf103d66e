"""Studies past their keep time on the screen: a rule, what it finds, an approval, the register."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.dicom_node.objects import a_ct
from tests.e2e.sending import send_from_the_township
from tests.fixtures.browser import DESK, PHONE, Visit
from tests.fixtures.screens import arrive, axe_faults, room_faults
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(400)
SETTLE_SECONDS = 60
SIZES = {"pc": DESK, "phone": PHONE}


def an_old_study(serving: Serving, accession: str) -> str:
    """A study of the township that came, as its row says, seventeen years ago; answers its UID."""
    image = a_ct(AccessionNumber=accession, StudyDate="20080101")
    send_from_the_township(serving, image)
    with closing(serving.client("zhouli")) as client:

        def settled() -> bool:
            rows = client.get("/api/arrivals", params={"q": accession}).json()
            return bool(rows) and rows[0]["settled"]

        wait_until(settled, SETTLE_SECONDS)
    with closing(sqlite3.connect(serving.home / "lianzhen.db", timeout=30)) as database, database:
        changed = database.execute(
            "UPDATE dicom_study SET last_received_at = datetime(last_received_at, '-17 years')"
            " WHERE study_instance_uid = ?",
            (image.StudyInstanceUID,),
        )
        assert changed.rowcount == 1
    return str(image.StudyInstanceUID)


def add_rule(page: Page) -> None:
    """Fifteen years for the township's CT."""
    page.get_by_role("button", name="添加规则").click()
    form = page.get_by_role("dialog")
    form.get_by_role("button", name="添加规则").click()
    expect(form.get_by_role("alert").first).to_be_visible()
    assert [*axe_faults(page), *room_faults(page)] == []
    form.get_by_label("机构").select_option(label="石桥镇中心卫生院")
    form.get_by_label("保存年数").fill("15")
    form.get_by_role("button", name="添加规则").click()
    expect(form).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
def test_an_administrator_approves_with_a_reason_and_sees_the_register(
    serving: Serving, window: Callable[..., Visit], size: str
) -> None:
    accession = f"OLD{size.upper()}"
    an_old_study(serving, accession)
    page = arrive(window(SIZES[size]), serving, "hanbing", "/admin/storage")
    page.get_by_role("tab", name=re.compile("保存|销毁")).click()
    page.get_by_role("button", name="添加规则").wait_for()
    if page.get_by_text(re.compile("15 年")).count() == 0:
        add_rule(page)
    page.get_by_role("button", name="查看到期的检查").click()
    expect(page.get_by_role("row", name=re.compile(accession))).to_be_visible()
    assert [*axe_faults(page), *room_faults(page)] == []
    page.get_by_role("button", name="批准销毁").click()
    form = page.get_by_role("dialog")
    form.get_by_role("button", name="批准销毁").click()
    expect(form).to_contain_text("请先核对清单并勾选")
    expect(form).to_contain_text("原因至少 2 个字")
    assert [*axe_faults(page), *room_faults(page)] == []
    form.get_by_role("button", name="保存期满").click()
    form.get_by_role("checkbox").click()
    form.get_by_role("button", name="批准销毁").click()
    expect(form).to_have_count(0)
    with closing(serving.client("zhouli")) as client:
        wait_until(lambda: client.get("/api/arrivals", params={"q": accession}).json() == [], SETTLE_SECONDS)
    page.reload()
    page.get_by_role("tab", name=re.compile("保存|销毁")).click()
    expect(page.get_by_text(re.compile("已销毁 1 份")).first).to_be_visible()
    expect(page.get_by_text("保存期满，经病案管理委员会同意").first).to_be_visible()
