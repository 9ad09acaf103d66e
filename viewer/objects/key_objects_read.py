"""Key Object Selections of anybody, as the client shows them (PS3.3 A.35.4)."""

from viewer.attributes import Attributes, items, text
from viewer.objects.reading import code_of, header_of, image_names, meaning, shown_person, words_of
from viewer.objects.told import KeyObjects

REJECTING = frozenset({"113001", "113037", "113038", "113039"})
"""Titles of rejection notes (IHE RAD TF-2 4.66)."""
DESCRIPTION = ("113012", "DCM")
CREATED = ("00080023", "00080033")


def read_key_objects(data: Attributes, series_instance_uid: str) -> KeyObjects:
    """What a selection shows. Raises ObjectUnreadable."""
    content = items(data, "0040A730")
    author = next((shown_person(one, "0040A123") for one in content if text(one, "0040A040") == "PNAME"), "")
    said = next((words_of(one, "0040A160") for one in content if code_of(one, "0040A043") == DESCRIPTION), "")
    shown = [
        reference
        for one in content
        if text(one, "0040A040") == "IMAGE"
        for reference in items(one, "00081199")[:1]
    ]
    code, scheme = code_of(data, "0040A043")
    return KeyObjects(
        header=header_of(data, series_instance_uid, author, CREATED),
        title=meaning(data, "0040A043"),
        description=said,
        rejected=scheme == "DCM" and code in REJECTING,
        images=image_names(shown),
    )
