"""Regions from words in two languages, relevance, and an order that is total and favours what tells most."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from consult_server.priors.domain import (
    RELEVANT_DAYS,
    Region,
    Relevance,
    Seen,
    day_of,
    rank,
    regions_of,
    relevance,
)

DAYS = st.dates(date(1990, 1, 1), date(2026, 12, 31))
REGIONS = st.frozensets(st.sampled_from(Region), max_size=3)
MODALITIES = st.frozensets(st.sampled_from(["CT", "MR", "DX", "US"]), min_size=1, max_size=2)


def a_study(day: date | None, modalities: frozenset[str], regions: frozenset[Region]) -> Seen:
    said = f"{day:%Y%m%d}" if day else ""
    return Seen(study_instance_uid="1.2", study_date=said, modalities=modalities, regions=regions)


@pytest.mark.parametrize(
    "words, regions",
    [
        (["CHEST"], {Region.CHEST}),
        (["", "胸部CT平扫"], {Region.CHEST}),
        (["", "胸椎正侧位"], {Region.SPINE}),
        (["颈椎MR"], {Region.SPINE}),
        (["头颅CT"], {Region.HEAD}),
        (["胸腰椎MR"], {Region.SPINE}),
        (["胸腹部CT增强"], {Region.CHEST, Region.ABDOMEN}),
        (["右膝关节正侧位"], {Region.LOWER_LIMB}),
        (["双侧乳腺钼靶"], {Region.BREAST}),
        (["HANDLE WITH CARE"], set()),
        (["Whole body"], set()),
        ([], set()),
    ],
)
def test_words_name_regions(words: list[str], regions: set[Region]) -> None:
    assert regions_of(words) == regions


@given(DAYS)
def test_a_day_is_read_as_it_was_written(day: date) -> None:
    assert day_of(f"{day:%Y%m%d}") == day


@given(st.text(max_size=10))
def test_what_is_no_day_is_none(said: str) -> None:
    found = day_of(said)
    assert found is None or f"{found:%Y%m%d}" == said


@given(DAYS, DAYS, MODALITIES, MODALITIES, REGIONS, REGIONS)
def test_relevance_says_what_two_studies_share(
    now: date,
    then: date,
    modalities: frozenset[str],
    others: frozenset[str],
    regions: frozenset[Region],
    places: frozenset[Region],
) -> None:
    found = relevance(a_study(now, modalities, regions), a_study(then, others, places))
    assert found.same_modality == bool(modalities & others)
    assert found.same_region == bool(regions & places)
    assert found.days_before is not None
    assert now - timedelta(days=found.days_before) == then


def test_without_a_date_nothing_is_relevant_unasked() -> None:
    chest = frozenset({Region.CHEST})
    ct = frozenset({"CT"})
    found = relevance(a_study(date(2026, 1, 1), ct, chest), a_study(None, ct, chest))
    assert found.days_before is None
    assert not found.relevant


@given(st.lists(st.builds(Relevance, same_modality=..., same_region=..., days_before=st.integers(0, 9_000))))
def test_the_most_telling_comes_first(found: list[Relevance]) -> None:
    ranked = sorted(found, key=rank)
    for one, other in itertools.pairwise(ranked):
        assert one.relevant >= other.relevant
        if one.relevant == other.relevant:
            assert one.same_region >= other.same_region
        if (one.relevant, one.same_region, one.same_modality) == (
            other.relevant,
            other.same_region,
            other.same_modality,
        ):
            assert (one.days_before or 0) <= (other.days_before or 0)


@pytest.mark.parametrize(
    "days, relevant", [(0, False), (1, True), (RELEVANT_DAYS, True), (RELEVANT_DAYS + 1, False)]
)
def test_two_years_are_compared_unasked(days: int, *, relevant: bool) -> None:
    assert Relevance(same_modality=True, same_region=True, days_before=days).relevant is relevant
