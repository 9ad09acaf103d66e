"""Operating the DICOM node from the screen: peers are called and changed, what was set aside is decided."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.raw_scu import CT, status, storing
from tests.fixtures.browser import Visit
from tests.fixtures.screens import arrive, settle
from tests.fixtures.servers import free_port
from tests.fixtures.serving import Serving

pytestmark = pytest.mark.timeout(400)
CANNOT_UNDERSTAND, DUPLICATE = 0xC000, 0x0111
ECHO_MS = 8_000


def send(serving: Serving, data: bytes, uid: str) -> int:
    """One CT from the township; the status."""
    return status(storing(serving.dicom_port, CT, uid, data, calling="SQZX_PACS"))


def fill_peer(page: Page, **fields: str) -> None:
    """Fill in the open form."""
    for label, text in fields.items():
        page.get_by_role("dialog").get_by_label(label).fill(text)


def test_a_peer_is_called_mended_and_shut_out(serving: Serving, window: Callable[..., Visit]) -> None:
    """The peer is our own node, which knows itself once it is registered."""
    page, closed = arrive(window(), serving, "hanbing", "/admin/peers"), str(free_port())
    page.get_by_role("button", name="添加发送方").click()
    page.get_by_role("dialog").get_by_label("机构").select_option(index=1)
    fill_peer(page, **{"AE 名称": "LIANZHEN", "主机地址（选填）": "127.0.0.1", "端口（选填）": closed})
    page.get_by_role("button", name="登记", exact=True).click()
    row = page.get_by_role("row", name=re.compile("LIANZHEN"))
    expect(row).to_contain_text("还没有测试")
    row.get_by_role("button", name="回声测试").click()
    expect(row).to_contain_text(f"主机在，端口 {closed} 没有开", timeout=ECHO_MS)
    row.get_by_role("button", name="怎么办").click()
    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_count(3)
    page.keyboard.press("Escape")
    row.get_by_role("button", name="修改").click()
    fill_peer(page, **{"端口（选填）": str(serving.dicom_port)})
    page.get_by_role("button", name="保存").click()
    expect(row).to_contain_text("还没有测试")
    row.get_by_role("button", name="回声测试").click()
    expect(row).to_contain_text(re.compile(r"回声 \d+ ms"), timeout=ECHO_MS)
    row.get_by_role("button", name="停用").click()
    expect(row).to_contain_text("已停用")
    row.get_by_role("button", name="启用").click()
    expect(row).not_to_contain_text("已停用")
    page.reload()
    settle(page)
    expect(row).to_contain_text("127.0.0.1")
    row.get_by_role("button", name="修改").click()
    page.get_by_role("button", name="移除").click()
    page.get_by_role("dialog").get_by_role("button", name="移除").click()
    expect(row).to_have_count(0)


def test_a_peer_without_an_address_says_why_it_is_not_called(
    serving: Serving, window: Callable[..., Visit]
) -> None:
    page = arrive(window(), serving, "hanbing", "/admin/peers")
    row = page.get_by_role("row", name=re.compile("SQZX_PACS"))
    button = row.get_by_role("button", name=re.compile("回声测试"))
    expect(button).to_have_attribute("title", "先填写主机地址和端口，才能测试")
    button.click(force=True)  # it is reachable, and says why it does nothing
    expect(row).to_contain_text("还没有测试")


def test_what_was_set_aside_is_seen_and_tried_again(serving: Serving, window: Callable[..., Visit]) -> None:
    dataset = a_ct()
    good, uid = dataset_bytes(dataset), dataset.SOPInstanceUID
    assert send(serving, good, uid) == 0
    dataset.PatientID = "P2"
    assert send(serving, dataset_bytes(dataset), uid) == DUPLICATE
    page = arrive(window(), serving, "hanbing", "/admin/quarantine")
    conflict = page.get_by_role("row", name=re.compile(re.escape(uid)))
    expect(conflict).to_contain_text("内容冲突")
    expect(conflict).to_contain_text(re.compile(r"已保留的 [0-9a-f]{12} · 后到的 [0-9a-f]{12}"))
    conflict.get_by_role("button", name="再试一次").click()
    expect(page.get_by_text("还是不能入库：同一编号的影像已收到")).to_be_visible()
    with page.expect_download() as taken:
        conflict.get_by_role("link", name="下载原文件").click()
    assert taken.value.suggested_filename == f"{uid}.dcm"


def test_an_object_is_discarded_with_a_reason(serving: Serving, window: Callable[..., Visit]) -> None:
    cut = a_ct()
    assert send(serving, dataset_bytes(cut)[:-5], cut.SOPInstanceUID) == CANNOT_UNDERSTAND
    page = arrive(window(), serving, "hejing", "/requests")
    entry = page.get_by_role("navigation").get_by_role("link", name=re.compile("异常影像"))
    expect(entry).to_contain_text(re.compile(r"\d"))
    before = int(re.sub(r"\D", "", entry.inner_text()))
    entry.click()
    row = page.get_by_role("row", name=re.compile(re.escape(cut.SOPInstanceUID)))
    expect(row).to_contain_text("影像文件不完整")
    expect(row.get_by_role("link", name="下载原文件")).to_have_count(0)
    row.get_by_role("button", name="丢弃").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="丢弃").click()
    expect(dialog).to_contain_text("请写明原因")
    dialog.get_by_role("button", name="已请对方修正后重发").click()
    dialog.get_by_role("button", name="丢弃").click()
    expect(row).to_have_count(0)
    left = str(before - 1) if before > 1 else ""
    expect(entry).to_have_text(re.compile(rf"^\s*异常影像\s*{left}\s*$"))
    page.get_by_role("tab", name="已处理").click()
    expect(row).to_contain_text("已请对方修正后重发")
