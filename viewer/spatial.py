"""What measuring tools need of a study beyond its manifest: spaces and calibrations.

Fetched after the first image. Objects of a series that say the same are one group; the first group names no
object and stands for all that are not named in another.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Annotated

from fastapi import Path, Request
from pydantic import BaseModel, ConfigDict

from config.routing import Router
from dicom_node.archive.queries import Documented, documents_of, find_study, series_of
from viewer.access import ViewerPorts
from viewer.attributes import Attributes, integer, items, number, numbers, text, unpacked

Uid = Annotated[str, Path(max_length=64, pattern=r"^[0-9.]+$")]


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Region(_Value):
    """A calibrated part of an ultrasound picture (PS3.3 C.8.5.5); codes and units are the standard's."""

    spatial_format: int
    data_type: int
    flags: int
    min_x: int
    min_y: int
    max_x: int
    max_y: int
    units_x: int
    units_y: int
    delta_x: float
    delta_y: float


class Calibration(_Value):
    """What some objects of a series say.

    `magnification`: Estimated Radiographic Magnification Factor. `nominal_mm`: Nominal Scanned Pixel Spacing,
    down and across.
    """

    sop_instance_uids: tuple[str, ...]
    frame_of_reference_uid: str
    magnification: float | None
    nominal_mm: tuple[float, float] | None
    regions: tuple[Region, ...]


class SeriesSpace(_Value):
    """One series: what its objects say, in groups."""

    series_instance_uid: str
    groups: tuple[Calibration, ...]


class StudySpace(_Value):
    """All series of a study."""

    series: tuple[SeriesSpace, ...]


def region_of(data: Attributes) -> Region | None:
    """One item of the Sequence of Ultrasound Regions; None when it does not say where it is."""
    corners = [integer(data, tag) for tag in ("00186018", "0018601A", "0018601C", "0018601E")]
    left, top, right, bottom = corners
    if left is None or top is None or right is None or bottom is None:
        return None
    return Region(
        spatial_format=integer(data, "00186012") or 0,
        data_type=integer(data, "00186014") or 0,
        flags=integer(data, "00186016") or 0,
        min_x=left,
        min_y=top,
        max_x=right,
        max_y=bottom,
        units_x=integer(data, "00186024") or 0,
        units_y=integer(data, "00186026") or 0,
        delta_x=number(data, "0018602C") or 0.0,
        delta_y=number(data, "0018602E") or 0.0,
    )


def calibration_of(data: Attributes) -> Calibration:
    """What one object says, without its name."""
    nominal = numbers(data, "00182010")
    magnification = number(data, "00181114")
    two = len(nominal) == 2 and min(nominal) > 0  # noqa: PLR2004 - down and across
    return Calibration(
        sop_instance_uids=(),
        frame_of_reference_uid=text(data, "00200052"),
        magnification=magnification if magnification is not None and magnification > 0 else None,
        nominal_mm=(nominal[0], nominal[1]) if two else None,
        regions=tuple(one for one in map(region_of, items(data, "00186011")) if one is not None),
    )


def grouped(named: Iterable[tuple[str, Calibration]]) -> tuple[Calibration, ...]:
    """Objects that say the same as one group; the largest comes first and names none of them."""
    found: dict[Calibration, list[str]] = {}
    for uid, one in named:
        found.setdefault(one, []).append(uid)
    ordered = sorted(found.items(), key=lambda entry: -len(entry[1]))
    return tuple(
        one.model_copy(update={"sop_instance_uids": () if at == 0 else tuple(uids)})
        for at, (one, uids) in enumerate(ordered)
    )


def spatial_router(ports: ViewerPorts) -> Router:
    """The route of the measuring tools."""
    service = _SpatialService(ports)
    router = Router(prefix="/api", tags=["reading"])
    router.add_api_route(
        "/studies/{study_instance_uid}/spatial", service.study_spatial, response_model=StudySpace
    )
    return router


class _SpatialService:
    def __init__(self, ports: ViewerPorts) -> None:
        self._ports = ports

    async def study_spatial(self, request: Request, study_instance_uid: Uid) -> StudySpace:
        """Spaces and calibrations of a study's objects."""
        async with self._ports.access.reading(request, study_instance_uid) as (view, scope):
            study = await find_study(view, scope, study_instance_uid)
            rows = [
                (series.series_instance_uid, await documents_of(view, series.series_key))
                for series in await series_of(view, study.study_key)
            ]
        return await asyncio.to_thread(_space, rows)


def _space(rows: Sequence[tuple[str, Sequence[Documented]]]) -> StudySpace:
    return StudySpace(
        series=tuple(
            SeriesSpace(
                series_instance_uid=uid,
                groups=grouped((sop, calibration_of(unpacked(document))) for sop, document in found),
            )
            for uid, found in rows
        )
    )
