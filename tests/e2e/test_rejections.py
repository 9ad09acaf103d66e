"""A hospital takes images back by a rejection note; an administrator shows them again on the screen."""

import re
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.dicom_node.objects import a_ct
from tests.dicom_node.rejection.notes import QUALITY, a_note
from tests.e2e.sending import send_from_the_township
from tests.fixtures.browser import DESK, PHONE, Visit
from tests.fixtures.screens import arrive, axe_faults, room_faults
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(400)
SETTLE_SECONDS = 60


def listed(serving: Serving, accession: str) -> bool:
    """The township's doctor finds the images among what arrived; the note itself stays in sight."""
    with closing(serving.client("zhouli")) as client:
        rows = client.get("/api/arrivals", params={"q": accession}).json()
    return any("CT" in row["modalities"] for row in rows)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["pc", "phone"])
def test_a_hidden_study_is_shown_again(
    serving: Serving, window: Callable[..., Visit], size: dict[str, int]
) -> None:
    accession = f"REJECT{size['width']}"
    image = a_ct(AccessionNumber=accession)
    send_from_the_township(serving, image)
    wait_until(lambda: listed(serving, accession), SETTLE_SECONDS)
    note = a_note(QUALITY, [image])
    send_from_the_township(serving, note)
    wait_until(lambda: not listed(serving, accession), SETTLE_SECONDS)
    page = arrive(window(size), serving, "hanbing", "/admin/quarantine")
    page.get_by_role("tab", name=re.compile("被撤下")).click()
    row = page.get_by_role("row", name=re.compile("质量不合格")).filter(has_text=accession)
    expect(row).to_contain_text("石桥镇")
    assert [*axe_faults(page), *room_faults(page)] == []
    row.get_by_role("button", name="重新显示").click()
    form = page.get_by_role("dialog")
    form.get_by_role("button", name="重新显示", exact=True).click()
    expect(form).to_contain_text("原因至少 2 个字")
    assert axe_faults(page) == []
    form.get_by_role("button", name="误发拒绝说明").click()
    form.get_by_role("button", name="重新显示", exact=True).click()
    expect(form).to_have_count(0)
    expect(row).to_have_count(0)
    wait_until(lambda: listed(serving, accession), SETTLE_SECONDS)
