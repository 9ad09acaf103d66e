"""The query part of a request for rendered pictures and thumbnails (PS3.18 8.3.5.1)."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from starlette.datastructures import QueryParams

from config.kernel.errors import Invalid
from viewer.image_form import Window

SIDE_MAX: Final = 8_192
QUALITY_DEFAULT: Final = 90
QUALITY_MAX: Final = 100
THUMBNAIL_SIDE: Final = 192
NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{0,9})?|-?\.[0-9]{1,9}", re.ASCII)
WHOLE = re.compile(r"[0-9]{1,5}", re.ASCII)
Function: TypeAlias = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]
FUNCTIONS: Mapping[str, Function] = {"linear": "LINEAR", "linear-exact": "LINEAR_EXACT", "sigmoid": "SIGMOID"}
REFUSED: Mapping[str, str] = {
    "annotation": "texts are not drawn into pictures here",
    "presentationuid": "presentation states are not applied here",
    "presentationseriesuid": "presentation states are not applied here",
}


class RenderingRefused(Invalid):
    """The picture cannot be made in the way that is asked for."""

    code = "dicomweb.rendering_refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class Region:
    """A part of the stored image, in pixels; one that is turned round is mirrored."""

    left: int
    top: int
    width: int
    height: int
    mirrored: bool = False
    upside_down: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """How a picture is to look: fitted into `across` × `down` where given, never enlarged for a thumbnail.

    `left` to `height` is the part of the image that is shown, None for as much as there is.
    """

    across: int | None = None
    down: int | None = None
    left: float = 0.0
    top: float = 0.0
    width: float | None = None
    height: float | None = None
    window: Window | None = None
    function: Function = "LINEAR"
    quality: int = QUALITY_DEFAULT
    enlarge: bool = True

    def region(self, columns: int, rows: int) -> Region:
        """What of an image of that size is shown. Raises RenderingRefused when that is nothing."""
        width = columns - self.left if self.width is None else self.width
        height = rows - self.top if self.height is None else self.height
        left, top = math.floor(self.left), math.floor(self.top)
        right = min(columns, math.ceil(self.left + abs(width)))
        bottom = min(rows, math.ceil(self.top + abs(height)))
        if right <= left or bottom <= top:
            raise RenderingRefused(parameter="viewport", fault="shows nothing of the image")
        return Region(
            left=left,
            top=top,
            width=right - left,
            height=bottom - top,
            mirrored=width < 0,
            upside_down=height < 0,
        )


def read_wish(parameters: QueryParams, *, thumbnail: bool = False) -> Wish:
    """The wish in a query string; what no standard names is passed over. Raises RenderingRefused."""
    given = {name.lower(): value for name, value in parameters.multi_items()}
    for name, fault in REFUSED.items():
        if given.get(name):
            raise RenderingRefused(parameter=name, fault=fault)
    if given.get("iccprofile", "no") not in {"", "no"}:
        raise RenderingRefused(parameter="iccprofile", fault="only 'no' can be had: no profile is added")
    viewport = _viewport(given.get("viewport", ""), thumbnail=thumbnail)
    if thumbnail:
        across, down = (int(side) for side in viewport[:2] or [str(THUMBNAIL_SIDE)] * 2)
        return Wish(across=across, down=down, enlarge=False)
    window, function = _window(given.get("window", ""))
    part = [None if text == "" else float(text) for text in viewport[2:]] or [None] * 4
    return Wish(
        across=int(viewport[0]) if viewport else None,
        down=int(viewport[1]) if viewport else None,
        left=part[0] or 0.0,
        top=part[1] or 0.0,
        width=part[2],
        height=part[3],
        window=window,
        function=function,
        quality=_quality(given.get("quality", "")),
    )


def _quality(text: str) -> int:
    if not text:
        return QUALITY_DEFAULT
    if not WHOLE.fullmatch(text) or not 1 <= int(text) <= QUALITY_MAX:
        raise RenderingRefused(parameter="quality", fault="is a whole number from 1 to 100")
    return int(text)


def _viewport(text: str, *, thumbnail: bool) -> list[str]:
    """`vw,vh` or `vw,vh,sx,sy,sw,sh`, of which sx to sh may be left empty (8.3.5.1.3)."""
    if not text:
        return []
    parts = [part.strip() for part in text.split(",")]
    sides, part = parts[:2], parts[2:]
    if len(parts) not in ({2} if thumbnail else {2, 6}):
        raise RenderingRefused(parameter="viewport", fault="is vw,vh or vw,vh,sx,sy,sw,sh")
    if not all(WHOLE.fullmatch(side) and 1 <= int(side) <= SIDE_MAX for side in sides):
        raise RenderingRefused(parameter="viewport", fault=f"its sides are from 1 to {SIDE_MAX}")
    if not all(number == "" or NUMBER.fullmatch(number) for number in part):
        raise RenderingRefused(parameter="viewport", fault="a number is needed")
    if any(number.startswith("-") for number in part[:2]) or any(n and not float(n) for n in part[2:]):
        raise RenderingRefused(parameter="viewport", fault="shows nothing of the image")
    return parts


def _window(text: str) -> tuple[Window | None, Function]:
    """`center,width,function` (8.3.5.1.4)."""
    if not text:
        return None, "LINEAR"
    center, width, function, *more = [*(part.strip() for part in text.split(",")), "", "", ""]
    if any(more) or not (NUMBER.fullmatch(center) and NUMBER.fullmatch(width)):
        raise RenderingRefused(parameter="window", fault="is center,width,function")
    if function.lower() not in FUNCTIONS:
        raise RenderingRefused(parameter="window", fault=f"its function is one of {', '.join(FUNCTIONS)}")
    least = 1.0 if function.lower() == "linear" else 0.0
    if float(width) < least or float(width) == 0:
        raise RenderingRefused(parameter="window", fault="is too narrow")
    return Window(center=float(center), width=float(width), explanation=""), FUNCTIONS[function.lower()]
