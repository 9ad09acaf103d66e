"""What readers of objects share: headers, references, coordinates. All input is somebody else's."""

from collections.abc import Sequence
from typing import cast, get_args

from config.kernel.errors import Invalid
from viewer.attributes import Attributes, integer, item, number, numbers, text, values
from viewer.objects.header import MAKER, person
from viewer.objects.told import Graphic, GraphicKind, Header, ImageName, Units

TEXT_CHARACTERS_MAX = 4_000
IMAGES_MAX = 5_000
FRAMES_MAX = 5_000
POINTS_MAX = 10_000
COORDINATE_MAX = 1e6
UID_CHARACTERS_MAX = 64
PIXEL: Units = "PIXEL"
KINDS = frozenset(get_args(GraphicKind))
UNITS = frozenset(get_args(Units))
POINTS_OF = {"POINT": 1, "CIRCLE": 2, "ELLIPSE": 4}
"""How many points a kind has exactly (PS3.3 C.10.5.1.2)."""


class ObjectUnreadable(Invalid):
    """This object breaks its own rules so far that it cannot be shown."""

    code = "objects.unreadable"


def words_of(data: Attributes, tag: str) -> str:
    """A text, cut to what can be shown."""
    return text(data, tag)[:TEXT_CHARACTERS_MAX]


def shown_person(data: Attributes, tag: str) -> str:
    """A person's name as it is read: characters where there are any, without carets."""
    found = person(data, tag)
    alphabetic, _, rest = found.partition("=")
    ideographic = rest.partition("=")[0].replace("^", "")
    plain = next((str(one) for one in values(data, tag)[:1] if isinstance(one, str)), "")
    return (ideographic or " ".join((alphabetic or plain).split("^")).strip())[:TEXT_CHARACTERS_MAX]


def meaning(data: Attributes, tag: str) -> str:
    """What a code sequence's first code means."""
    code = item(data, tag)
    return words_of(code, "00080104") or words_of(code, "00080100")


def code_of(data: Attributes, tag: str) -> tuple[str, str]:
    """The value and the scheme of a code sequence's first code."""
    code = item(data, tag)
    return text(code, "00080100"), text(code, "00080102")


def header_of(data: Attributes, series_instance_uid: str, author: str, created: Sequence[str]) -> Header:
    """Who made an object. Raises ObjectUnreadable for one without a name."""
    uid = text(data, "00080018")
    if not uid or len(uid) > UID_CHARACTERS_MAX:
        raise ObjectUnreadable
    day, time = next(
        (
            (text(data, one), text(data, other))
            for one, other in zip(created[::2], created[1::2], strict=True)
        ),
        ("", ""),
    )
    maker = words_of(data, "00080070")
    return Header(
        sop_instance_uid=uid,
        series_instance_uid=series_instance_uid,
        sop_class_uid=text(data, "00080016")[:UID_CHARACTERS_MAX],
        instance_number=integer(data, "00200013"),
        manufacturer=maker[:64],
        author=author[:64],
        created=f"{day[:8]}{time.partition('.')[0][:6]}",
        ours=maker == MAKER,
    )


def image_names(references: Sequence[Attributes]) -> tuple[ImageName, ...]:
    """The images that items of a Referenced Image or SOP Sequence name."""
    found = []
    for one in references[:IMAGES_MAX]:
        uid = text(one, "00081155")
        if uid and len(uid) <= UID_CHARACTERS_MAX:
            frames = tuple(int(frame) for frame in numbers(one, "00081160")[:FRAMES_MAX] if frame >= 1)
            found.append(ImageName(sop_instance_uid=uid, frames=frames))
    return tuple(found)


def points_of(data: Attributes, tag: str) -> tuple[tuple[float, float], ...]:
    """Points from a list of coordinates; none when there are too many or some lie nowhere."""
    found = numbers(data, tag)
    if len(found) > 2 * POINTS_MAX or any(abs(one) > COORDINATE_MAX for one in found):
        return ()
    return tuple(zip(found[::2], found[1::2], strict=False))


def graphic_of(
    kind: str, units: str, points: tuple[tuple[float, float], ...], *, filled: bool
) -> Graphic | None:
    """A figure that can be drawn; None for one that is of no known kind or lacks points."""
    if kind not in KINDS or units not in UNITS or not points:
        return None
    wanted = POINTS_OF.get(kind, 1)
    if len(points) < wanted:
        return None
    kept = points[:wanted] if kind in POINTS_OF else points
    return Graphic(kind=cast("GraphicKind", kind), units=cast("Units", units), points=kept, filled=filled)


def finite(data: Attributes, tag: str, otherwise: float) -> float:
    """A number, or another one where there is none."""
    found = number(data, tag)
    return otherwise if found is None else found
