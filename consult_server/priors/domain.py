"""Which earlier study says most about the one that is read: same region, same modality, newest."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

RELEVANT_DAYS = 731  # two years, the period that comparison is asked for


class Region(StrEnum):
    """Where in the body, as coarsely as comparison needs it."""

    HEAD = "head"
    NECK = "neck"
    CHEST = "chest"
    BREAST = "breast"
    HEART = "heart"
    ABDOMEN = "abdomen"
    PELVIS = "pelvis"
    SPINE = "spine"
    UPPER_LIMB = "upper_limb"
    LOWER_LIMB = "lower_limb"


WORDS: dict[Region, str] = {
    Region.HEAD: r"HEAD|BRAIN|SKULL|ORBIT|SINUS|FACE|\bIAC\b|头|颅|脑|眼眶|鼻窦|颌面|内听道|垂体|颞骨",
    Region.NECK: r"NECK|THYROID|CAROTID|颈部|甲状腺|颈动脉|喉",
    Region.CHEST: r"CHEST|THORAX|LUNG|\bRIBS?\b|胸(?!腰?椎)|肺|肋骨|纵隔",
    Region.BREAST: r"BREAST|MAMMO|乳腺|乳房",
    Region.HEART: r"HEART|CARDIAC|CORONARY|心脏|冠脉|冠状动脉",
    Region.ABDOMEN: r"ABDOMEN|LIVER|KIDNEY|PANCREAS|SPLEEN|\bKUB\b|UROGRA|腹|肝|胆|胰|脾|肾|泌尿",
    Region.PELVIS: r"PELVIS|PROSTATE|UTERUS|BLADDER|盆|前列腺|子宫|膀胱",
    Region.SPINE: r"SPINE|VERTEBRA|SACRUM|颈椎|胸椎|腰椎|脊柱|骶",
    Region.UPPER_LIMB: r"SHOULDER|HUMERUS|ELBOW|FOREARM|WRIST|\bHAND\b|CLAVICLE|肩|肱骨|肘|前臂|腕|手|锁骨",
    Region.LOWER_LIMB: r"\bHIP\b|FEMUR|KNEE|\bLEG\b|TIBIA|ANKLE|FOOT|髋|股骨|膝|小腿|胫|踝|足|跟骨",
}
SPOKEN = {region: re.compile(words, re.IGNORECASE) for region, words in WORDS.items()}


def regions_of(words: Iterable[str]) -> frozenset[Region]:
    """The regions that body parts (PS3.16 Annex L) and descriptions in Chinese or English name."""
    said = [one for one in words if one]
    return frozenset(region for region, spoken in SPOKEN.items() if any(spoken.search(one) for one in said))


def day_of(da: str) -> date | None:
    """A DICOM DA as a day; None when it is none."""
    try:
        return date.fromisoformat(f"{da[:4]}-{da[4:6]}-{da[6:8]}") if re.fullmatch(r"\d{8}", da) else None
    except ValueError:
        return None


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What is known of a study for comparing it."""

    study_instance_uid: str
    study_date: str
    modalities: frozenset[str]
    regions: frozenset[Region]


@dataclass(frozen=True, kw_only=True)
class Relevance:
    """How an earlier study bears on the one that is read; `days_before` is None where a date lacks."""

    same_modality: bool
    same_region: bool
    days_before: int | None

    @property
    def relevant(self) -> bool:
        """Worth opening beside the images unasked: what was done the same day belongs to the same visit."""
        near = self.days_before is not None and 0 < self.days_before <= RELEVANT_DAYS
        return self.same_region and self.same_modality and near


def relevance(now: Seen, earlier: Seen) -> Relevance:
    """How `earlier` bears on `now`."""
    days = (day_of(now.study_date), day_of(earlier.study_date))
    return Relevance(
        same_modality=not now.modalities.isdisjoint(earlier.modalities),
        same_region=not now.regions.isdisjoint(earlier.regions),
        days_before=(days[0] - days[1]).days if days[0] and days[1] else None,
    )


def rank(one: Relevance) -> tuple[bool, bool, bool, int]:
    """The most telling first, when sorted: relevant, same region, same modality, then the newest."""
    days = one.days_before
    return (not one.relevant, not one.same_region, not one.same_modality, 10**6 if days is None else days)
