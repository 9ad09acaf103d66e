"""The store from the screen: what is free and whole, and a quota that is set, met by a sender and lifted."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.raw_scu import CT, status, storing
from tests.fixtures.browser import Visit
from tests.fixtures.screens import arrive
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(400)
OUT_OF_RESOURCES = 0xA700


def sent(serving: Serving) -> int:
    """The status of a new CT from the township."""
    dataset = a_ct()
    uid, data = str(dataset.SOPInstanceUID), dataset_bytes(dataset)
    return status(storing(serving.dicom_port, CT, uid, data, calling="SQZX_PACS"))


def test_a_quota_is_set_met_and_lifted(serving: Serving, window: Callable[..., Visit]) -> None:
    assert sent(serving) == 0
    page = arrive(window(), serving, "hanbing", "/admin/storage")
    row = page.get_by_role("row", name=re.compile("石桥镇"))
    expect(row).to_contain_text("不限")
    row.get_by_role("button", name="设置配额").click()
    form = page.get_by_role("dialog")
    form.get_by_label("配额（GB）").fill("很多")
    form.get_by_role("button", name="保存").click()
    expect(form).to_contain_text("请填数字")
    form.get_by_label("配额（GB）").fill("0.001")
    form.get_by_role("button", name="保存").click()
    expect(form).to_have_count(0)
    expect(row.get_by_role("meter")).to_have_count(1)
    expect(row).to_contain_text(re.compile("快用完了|已用完|还剩"))
    wait_until(lambda: sent(serving) == OUT_OF_RESOURCES, 60)
    page.reload()
    expect(row).to_contain_text(re.compile("快用完了|已用完"))
    row.get_by_role("button", name="设置配额").click()
    form.get_by_label("配额（GB）").fill("")
    form.get_by_role("button", name="保存").click()
    expect(row).to_contain_text("不限")
    wait_until(lambda: sent(serving) == 0)
    page.get_by_role("tab", name=re.compile("损坏与缺失")).click()
    expect(page.get_by_text("没有损坏或缺失的影像")).to_be_visible()
