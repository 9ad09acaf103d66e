"""Filings to be written: images as the archive tells of them, marks of each kind, and their figures."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from viewer.attributes import Attributes
from viewer.image_form import frames_of
from viewer.objects.marked import Figure, Filing, Look, Mark, MarkedImage, Point, Reference

STUDY = "1.2.826.0.1.3680043.10.543.77"
ROWS, COLUMNS = 512, 400
AT = datetime(2026, 3, 2, 17, 5, 9, tzinfo=timezone(timedelta(hours=8)))
CT, US, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.3.1", "1.2.840.10008.5.1.4.1.1.4"
CLASSES = {"CT": CT, "US": US, "MR": MR, "DX": "1.2.840.10008.5.1.4.1.1.1.1"}
POINTS: Mapping[str, Sequence[Point]] = {
    "length": ((10.5, 20.25), (110.5, 95.75)),
    "angle": ((30, 30), (60, 60), (90, 30)),
    "cobb": ((30, 40), (90, 52), (35, 140), (88, 120)),
    "ellipse": ((100, 120), (160, 150)),
    "rectangle": ((40, 60), (90, 130)),
    "bidirectional": ((200, 200), (260, 200), (230, 185), (230, 215)),
    "probe": ((77.5, 88.5),),
    "arrow": ((150, 150), (210, 190)),
    "text": ((33, 44),),
    "ratio": ((120, 300), (280, 300), (60, 340), (340, 340)),
    "spine": ((200, 100),),
    "key": (),
}
FIGURES: Mapping[str, Sequence[Figure]] = {
    "length": (Figure(name="length", value=94.2375, unit="mm"),),
    "angle": (Figure(name="angle", value=90.0, unit="°"),),
    "cobb": (Figure(name="angle", value=34.5, unit="°"),),
    "ellipse": tuple(
        Figure(name=name, value=value, unit=unit)
        for name, value, unit in (
            ("mean", -41.25, "HU"),
            ("deviation", 12.5, "HU"),
            ("min", -80, "HU"),
            ("max", 3, "HU"),
            ("area", 1413.7166941154069, "mm²"),
        )
    ),
    "rectangle": (Figure(name="area", value=3500.0, unit="px²"),),
    "bidirectional": (
        Figure(name="length", value=60.0, unit="mm"),
        Figure(name="short", value=30.0, unit="mm"),
    ),
    "probe": (Figure(name="value", value=123.0, unit=""),),
    "ratio": (
        Figure(name="ratio", value=0.5714285714285714, unit=""),
        Figure(name="heart", value=160.0, unit="mm"),
        Figure(name="thorax", value=280.0, unit="mm"),
    ),
}


def attributes(**values: Any) -> Attributes:
    """A data set from `t00200052="1.2"`."""
    return {
        tag.removeprefix("t"): {"vr": "UN", "Value": value if isinstance(value, list) else [value]}
        for tag, value in values.items()
    }


PATIENT = attributes(
    t00100010={"Alphabetic": "Qiu^Dashan", "Ideographic": "仇^大山"},
    t00100020="SQZX2600005",
    t00100021="SQZX",
    t00100030="19550203",
    t00100040="M",
    t00080020="20260302",
    t00080030="091500",
    t00080050="CT0005",
    t00200010="1",
    t00081030="胸部CT平扫",
)
GREY = attributes(
    t00280002=1,
    t00280004="MONOCHROME2",
    t00280010=ROWS,
    t00280011=COLUMNS,
    t00280100=16,
    t00280101=12,
    t00280102=11,
    t00280103=0,
    t00280030=[0.7, 0.7],
    t00281052=-1024,
    t00281053=1,
    t00281054="HU",
)
COLOUR = attributes(
    t00280002=3,
    t00280004="RGB",
    t00280006=0,
    t00280010=ROWS,
    t00280011=COLUMNS,
    t00280100=8,
    t00280101=8,
    t00280102=7,
    t00280103=0,
)


def an_image(number: int = 1, *, modality: str = "CT", frames: int = 1, **changes: Any) -> MarkedImage:
    """An image of the study, its attributes as the archive's metadata has them."""
    data = {**PATIENT, **(COLOUR if modality == "US" else GREY), **attributes(**changes)}
    facts = frames_of(data, "1.2.840.10008.1.2.1", frames)
    return MarkedImage(
        reference=Reference(
            study_instance_uid=STUDY,
            series_instance_uid=f"{STUDY}.{number // 10 + 1}",
            sop_class_uid=CLASSES[modality],
            sop_instance_uid=f"{STUDY}.9.{number}",
        ),
        modality=modality,
        number_of_frames=frames,
        attributes=data,
        forms={one.number: one.form for one in facts if one.form is not None},
    )


def a_mark(kind: str, image: MarkedImage, *, frame: int = 1, order: int = 1, **changes: Any) -> Mark:
    """A mark of a kind, with the figures and words that it would have."""
    figures = FIGURES.get(kind, ())
    made = Mark(
        mark_id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind} {order} {image.reference.sop_instance_uid}")),
        version=1,
        kind=kind,
        sop_instance_uid=image.reference.sop_instance_uid,
        frame_number=frame,
        points=POINTS[kind],
        lines=() if kind == "key" else (f"① {kind}", "左肺下叶结节"),
        figures=figures,
    )
    return replace(made, **changes)


def a_filing(
    marks: Sequence[Mark],
    images: Sequence[MarkedImage],
    looks: Mapping[str, Look] | None = None,
    **changes: Any,
) -> Filing:
    """A filing of these marks."""
    made = Filing(
        series_seed="inst-township 1.2.3 account-1",
        number=1,
        at=AT,
        person_name="Xu^Nuo=许^诺",
        institution_name="云岭县人民医院",
        language="zh",
        marks=marks,
        images={one.reference.sop_instance_uid: one for one in images},
        looks=looks or {},
    )
    return replace(made, **changes)


def one_of_each(image: MarkedImage) -> list[Mark]:
    """A mark of every kind on one image."""
    return [a_mark(kind, image, order=order) for order, kind in enumerate(POINTS)]
