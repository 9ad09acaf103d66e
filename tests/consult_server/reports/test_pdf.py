import io
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from consult_server.consults.domain import CaseKind
from consult_server.reports.document import DocumentStatus, ReportDocument, Section, Signatory, content_sha256
from consult_server.reports.glyphs import coverage, drawable, lacks
from consult_server.reports.pdf import ReportFontsMissing, render_pdf, typeface, watermark_for
from tests.factories.documents import BEIJING, a_document

REPOSITORY = Path(__file__).parents[3]
FONTS = REPOSITORY / "static/node_modules/@expo-google-fonts/noto-sans-sc"
EXAMPLE = a_document(
    clinical_question="左肺下叶结节是否增大？",
    sections=(Section(key="findings", label="影像所见", text="左肺下叶见实性结节。\n余双肺清晰。"),),
    impression="1. 左肺下叶实性结节，较前增大。\n2. 双肺微小结节。",
    recommendation="建议胸外科就诊。",
    signer=Signatory(name="秦川", title="主治医师", at=datetime(2026, 11, 21, 11, 11, 48, tzinfo=BEIJING)),
    status=DocumentStatus.FINAL,
)

EVERYTHING = """
云岭县人民医院远程影像诊断报告 远程诊断·申请方石桥镇中心卫生院诊断方云岭县远程诊断中心
姓名仇大山 性别男 年龄71岁 出生日期1955-02-03 患者编号SQZX2600005
项目CT胸部平扫 检查号CT20261121-0417 检查时间2026-11-2110:31 报告时间2026-11-2111:05
临床问题左肺下叶结节是否增大？ 影像所见左肺下叶见实性结节。余双肺清晰。 诊断意见 阳性
1.左肺下叶实性结节，较前增大。2.双肺微小结节。 建议胸外科就诊。
报告医师许诺医师 审核医师秦川主治医师 2026-11-2111:05:03 2026-11-2111:11:48
报告编号YL20261121-0031·第1版·正式报告·时间均为UTC+08:00 第1页，共1页 各负其责 演示数据
"""


def render(document: ReportDocument = EXAMPLE, watermark: str | None = None) -> PdfReader:
    return PdfReader(io.BytesIO(render_pdf(document, fonts_folder=FONTS, watermark=watermark)))


def text_of(pdf: PdfReader, page: int | None = None) -> str:
    """The words without the blanks that setting a line may put between them."""
    pages = pdf.pages if page is None else [pdf.pages[page]]
    return re.sub(r"\s+", "", "".join(p.extract_text() for p in pages))


def dictionary(value: object) -> DictionaryObject:
    """A PDF dictionary, followed to where it lies."""
    found = value.get_object() if isinstance(value, IndirectObject) else value
    assert isinstance(found, DictionaryObject)
    return found


def fonts_of(pdf: PdfReader) -> dict[str, DictionaryObject]:
    """Every font of the file by its PostScript name."""
    found = {}
    for page in pdf.pages:
        for reference in dictionary(dictionary(page["/Resources"])["/Font"]).values():
            font = dictionary(reference)
            found[str(font["/BaseFont"])] = font
    return found


def test_the_page_says_everything_the_document_says() -> None:
    said = text_of(render())
    for words in EVERYTHING.split():
        assert words in said, words
    assert content_sha256(EXAMPLE) in said


def test_every_font_is_ours_embedded_and_cut_to_what_is_used() -> None:
    fonts = fonts_of(render())
    assert sorted(name.partition("+")[2] for name in fonts) == ["NotoSansSC-Bold", "NotoSansSC-Regular"]
    for name, font in fonts.items():
        assert re.fullmatch(r"/[A-Z]{6}\+NotoSansSC-\w+", name), "a subset has a tag"
        descendants = font["/DescendantFonts"]
        assert isinstance(descendants, ArrayObject)
        descriptor = dictionary(dictionary(descendants[0])["/FontDescriptor"])
        embedded = next(descriptor[key] for key in ("/FontFile2", "/FontFile3") if key in descriptor)
        assert isinstance(embedded, StreamObject)
        assert 1_000 < len(embedded.get_data()) < 500_000
        assert "/ToUnicode" in font


def test_it_is_a4_and_declares_pdf_a_2a() -> None:
    pdf = render()
    box = pdf.pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (595, 842)
    metadata = dictionary(pdf.trailer["/Root"])["/Metadata"]
    assert isinstance(metadata, StreamObject)
    declared = metadata.get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in declared
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in declared
    assert pdf.metadata is not None
    assert pdf.metadata.title == EXAMPLE.title
    assert "仇大山" not in declared, "properties of a file name nobody"


def test_equal_documents_give_equal_bytes_and_others_other_bytes() -> None:
    first = render_pdf(EXAMPLE, fonts_folder=FONTS, watermark=None)
    assert render_pdf(EXAMPLE, fonts_folder=FONTS, watermark=None) == first
    assert render_pdf(replace(EXAMPLE, version=2), fonts_folder=FONTS, watermark=None) != first
    assert render_pdf(EXAMPLE, fonts_folder=FONTS, watermark="初步报告") != first


def test_a_moment_finer_than_a_second_is_printed_too() -> None:
    """The system's clock counts microseconds; a PDF's own date has whole seconds."""
    fine = EXAMPLE.signer.at + timedelta(microseconds=987_654) if EXAMPLE.signer else None
    assert fine is not None
    signed = replace(EXAMPLE, signer=Signatory(name="秦川", title="主治医师", at=fine))
    assert "11:11:48" in text_of(render(signed))


@pytest.mark.parametrize(
    "status, words",
    [
        (DocumentStatus.DRAFT, "签发前预览"),
        (DocumentStatus.PRELIMINARY, "初步报告"),
        (DocumentStatus.FINAL, None),
        (DocumentStatus.AMENDED, None),
    ],
)
def test_what_is_not_signed_says_so_across_every_page(status: DocumentStatus, words: str | None) -> None:
    long = tuple(Section(key=str(n), label="所见", text="未见异常。" * 60) for n in range(12))
    document = replace(EXAMPLE, status=status, sections=long)
    assert watermark_for(document) == words
    pdf = render(document, words)
    assert len(pdf.pages) > 1
    for number in range(len(pdf.pages)):
        marked = any(mark in text_of(pdf, number).split("报告编号")[0] for mark in ("签发前预览", "初步报告"))
        assert marked == (words is not None)


def test_a_long_report_flows_on_and_every_page_says_whose_it_is() -> None:
    words = "双肺纹理清晰，未见实变。" * 40
    many = tuple(Section(key=str(number), label=f"第{number}段", text=words) for number in range(20))
    pdf = render(replace(EXAMPLE, sections=many))
    total = len(pdf.pages)
    assert total >= 4
    for number in range(total):
        said = text_of(pdf, number)
        assert "仇大山" in said
        assert "SQZX2600005" in said
        assert f"第{number + 1}页，共{total}页" in said
        assert content_sha256(replace(EXAMPLE, sections=many)) in said
    assert "审核医师秦川" in text_of(pdf, total - 1)


@pytest.mark.parametrize("name", ["尉迟广宁", "阿依古丽·买买提", "龚䶮", "谢㛃", "𬱖彧喆", "区美珍"])
def test_rare_names_are_drawn_and_can_be_copied(name: str) -> None:
    assert not lacks(name, typeface(FONTS).covered)
    said = text_of(render(replace(EXAMPLE, patient_name=name)))
    assert f"姓名{name}" in said


def test_a_character_the_typeface_lacks_has_its_code_and_the_latin_name_beside_it() -> None:
    said = text_of(render(replace(EXAMPLE, patient_name="王𠮷", patient_name_latin="Wang^Ji")))
    assert "姓名王〓(U+20BB7)WangJi" in said


def test_text_is_never_read_as_markup() -> None:
    hostile = '#emph[a] *b* $x^2$ <c> @d \\u{41} #sys.inputs "q" //e'
    said = text_of(render(replace(EXAMPLE, impression=hostile, patient_name="#panic()")))
    assert re.sub(r"\s+", "", hostile) in said
    assert "姓名#panic()" in said


def test_an_unsigned_report_says_that_nobody_signed() -> None:
    assert "审核医师未签发" in text_of(render(replace(EXAMPLE, signer=None, status=DocumentStatus.DRAFT)))


def test_who_reports_and_signs_alone_is_named_once() -> None:
    alone = replace(EXAMPLE.reporter, at=datetime(2026, 11, 21, 11, 11, 48, tzinfo=BEIJING))
    said = text_of(render(replace(EXAMPLE, signer=alone)))
    assert said.count("许诺") == 1
    assert "2026-11-2111:11:48" in said


def test_a_consult_and_a_diagnosis_say_who_is_liable() -> None:
    said = text_of(render(replace(EXAMPLE, case_kind=CaseKind.CONSULT)))
    assert "远程会诊·邀请方石桥镇中心卫生院受邀方云岭县远程诊断中心" in said
    assert "由邀请方决定并负责" in said
    assert "远程诊断·" not in said


def test_english_pages_have_english_words() -> None:
    said = text_of(render(replace(EXAMPLE, language="en", positive=False)))
    for words in ("Name", "Age71y", "Sexmale", "negative", "Page1of1", "AlltimesareUTC+08:00"):
        assert words in said
    assert "第1页" not in said


def test_moments_of_different_zones_each_name_theirs() -> None:
    elsewhere = datetime(2026, 11, 21, 8, 31, tzinfo=timezone(timedelta(hours=6)))
    said = text_of(render(replace(EXAMPLE, study_at=elsewhere)))
    assert "2026-11-2108:31UTC+06:00" in said
    assert "2026-11-2111:05UTC+08:00" in said
    assert "时间均为" not in said


def test_without_a_page_to_verify_at_the_footer_says_how() -> None:
    assert "扫描左侧二维码" in text_of(render())
    offline = text_of(render(replace(EXAMPLE, verify_url="")))
    assert "扫描左侧二维码" not in offline
    assert "二维码含内容摘要" in offline


@given(
    name=st.text(min_size=1, max_size=30), impression=st.text(max_size=200),
    label=st.text(max_size=20), identifier=st.text(max_size=40),
)  # fmt: skip
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_written_can_be_printed(name: str, impression: str, label: str, identifier: str) -> None:
    written = (name, impression, label, identifier)
    if any(0xD800 <= ord(c) <= 0xDFFF for words in written for c in words):
        return
    section = Section(key="s", label=label, text=impression)
    document = replace(
        EXAMPLE, patient_name=name, impression=impression, sections=(section,), patient_id=identifier
    )
    assert len(render(document).pages) >= 1


def test_a_folder_without_the_typeface_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ReportFontsMissing):
        render_pdf(EXAMPLE, fonts_folder=tmp_path, watermark=None)


@pytest.mark.parametrize(
    "damage", [lambda b: b[:100], lambda _b: b"", lambda b: b.replace(b"cmap", b"nope", 1)]
)
def test_a_damaged_typeface_is_said_so(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    shutil.copy(FONTS / "700Bold/NotoSansSC_700Bold.ttf", tmp_path)
    whole = (FONTS / "400Regular/NotoSansSC_400Regular.ttf").read_bytes()
    (tmp_path / "NotoSansSC_400Regular.ttf").write_bytes(damage(whole))
    with pytest.raises(ReportFontsMissing):
        render_pdf(EXAMPLE, fonts_folder=tmp_path, watermark=None)


def test_the_typeface_covers_what_clinicians_write() -> None:
    covered = coverage(FONTS / "400Regular/NotoSansSC_400Regular.ttf")
    clinical = "①②③ⅠⅡⅢⅣ℃≥≤±×÷→↑↓μ°²³αβγΔ·—…％‰㎡ñé，。；：？！（）《》“”‘’"
    assert [c for c in clinical if ord(c) not in covered] == []
    assert sum(1 for c in range(0x4E00, 0x9FA6) if c in covered) == 0x9FA6 - 0x4E00


@pytest.mark.parametrize(
    "written, drawn",
    [
        ("单建", "单建"),
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("a\tb\x07c", "a b c"),
        ("a\u200bb\u202ec", "abc"),
        ("单国〇", "单〓(guó)〇"),
        ("e\u0301", "é"),
    ],
)
def test_missing_characters_get_their_reading(written: str, drawn: str) -> None:
    covered = frozenset(map(ord, "单建abcdé〇"))
    assert drawable(written, covered) == drawn


def test_a_missing_character_without_a_reading_gets_its_code() -> None:
    assert drawable("😀", frozenset()) == "〓(U+1F600)"
    assert lacks("王😀", frozenset(map(ord, "王")))
    assert not lacks("王\u200b", frozenset(map(ord, "王")))


def test_no_font_of_the_machine_is_looked_at() -> None:
    assert typeface(FONTS).fonts.families() == ["Noto Sans SC"]
    assert sorted(font.weight for font in typeface(FONTS).fonts.fonts()) == [400, 700]
