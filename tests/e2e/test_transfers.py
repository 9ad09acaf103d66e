"""Studies on their way to another system, from the screens: a rule, what it sends, an order by hand."""

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.raw_scu import CT, status, storing
from tests.fixtures.browser import Visit
from tests.fixtures.screens import arrive
from tests.fixtures.servers import free_port, port_answers
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(400)
SLOW_MS = 15_000


@contextmanager
def other_system(dcmtk: Path, folder: Path) -> Iterator[int]:
    """DCMTK's storescp; its port."""
    port = free_port()
    words: list[str | Path] = ["-od", folder, "-aet", "CITY_WS", str(port)]
    with subprocess.Popen([dcmtk / "storescp", *words], stdout=subprocess.DEVNULL) as running:
        try:
            wait_until(lambda: port_answers(port))
            yield port
        finally:
            running.terminate()


def arrives(serving: Serving, name: str) -> str:
    """One CT of this patient from the township's own system; its SOP Instance UID."""
    dataset = a_ct(PatientName=name, PatientID=name, Modality="CT")
    data, uid = dataset_bytes(dataset), str(dataset.SOPInstanceUID)
    assert status(storing(serving.dicom_port, CT, uid, data, calling="SQZX_PACS")) == 0
    return uid


def register(page: Page, port: int) -> None:
    """The other system as a peer of the centre."""
    page.get_by_role("button", name="添加发送方").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("机构").select_option(index=1)
    for label, text in {
        "AE 名称": "CITY_WS",
        "主机地址（选填）": "127.0.0.1",
        "端口（选填）": str(port),
    }.items():
        dialog.get_by_label(label).fill(text)
    dialog.get_by_label(re.compile("加密连接")).check()
    dialog.get_by_role("button", name="登记", exact=True).click()
    row = page.get_by_role("row", name=re.compile("CITY_WS"))
    expect(row).to_contain_text("加密")
    row.get_by_role("button", name="回声测试").click()
    expect(row).to_contain_text("本机没有可用的 TLS 证书文件", timeout=SLOW_MS)
    row.get_by_role("button", name="修改").click()
    page.get_by_role("dialog").get_by_label(re.compile("加密连接")).uncheck()
    page.get_by_role("button", name="保存").click()
    row.get_by_role("button", name="回声测试").click()
    expect(row).to_contain_text(re.compile(r"回声 \d+ ms"), timeout=SLOW_MS)


def make_rule(page: Page) -> None:
    """Send every CT of the township there; an incomplete form says what is missing."""
    page.get_by_role("navigation").get_by_role("link", name="传输队列").click()
    page.get_by_role("tab", name="转发规则").click()
    expect(page.get_by_text("还没有转发规则")).to_be_visible()
    page.get_by_role("button", name="添加规则").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="添加", exact=True).click()
    expect(dialog.get_by_role("alert")).to_have_count(2)
    dialog.get_by_label("机构").select_option(label="石桥镇中心卫生院")
    dialog.get_by_label("发往").select_option(value="CITY_WS")
    dialog.get_by_label("检查类型").select_option(value="CT")
    dialog.get_by_role("button", name="添加", exact=True).click()
    expect(page.get_by_role("row", name=re.compile("CITY_WS"))).to_contain_text("CT · 任意发送方")


def remove_rule(page: Page) -> None:
    """Nothing more is sent on."""
    page.get_by_role("tab", name="转发规则").click()
    page.get_by_role("row", name=re.compile("CITY_WS")).get_by_role("button", name="移除").click()
    expect(page.get_by_text("还没有转发规则")).to_be_visible()


def order(desk: Page, patient: str) -> None:
    """A technician sends a study by hand; lists show only the first letters of names."""
    desk.get_by_role("row", name=re.compile(patient)).get_by_role("button", name="发送到").click()
    desk.get_by_role("dialog").get_by_label("发往").select_option(value="CITY_WS")
    desk.get_by_role("dialog").get_by_role("button", name="发送", exact=True).click()
    expect(desk.get_by_text("已排队发往 CITY_WS")).to_be_visible()
    desk.get_by_role("navigation").get_by_role("link", name="传输队列").click()
    desk.get_by_role("tab", name="已结束").click()
    expect(desk.get_by_role("row", name=re.compile("人工"))).to_contain_text("已送达", timeout=SLOW_MS)
    expect(desk.get_by_role("tab", name="转发规则")).to_have_count(0)


def test_studies_go_to_another_system_by_rule_and_by_hand(
    serving: Serving, window: Callable[..., Visit], dcmtk: Path, tmp_path: Path
) -> None:
    with other_system(dcmtk, tmp_path) as port:
        page = arrive(window(), serving, "hanbing", "/admin/peers")
        register(page, port)
        make_rule(page)
        uids = [arrives(serving, "By^Rule")]
        page.get_by_role("tab", name="已结束").click()
        sent = page.get_by_role("row", name=re.compile("CITY_WS"))
        expect(sent).to_contain_text("已送达", timeout=SLOW_MS)
        expect(sent).to_contain_text("1 / 1")
        expect(sent).to_contain_text("规则")
        remove_rule(page)
        uids.append(arrives(serving, "By^Hand"))
        order(arrive(window(), serving, "hejing", "/images"), r"B\* H\*")
        kept = b"".join(path.read_bytes() for path in tmp_path.glob("CT*"))
    assert [uid for uid in uids if uid.encode() not in kept] == []
    client = serving.client("hanbing")
    client.delete("/api/peers/CITY_WS").raise_for_status()
    client.close()
