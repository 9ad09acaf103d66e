"""How the routes of marks and of people's settings are asked in the authorisation matrix."""

from typing import Any

from tests.factories.cases import STUDY_UID

KEY_IMAGE: dict[str, Any] = {
    "kind": "key",
    "series_instance_uid": f"{STUDY_UID}.1",
    "sop_instance_uid": f"{STUDY_UID}.1.1",
    "frame_number": 1,
    "points": [],
    "text": "",
}
WORDS = {
    "annotation_id": "00000000-0000-7000-8000-000000000000",
    "name": "reading.keys",
    "video_id": "0" * 64,
}
"""What stands in the addresses of these routes."""
PARTIES = "401 200 200 404 200 200 200 404 200"
NO_MARK = PARTIES.replace("200", "404:annotations.not_found")
NO_SEGMENTATION = PARTIES.replace("200", "422:objects.not_a_segmentation")
NO_STRUCTURE_SET = PARTIES.replace("200", "422:objects.not_a_structure_set")
NO_VIDEO = PARTIES.replace("200", "404:viewer.video_not_found")
NO_DOCUMENT = PARTIES.replace("200", "422:objects.not_a_document")
NO_READER, NO_MARKS = "403:identity.role_missing", "422:objects.nothing_to_file"
FILERS = f"401 {NO_READER} {NO_READER} 404 {NO_READER} {NO_MARKS} {NO_MARKS} 404 {NO_MARKS}"
NO_FILING: dict[str, Any] = {"language": "zh", "marks": [], "looks": []}
EVERYBODY = "401 200 200 200 200 200 200 200 200"
STUDY, VIDEO = "/api/studies/{study_instance_uid}", "/api/videos/{video_id}/{study_instance_uid}"
ROWS: dict[str, dict[str, Any]] = {
    f"GET {STUDY}/spatial": {"statuses": PARTIES},
    f"GET {STUDY}/annotations": {"statuses": PARTIES},
    f"GET {STUDY}/objects": {"statuses": PARTIES},
    f"GET {STUDY}/segmentations/{{sop_instance_uid}}": {"statuses": NO_SEGMENTATION},
    f"GET {STUDY}/segmentations/{{sop_instance_uid}}/masks": {"statuses": NO_SEGMENTATION},
    f"GET {STUDY}/structure-sets/{{sop_instance_uid}}": {"statuses": NO_STRUCTURE_SET},
    f"GET {STUDY}/documents/{{sop_instance_uid}}": {"statuses": NO_DOCUMENT},
    **{f"GET {VIDEO}/{part}": {"statuses": NO_VIDEO} for part in ("state", "content")},
    f"GET {STUDY}/filings": {"statuses": PARTIES},
    f"POST {STUDY}/filings": {"statuses": FILERS, "json": NO_FILING},
    f"PUT {STUDY}/annotations/{{annotation_id}}": {"statuses": NO_MARK, "json": KEY_IMAGE, "version": 7},
    f"DELETE {STUDY}/annotations/{{annotation_id}}": {"statuses": NO_MARK, "version": 7},
    "GET /api/me/preferences/{name}": {"statuses": EVERYBODY},
    "PUT /api/me/preferences/{name}": {"statuses": EVERYBODY.replace("200", "204"), "json": {"value": {}}},
}
