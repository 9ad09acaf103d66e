"""Values of a report that were measured on the images: kept beside the text, never instead of it."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from consult_server.reports.domain import MeasurementLink, standing_links
from tests.factories.cases import REPORT, Case, a_written_report, desks, ok, seen
from tests.fixtures.product import PASSWORD, Product

MARK = "00000000-0000-4000-8000-000000000001"
STUDY = "1.2.840.99.1"
WORDS = st.text("ab 1.mm", min_size=1, max_size=4)
SECTIONS = st.dictionaries(st.sampled_from(["findings", "impression"]), st.text("ab 1.mm", max_size=12))
LINKS = st.lists(
    st.builds(
        MeasurementLink,
        section=st.sampled_from(["findings", "impression", "gone"]),
        text=WORDS,
        study_instance_uid=st.just(STUDY),
        annotation_id=st.sampled_from([MARK, MARK[:-1] + "2"]),
    ),
    max_size=6,
)


@given(LINKS, SECTIONS)
def test_a_link_lives_as_long_as_its_words(links: list[MeasurementLink], sections: dict[str, str]) -> None:
    kept = standing_links(links, sections)
    assert len(set(kept)) == len(kept)
    for link in links:
        stands = link.section in sections and link.text in sections[link.section]
        assert (link in kept) is stands
    assert standing_links(kept, sections) == kept
    places = [links.index(link) for link in kept]
    assert places == sorted(places), "in the order of writing"


def a_link(**changes: str) -> dict[str, str]:
    return {
        "section": "findings",
        "text": "9.6 mm",
        "study_instance_uid": STUDY,
        "annotation_id": MARK,
    } | changes


def a_draft(report: Case, **changes: Any) -> dict[str, Any]:
    findings = REPORT["findings"] + "结节 9.6 mm。"
    return {
        "template_id": report["template_id"],
        "sections": REPORT | {"findings": findings},
        "positive": True,
        "measurements": [a_link()],
    } | changes


async def test_the_value_is_signed_and_the_link_is_kept(product: Product) -> None:
    desk = await desks(product)
    case, report = await a_written_report(product, desk)
    path = f"/api/consults/{case['consult_id']}/report"
    assert report["measurements"] == []
    saved = ok(await desk.specialist.put(path, json=a_draft(report), headers=seen(report)))
    assert saved["measurements"] == [a_link()]
    assert ok(await desk.specialist.get(path))["measurements"] == [a_link()]
    sealed = ok(await desk.specialist.post(f"{path}/sign", json={"password": PASSWORD}, headers=seen(saved)))
    township = ok(await desk.applicant.get(path))
    for one in (sealed, township):
        assert one["measurements"] == [a_link()]
        assert one["signed"]["verified"] is True
    said = {part["key"]: part["text"] for part in township["signed"]["sections"]}
    assert "结节 9.6 mm" in said["findings"]
    assert MARK not in str(township["signed"]), "the page and its digest speak of values alone"


async def test_words_that_are_gone_take_their_link_with_them(product: Product) -> None:
    desk = await desks(product)
    case, report = await a_written_report(product, desk)
    path = f"/api/consults/{case['consult_id']}/report"
    saved = ok(await desk.specialist.put(path, json=a_draft(report), headers=seen(report)))
    without = a_draft(report, sections=REPORT)
    saved = ok(await desk.specialist.put(path, json=without, headers=seen(saved)))
    assert saved["measurements"] == []


async def test_a_client_that_knows_no_links_writes_reports_as_before(product: Product) -> None:
    desk = await desks(product)
    case, report = await a_written_report(product, desk)
    draft = a_draft(report)
    del draft["measurements"]
    path = f"/api/consults/{case['consult_id']}/report"
    assert ok(await desk.specialist.put(path, json=draft, headers=seen(report)))["measurements"] == []


@pytest.mark.parametrize(
    "measurements",
    [
        [a_link(annotation_id="x")],
        [a_link(study_instance_uid="1.2; drop")],
        [a_link(text="")],
        [a_link(text="9" * 201)],
        [a_link(extra="1")],
        [a_link()] * 201,
        "9.6 mm",
    ],
)
async def test_what_is_no_link_is_refused(product: Product, measurements: Any) -> None:
    desk = await desks(product)
    case, report = await a_written_report(product, desk)
    path = f"/api/consults/{case['consult_id']}/report"
    draft = a_draft(report, measurements=measurements)
    answer = await desk.specialist.put(path, json=draft, headers=seen(report))
    assert answer.status_code == 422
