"""What objects say of spaces and calibrations, from their DICOM JSON and from real files."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, strategies as st
from pydicom import dcmread

from tests.viewer.reading.conftest import Shelf
from viewer.attributes import Attributes
from viewer.spatial import Calibration, calibration_of, grouped, region_of


def attributes(**values: Any) -> Attributes:
    """A data set from `t00200052="1.2"`."""
    return {
        tag.removeprefix("t"): {"vr": "UN", "Value": value if isinstance(value, list) else [value]}
        for tag, value in values.items()
    }


REGION = {
    "t00186012": 1,
    "t00186014": 1,
    "t00186016": 2,
    "t00186018": 10,
    "t0018601A": 20,
    "t0018601C": 300,
    "t0018601E": 400,
    "t00186024": 3,
    "t00186026": 3,
    "t0018602C": 0.02,
    "t0018602E": -0.03,
}


def test_a_region_is_told_as_the_object_states_it() -> None:
    region = region_of(attributes(**REGION))
    assert region is not None
    assert (region.min_x, region.min_y, region.max_x, region.max_y) == (10, 20, 300, 400)
    assert (region.spatial_format, region.data_type, region.flags) == (1, 1, 2)
    assert (region.units_x, region.units_y, region.delta_x, region.delta_y) == (3, 3, 0.02, -0.03)
    for corner in ("t00186018", "t0018601A", "t0018601C", "t0018601E"):
        assert region_of(attributes(**{k: v for k, v in REGION.items() if k != corner})) is None


def test_calibrations_are_told_where_they_mean_something() -> None:
    told = calibration_of(
        attributes(t00200052="1.2.9", t00181114=1.25, t00182010=[0.2, 0.1], t00186011=[attributes(**REGION)])
    )
    assert (told.frame_of_reference_uid, told.magnification, told.nominal_mm) == ("1.2.9", 1.25, (0.2, 0.1))
    assert len(told.regions) == 1
    wrong = calibration_of(attributes(t00181114=-1.0, t00182010=[0.2, 0.0], t00186011=[attributes()]))
    assert (wrong.magnification, wrong.nominal_mm, wrong.regions) == (None, None, ())


@given(st.lists(st.sampled_from(["1.1", "1.2", "1.3"]), max_size=30))
def test_every_object_finds_its_own_group(references: list[str]) -> None:
    named = [(f"9.{i}", calibration_of(attributes(t00200052=uid))) for i, uid in enumerate(references)]
    groups = grouped(named)
    assert len(groups) == len(set(references))
    by_name = {uid: group for group in groups for uid in group.sop_instance_uids}
    for uid, one in named:
        found = by_name.get(uid, groups[0])
        assert found.frame_of_reference_uid == one.frame_of_reference_uid
    assert all(group.sop_instance_uids for group in groups[1:])
    assert groups == () or groups[0].sop_instance_uids == ()


@pytest.mark.samples
async def test_a_real_study_tells_its_spaces_to_its_readers_only(
    client: httpx.AsyncClient, shelf: Shelf, samples: Path
) -> None:
    files = sorted(path for path in (samples / "ct" / "philips_54").iterdir() if path.name != "DIRFILE")[:6]
    (uid,) = await shelf.store(files)
    answer = await client.get(f"/api/studies/{uid}/spatial")
    (series,) = answer.json()["series"]
    spoken = {str(dcmread(file, stop_before_pixels=True).FrameOfReferenceUID) for file in files}
    groups = [Calibration.model_validate(group) for group in series["groups"]]
    assert {group.frame_of_reference_uid for group in groups} == spoken
    assert all(group.regions == () for group in groups)
    elsewhere = await client.get(f"/api/studies/{uid}/spatial", headers={"x-institution": "inst-elsewhere"})
    assert elsewhere.status_code == 404
