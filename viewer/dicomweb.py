"""The DICOMweb root `/dicom-web` (PS3.18 10): search, retrieve, store, each guarded by the caller's scope."""

from config.routing import Router, joined
from dicom_node.stow import Stow
from viewer.access import ViewerPorts
from viewer.qido import qido_router
from viewer.routes import Readings
from viewer.stow_limits import StowLimits
from viewer.stow_rs import stow_router
from viewer.wado import wado_router

DEFAULT_LIMITS = StowLimits()


def dicomweb_router(
    ports: ViewerPorts,
    limits: StowLimits = DEFAULT_LIMITS,
    stow: Stow | None = None,
    readings: Readings | None = None,
) -> Router:
    """All DICOMweb routes. Whoever includes it must run the application's lifespan: it closes the writer.

    `readings` learns what is read, for a `ReadingDoor`.
    """
    found = readings or Readings()
    return joined([qido_router(ports, found), wado_router(ports, found), stow_router(ports, limits, stow)])
