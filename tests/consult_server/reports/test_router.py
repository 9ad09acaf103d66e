"""Writing, signing and handing out a report by the API."""

import io

from pypdf import PdfReader
from sqlalchemy import select

from consult_server.audit.tables import AuditEntry
from consult_server.reports.document import content_sha256, read_document
from consult_server.reports.tables import ReportVersion
from consult_server.tables import outbox
from tests.factories.cases import (
    REPORT,
    a_signed_case,
    a_written_report,
    an_assigned_case,
    desks,
    ok,
    seen,
    step,
)
from tests.fixtures.product import PASSWORD, Product


def packed(text: str) -> str:
    """`text` without the spaces that typesetting puts between scripts."""
    return "".join(text.split())


def page_text(pdf: bytes) -> str:
    return packed("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


async def test_what_was_signed_is_what_the_township_reads(product: Product) -> None:
    desk = await desks(product)
    case = await a_signed_case(product, desk)
    report = ok(await desk.applicant.get(f"/api/consults/{case['consult_id']}/report"))
    assert report["status"] == "final"
    signed = report["signed"]
    assert (signed["impression"], signed["recommendation"]) == (
        REPORT["impression"],
        REPORT["recommendation"],
    )
    assert {s["key"]: s["text"] for s in signed["sections"]}["findings"] == REPORT["findings"]
    assert signed["signer_name"] == "specialist某"
    assert signed["verified"] is True


async def test_the_page_carries_the_words_with_its_own_typeface(product: Product) -> None:
    desk = await desks(product)
    case = await a_signed_case(product, desk)
    answer = await desk.applicant.get(f"/api/consults/{case['consult_id']}/report.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == f'attachment; filename="report-{case["number"]}.pdf"'
    text = page_text(answer.content)
    for words in ("仇大山", REPORT["impression"], REPORT["findings"], "石桥镇中心卫生院", "云岭县人民医院"):
        assert packed(words) in text, words
    again = await desk.applicant.get(f"/api/consults/{case['consult_id']}/report.pdf")
    assert again.content == answer.content


async def test_a_draft_is_seen_by_its_reader_alone(product: Product) -> None:
    desk = await desks(product)
    case, report = await a_written_report(product, desk)
    path = f"/api/consults/{case['consult_id']}/report"
    assert ok(await desk.specialist.get(path))["sections"] == REPORT
    for other in (desk.applicant, desk.coordinator, await product.signed_in("auditor")):
        assert (await other.get(path)).status_code == 404
        assert (await other.get(f"{path}.pdf")).status_code == 404
        assert (
            await other.put(
                path, json={"template_id": "general", "sections": {}, "positive": None}, headers=seen(report)
            )
        ).status_code in {403, 404}


async def test_a_signed_report_never_changes(product: Product) -> None:
    desk = await desks(product)
    case = await a_signed_case(product, desk)
    path = f"/api/consults/{case['consult_id']}/report"
    report = ok(await desk.specialist.get(path))
    change = {"template_id": report["template_id"], "sections": {"findings": "改"}, "positive": False}
    for answer in (
        await desk.specialist.put(path, json=change, headers=seen(report)),
        await desk.specialist.post(f"{path}/sign", json={"password": PASSWORD}, headers=seen(report)),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "reports.sealed")
    assert ok(await desk.specialist.get(path)) == report


async def test_a_bit_changed_behind_our_back_is_noticed(product: Product) -> None:
    desk = await desks(product)
    case = await a_signed_case(product, desk)
    async with product.platform.database.write() as tx:
        kept = (await tx.scalars(select(ReportVersion))).one()
        kept.canonical = kept.canonical.replace("较前增大", "较前缩小")
    report = ok(await desk.applicant.get(f"/api/consults/{case['consult_id']}/report"))
    assert report["signed"]["verified"] is False


async def test_signing_asks_for_the_password_again(product: Product) -> None:
    desk = await desks(product)
    case, report = await a_written_report(product, desk)
    path = f"/api/consults/{case['consult_id']}/report/sign"
    answer = await desk.specialist.post(path, json={"password": "not mine at all"}, headers=seen(report))
    assert (answer.status_code, answer.json()["code"]) == (401, "identity.wrong_password")
    assert ok(await desk.specialist.get(f"/api/consults/{case['consult_id']}"))["status"] == "reporting"


async def test_an_empty_part_stops_the_signature_and_is_named(product: Product) -> None:
    desk = await desks(product)
    case, report = await a_written_report(product, desk)
    path = f"/api/consults/{case['consult_id']}/report"
    emptied = {
        "template_id": report["template_id"],
        "sections": REPORT | {"impression": " "},
        "positive": True,
    }
    report = ok(await desk.specialist.put(path, json=emptied, headers=seen(report)))
    answer = await desk.specialist.post(f"{path}/sign", json={"password": PASSWORD}, headers=seen(report))
    assert (answer.status_code, answer.json()["code"]) == (422, "reports.incomplete")
    assert "impression" in answer.json()["params"]["missing"]


async def test_the_second_writer_learns_that_the_first_was_faster(product: Product) -> None:
    desk = await desks(product)
    case, report = await a_written_report(product, desk)
    path = f"/api/consults/{case['consult_id']}/report"
    text = {"template_id": report["template_id"], "sections": REPORT, "positive": True}
    ok(await desk.specialist.put(path, json=text, headers=seen(report)))
    for late in (
        await desk.specialist.put(path, json=text, headers=seen(report)),
        await desk.specialist.post(f"{path}/sign", json={"password": PASSWORD}, headers=seen(report)),
    ):
        assert late.status_code == 412


async def test_nothing_is_written_before_the_reading_begins(product: Product) -> None:
    desk = await desks(product)
    case = await an_assigned_case(product, desk)
    path = f"/api/consults/{case['consult_id']}/report"
    blank = ok(await desk.specialist.get(path))
    assert (blank["version"], blank["sections"]) == (0, {})
    text = {"template_id": blank["template_id"], "sections": REPORT, "positive": None}
    answer = await desk.specialist.put(path, json=text, headers=seen(blank))
    assert (answer.status_code, answer.json()["code"]) == (409, "reports.not_open")


async def test_the_form_fits_what_is_read(product: Product) -> None:
    desk = await desks(product)
    case = await step(desk.specialist, await an_assigned_case(product, desk), "start")
    blank = ok(await desk.specialist.get(f"/api/consults/{case['consult_id']}/report"))
    assert blank["template_id"] == "ct_chest"
    known = {template["id"] for template in ok(await desk.specialist.get("/api/report-templates"))}
    assert {"ct_chest", "ecg_12lead", "general"} <= known
    unknown: dict[str, object] = {"template_id": "no_such", "sections": {}, "positive": None}
    path = f"/api/consults/{case['consult_id']}/report"
    answer = await desk.specialist.put(path, json=unknown, headers=seen(blank))
    assert (answer.status_code, answer.json()["code"]) == (404, "reports.template_not_found")


async def test_a_preview_is_marked_and_keeps_nothing(product: Product) -> None:
    desk = await desks(product)
    case, report = await a_written_report(product, desk)
    answer = await desk.specialist.post(
        f"/api/consults/{case['consult_id']}/report/preview", headers=seen(report)
    )
    assert answer.headers["content-type"] == "application/pdf"
    assert "签发前预览" in page_text(answer.content)
    async with product.platform.database.read() as view:
        assert not (await view.scalars(select(ReportVersion))).all()


async def test_a_signature_is_kept_whole_with_audit_and_event(product: Product) -> None:
    desk = await desks(product)
    case = await a_signed_case(product, desk)
    async with product.platform.database.read() as view:
        kept = (await view.scalars(select(ReportVersion))).one()
        audit = (await view.scalars(select(AuditEntry).where(AuditEntry.action == "report.sign"))).one()
        sent = (
            await view.execute(
                select(outbox.table.c.payload).where(outbox.table.c.name == "consult.report_signed")
            )
        ).scalar_one()
    document = read_document(kept.canonical.encode())
    assert content_sha256(document) == kept.sha256 == audit.facts["sha256"] == sent["sha256"]
    assert sent["consult_id"] == case["consult_id"]
    assert product.platform.objects.read(kept.pdf_key).startswith(b"%PDF-")
