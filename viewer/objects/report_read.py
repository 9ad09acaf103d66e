"""Structured reports of anybody: all lines of the document, and its measurement groups (PS3.16 TID 1500)."""

from collections.abc import Iterator, Sequence

from viewer.attributes import Attributes, item, items, number, text, texts
from viewer.objects.reading import (
    PIXEL,
    code_of,
    graphic_of,
    header_of,
    image_names,
    meaning,
    points_of,
    shown_person,
    words_of,
)
from viewer.objects.told import Figure, ImageName, Line, Measurement, Placed, Report

ITEMS_MAX, DEPTH_MAX = 5_000, 40
CREATED = ("00080023", "00080033")
CONTENT, NAME, KIND = "0040A730", "0040A043", "0040A040"
GROUP = ("125007", "DCM")
TRACKING_IDENTIFIER, TRACKING_UID = ("112039", "DCM"), ("112040", "DCM")
FINDING = frozenset({("121071", "DCM")})
SITE = frozenset({("363698007", "SCT"), ("G-C0E3", "SRT")})
DERIVATION = ("121401", "DCM")
PLAIN = {
    "TEXT": "0040A160",
    "UIDREF": "0040A124",
    "DATE": "0040A121",
    "TIME": "0040A122",
    "DATETIME": "0040A120",
}


def read_report(data: Attributes, series_instance_uid: str) -> Report:
    """What a report says. Raises ObjectUnreadable."""
    walked = list(walk(data))
    lines = [line_of(depth, one) for depth, one in walked[:ITEMS_MAX]]
    groups = [one for _depth, one in walked[:ITEMS_MAX] if code_of(one, NAME) == GROUP]
    return Report(
        header=header_of(data, series_instance_uid, author_of(data), CREATED),
        title=meaning(data, NAME),
        completion=text(data, "0040A491")[:16],
        verification=text(data, "0040A493")[:16],
        measurements=tuple(measurement_of(one) for one in groups),
        lines=tuple(lines),
        cut=len(walked) > ITEMS_MAX,
    )


def walk(data: Attributes) -> Iterator[tuple[int, Attributes]]:
    """The content items below the root, in order, each with its depth; a few more than are shown."""
    waiting = [(0, one) for one in reversed(items(data, CONTENT))]
    given = 0
    while waiting and given <= ITEMS_MAX:
        depth, one = waiting.pop()
        yield depth, one
        given += 1
        if depth < DEPTH_MAX:
            waiting += [(depth + 1, child) for child in reversed(items(one, CONTENT)[:ITEMS_MAX])]


def author_of(data: Attributes) -> str:
    """Who verified, wrote or observed, the first that is named."""
    verifying = shown_person(item(data, "0040A073"), "0040A075")
    author = shown_person(item(data, "0040A078"), "0040A123")
    observers = (shown_person(one, "0040A123") for one in items(data, CONTENT) if text(one, KIND) == "PNAME")
    return verifying or author or next(observers, "")


def line_of(depth: int, data: Attributes) -> Line:
    """One content item as a line."""
    return Line(depth=depth, name=meaning(data, NAME), value=value_of(data), images=images_of(data))


def images_of(data: Attributes) -> tuple[ImageName, ...]:
    """The images that an IMAGE item shows."""
    return image_names(items(data, "00081199")) if text(data, KIND) == "IMAGE" else ()


def value_of(data: Attributes) -> str:
    """What a content item says, in words."""
    kind = text(data, KIND)
    if kind in PLAIN:
        return words_of(data, PLAIN[kind])
    if kind == "CODE":
        return meaning(data, "0040A168")
    if kind == "PNAME":
        return shown_person(data, "0040A123")
    if kind == "NUM":
        figure = figure_of(data)
        return f"{figure.value} {figure.unit}".strip()
    return text(data, "00700023") if kind in {"SCOORD", "SCOORD3D"} else ""


def figure_of(data: Attributes) -> Figure:
    """The number of a NUM item."""
    measured = item(data, "0040A300")
    value = number(measured, "0040A30A")
    shown = "" if value is None else (texts(measured, "0040A30A") or [""])[0]
    derived = [one for one in items(data, CONTENT) if code_of(one, NAME) == DERIVATION]
    unit = item(measured, "004008EA")
    return Figure(
        name=meaning(data, NAME),
        derivation=meaning(derived[0], "0040A168") if derived else "",
        value=shown[:32],
        unit="" if text(unit, "00080100") == "1" else shown_unit(unit),
    )


def shown_unit(unit: Attributes) -> str:
    """A unit as it is written beside a number: UCUM's own short forms, annotations in words."""
    code = text(unit, "00080100")[:32]
    known = {"[hnsf'U]": "HU", "mm2": "mm²", "cm2": "cm²", "mm3": "mm³", "cm3": "cm³", "deg": "°"}
    if code in known:
        return known[code]
    return (words_of(unit, "00080104") or code)[:32] if "{" in code or not code else code


def measurement_of(data: Attributes) -> Measurement:
    """One measurement group (TID 1410, 1411, 1501)."""
    content = items(data, CONTENT)
    named = {code_of(one, NAME): one for one in reversed(content)}
    finding = [meaning(one, "0040A168") for one in content if code_of(one, NAME) in FINDING]
    site = [meaning(one, "0040A168") for one in content if code_of(one, NAME) in SITE]
    numbers = [one for one in content if text(one, KIND) == "NUM"]
    spoken = {*FINDING, *SITE, TRACKING_IDENTIFIER, TRACKING_UID}
    statements = [
        f"{meaning(one, NAME)}: {value_of(one)}"
        for one in content
        if code_of(one, NAME) not in spoken and text(one, KIND) in {"TEXT", "CODE"}
    ]
    return Measurement(
        tracking_uid=words_of(named.get(TRACKING_UID, {}), "0040A124")[:64],
        tracking_identifier=words_of(named.get(TRACKING_IDENTIFIER, {}), "0040A160"),
        finding=finding[0] if finding else "",
        site=site[0] if site else "",
        figures=tuple(figure_of(one) for one in numbers),
        statements=tuple(statements),
        places=tuple(places_of(content)),
    )


def places_of(content: Sequence[Attributes]) -> Iterator[Placed]:
    """Where the coordinates of a group lie: its own, and those of its numbers."""
    for one in content:
        nested = items(one, CONTENT) if text(one, KIND) == "NUM" else [one]
        for scoord in nested:
            if text(scoord, KIND) != "SCOORD":
                continue
            graphic = graphic_of(text(scoord, "00700023"), PIXEL, points_of(scoord, "00700022"), filled=False)
            shown = [name for child in items(scoord, CONTENT) for name in images_of(child)]
            if graphic is not None and shown:
                yield Placed(image=shown[0], graphic=graphic)
