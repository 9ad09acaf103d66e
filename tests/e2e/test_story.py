"""The whole story in real browsers: a study becomes a signed report in another hospital's hands."""

import io
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from consult_server.demo import cast
from consult_server.demo.ct import chest_ct
from consult_server.demo.ecg import ecg_dataset
from consult_server.demo.send import send
from tests.e2e.reading import ACQUIRED_AT
from tests.fixtures.browser import Visit, mark, sign_in
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(400)
SIGN_MS = 20_000
FINDINGS = "双肺散在微小结节，左肺下叶见实性结节。"
IMPRESSION = "左肺下叶结节，建议三个月后复查。"


def send_study(serving: Serving, patient: cast.CastPatient, accession: str) -> None:
    """A township study, sent over the network."""
    slices = chest_ct(patient, accession=accession, acquired_at=ACQUIRED_AT, slices=24, seed=len(accession))
    result = send(
        slices, host="127.0.0.1", port=serving.dicom_port, calling_ae="SQZX_PACS", called_ae="LIANZHEN"
    )
    assert result.complete


def write_request(page: Page, patient_name: str, initials: str, question: str) -> None:
    """What the township doctor does."""
    page.get_by_role("link", name="新申请").first.click()
    page.get_by_text("远程诊断", exact=True).first.click()
    page.get_by_label("查患者").fill(initials)
    page.get_by_text(patient_name, exact=True).first.click()
    page.get_by_label("请诊断医生回答").fill(question)
    page.get_by_text("加急", exact=True).click()
    page.get_by_label("主诉").fill("咳嗽、胸闷两周")
    page.get_by_label("病历摘要").fill("既往体健，无手术史。")
    page.get_by_role("button", name="选用").first.click()
    page.get_by_text("已签纸质同意书", exact=True).first.click()
    expect(page.get_by_text("都齐了")).to_be_visible()
    page.get_by_role("button", name="提交申请").click()
    page.wait_for_url(re.compile(r"/cases/"))


def accept_and_assign(page: Page, accession: str, reader: str) -> None:
    """What the coordinator does."""
    page.get_by_placeholder("姓名、检查号、申请单号").fill(accession)
    cards = page.locator("article")
    expect(cards).to_have_count(1)
    cards.click()
    cards.get_by_role("button", name="接收", exact=True).click()
    cards.get_by_role("button", name=re.compile("^指派")).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox").fill(reader)
    dialog.get_by_role("option").first.click()
    expect(page.locator("section", has_text="已指派").get_by_text(reader)).to_be_visible()


def take_new_tasks(page: Page, row: Locator) -> None:
    """Press N when the list says that there is more, until the row is there; select it."""
    pill = page.get_by_text(re.compile("条新任务"))

    def listed() -> bool:
        if pill.is_visible():
            page.keyboard.press("n")
        return row.is_visible()

    wait_until(listed, 20)
    row.click()


def write_and_sign(page: Page, password: str) -> None:
    """What the specialist does beside the images."""
    pane = page.get_by_label("报告与申请")
    pane.get_by_label("影像所见").fill(FINDINGS)
    pane.get_by_label("诊断意见").fill(IMPRESSION)
    pane.get_by_text("阳性", exact=True).click()
    expect(pane.get_by_text(re.compile("已保存"))).to_be_visible()
    pane.get_by_role("button", name=re.compile("^签发")).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("请输入您的登录密码").fill(password)
    dialog.get_by_role("button", name=re.compile("^签发")).click()
    expect(page.get_by_text("已签发").first).to_be_visible(timeout=SIGN_MS)


def test_from_a_county_pacs_to_a_signed_report(serving: Serving, window: Callable[..., Visit]) -> None:
    patient = cast.patient("P12")
    send_study(serving, patient, "E2ECT1")
    specialist = sign_in(window(), serving, "xunuo")
    expect(specialist.get_by_role("heading", name="工作单")).to_be_visible()

    applicant = sign_in(window(), serving, "zhouli")
    write_request(applicant, patient.name, "mcs", "双肺有无占位？是否需要进一步检查？")
    case = applicant.url.rpartition("/")[2]
    coordinator = sign_in(window(), serving, "liangchen")
    accept_and_assign(coordinator, "E2ECT1", "许诺")

    # The specialist's list has it without being loaded again.
    take_new_tasks(specialist, specialist.locator(f"[data-key='{case}']"))
    began = time.monotonic()
    specialist.keyboard.press("Enter")
    specialist.wait_for_url(re.compile(r"/read/"))
    painted_ms = mark(specialist, "lianzhen:first-image")
    sys.stdout.write(
        f"\nkey to first image {time.monotonic() - began:.2f} s, navigation to paint {painted_ms:.0f} ms\n"
    )
    mark(specialist, "lianzhen:series-loaded")
    read_with_tools(specialist)
    write_and_sign(specialist, serving.password("xunuo"))

    expect(applicant.get_by_text("签发").first).to_be_visible()
    applicant.get_by_role("tab", name="报告", exact=True).click()
    expect(applicant.get_by_text(IMPRESSION).first).to_be_visible()
    with applicant.expect_download() as download:
        applicant.get_by_role("link", name="下载 PDF").or_(
            applicant.get_by_role("button", name="下载 PDF")
        ).click()
    pdf = PdfReader(io.BytesIO(download.value.path().read_bytes()))
    text = "".join("".join(page.extract_text() for page in pdf.pages).split())
    assert patient.name in text
    assert IMPRESSION in text
    assert all("+" in str(font) for page in pdf.pages for font in fonts_of(page)), (
        "fonts are embedded subsets"
    )


def fonts_of(page: object) -> list[str]:
    """The base fonts a page uses."""
    fonts = page["/Resources"]["/Font"]  # type: ignore[index]
    return [str(font.get_object()["/BaseFont"]) for font in fonts.values()]


def read_with_tools(page: Page) -> None:
    """Scroll, window, zoom, pan and measure; the picture follows each time."""
    view = page.get_by_role("img").first
    box = view.bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    label = view.get_attribute("aria-label")
    page.mouse.move(*middle)
    page.mouse.wheel(0, 300)
    expect(view).not_to_have_attribute("aria-label", label or "")
    label = view.get_attribute("aria-label")
    page.mouse.down()
    page.mouse.move(middle[0] + 60, middle[1] + 40, steps=6)
    page.mouse.up()
    expect(view).not_to_have_attribute("aria-label", label or "")
    page.keyboard.press("2")
    page.keyboard.press("l")
    page.mouse.move(middle[0] - 80, middle[1])
    page.mouse.down()
    page.mouse.move(middle[0] + 80, middle[1] + 30, steps=6)
    page.mouse.up()
    expect(page.get_by_text(re.compile(r"\d mm$")).first).to_be_visible()


def test_an_ecg_is_read_and_signed_like_an_image(serving: Serving, window: Callable[..., Visit]) -> None:
    patient = cast.patient("P02")
    recording = ecg_dataset(patient=patient, accession="E2EECG1", started_at=datetime.now(UTC), heart_rate=76)
    sent = send(
        [recording], host="127.0.0.1", port=serving.dicom_port, calling_ae="SQZX_ECG", called_ae="LIANZHEN"
    )
    assert sent.complete
    applicant = sign_in(window(), serving, "zhouli")
    write_request(applicant, patient.name, "omz", "心律是否正常？是否需要进一步检查？")
    coordinator = sign_in(window(), serving, "liangchen")
    accept_and_assign(coordinator, "E2EECG1", "高岩")
    specialist = sign_in(window(), serving, "gaoyan")
    specialist.get_by_role("row", name=re.compile("区")).first.click()
    specialist.keyboard.press("Enter")
    mark(specialist, "lianzhen:ecg-painted")
    pane = specialist.get_by_label("报告与申请")
    pane.get_by_label("图形描述").fill("窦性心律，各波形态正常。")
    pane.get_by_label("心电图诊断").fill("正常心电图。")
    pane.get_by_text("阴性", exact=True).click()
    expect(pane.get_by_text(re.compile("已保存"))).to_be_visible()
    pane.get_by_role("button", name=re.compile("^签发")).click()
    dialog = specialist.get_by_role("dialog")
    dialog.get_by_label("请输入您的登录密码").fill(serving.password("gaoyan"))
    dialog.get_by_role("button", name=re.compile("^签发")).click()
    expect(specialist.get_by_text("已签发").first).to_be_visible(timeout=SIGN_MS)
