"""Standardized uptake values by body weight (SUVbw) of PET images, where the objects allow them. Pure."""

from datetime import UTC, datetime, timedelta

from viewer.attributes import NOTHING, Attributes, item, number, text, texts

GRAMS_PER_KG = 1000.0
CORRECTED = frozenset({"ATTN", "DECY"})
DATE_DIGITS = 8
HOURS_AND_MINUTES = 4
LATEST = timedelta(days=1)


def suv_factor(data: Attributes) -> float | None:
    """What a rescaled value is multiplied by to be SUVbw in g/ml; None when it cannot be told exactly."""
    units = text(data, "00541001")
    if units == "GML":
        return 1.0 if text(data, "00541006") in {"", "BW"} else None
    if units != "BQML" or not CORRECTED.issubset(texts(data, "00280051")):
        return None
    dose = item(data, "00540016") or NOTHING
    weight_kg, injected_bq = number(data, "00101030"), number(dose, "00181074")
    decay = _decay(data, dose)
    if not weight_kg or not injected_bq or decay is None or min(weight_kg, injected_bq) <= 0:
        return None
    return weight_kg * GRAMS_PER_KG / (injected_bq * decay)


def _decay(data: Attributes, dose: Attributes) -> float | None:
    """The share of the dose that is left at the moment to which the image was corrected."""
    named = text(data, "00541102")
    if named == "ADMIN":
        return 1.0
    half_life_s = number(dose, "00181075")
    start, injected = _start(data), _injected(data, dose)
    if named != "START" or not half_life_s or half_life_s <= 0 or start is None or injected is None:
        return None
    waited = start - injected
    if not timedelta(0) <= waited <= LATEST:
        return None
    return float(2.0 ** (-waited.total_seconds() / half_life_s))


def _start(data: Attributes) -> datetime | None:
    """Start of the series, unless it was stamped later than its first image."""
    series = _moment(text(data, "00080021"), text(data, "00080031"))
    acquired = _moment(text(data, "00080022"), text(data, "00080032"))
    if series is None or acquired is None:
        return series
    return series if series <= acquired else None


def _injected(data: Attributes, dose: Attributes) -> datetime | None:
    stamp = text(dose, "00181078")
    if stamp:
        return _moment(stamp[:DATE_DIGITS], stamp[DATE_DIGITS:].split("+")[0].split("-")[0])
    return _moment(text(data, "00080021"), text(dose, "00181072"))


def _moment(date: str, time: str) -> datetime | None:
    whole = time.partition(".")[0].ljust(6, "0")[:6]
    if len(time) < HOURS_AND_MINUTES:
        return None
    try:
        return datetime.strptime(date + whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
