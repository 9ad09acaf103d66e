"""What was made of a study leaves the cache with it; what was made of others stays."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from dicom_node.archive.tables import Study
from viewer.block_cache import BlockCache
from viewer.cached_studies import FRAMES, METADATA, CachedStudies


def a_study(uid: str, institution_id: str = "county") -> Study:
    return cast("Study", SimpleNamespace(institution_id=institution_id, study_instance_uid=uid))


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache with packs and metadata of three studies."""
    for kind, group in ((FRAMES, "p1"), (FRAMES, "p2"), (METADATA, "s1"), (FRAMES, "p3"), (FRAMES, "p4")):
        BlockCache(tmp_path / kind).write(group, "0", b"block")
    cached = CachedStudies(tmp_path)
    cached.note(a_study("1.2"), FRAMES, ["p1", "p2"])
    cached.note(a_study("1.2"), METADATA, ["s1"])
    cached.note(a_study("1.2", "city"), FRAMES, ["p3"])
    cached.note(a_study("1.2.1"), FRAMES, ["p4"])
    return tmp_path


def test_all_of_one_copy_goes_and_nothing_else(cache: Path) -> None:
    CachedStudies(cache).forget("county", "1.2")
    assert files(cache) == [
        "frames/p3/0",
        "frames/p4/0",
        "studies/city.1.2/frames.p3",
        "studies/county.1.2.1/frames.p4",
    ]
    CachedStudies(cache).forget("county", "1.2")
    CachedStudies(cache).forget("city", "1.2")
    CachedStudies(cache).forget("county", "1.2.1")
    assert files(cache) == []


def test_what_was_forgotten_already_is_no_fault(cache: Path) -> None:
    BlockCache(cache / FRAMES).forget("p1", "0")
    (cache / FRAMES / "p1").rmdir()
    CachedStudies(cache).forget("county", "1.2")
    assert not [name for name in files(cache) if "p2" in name or "s1" in name]


def test_noting_twice_notes_once(cache: Path) -> None:
    before = files(cache)
    CachedStudies(cache).note(a_study("1.2"), FRAMES, ["p1"])
    assert files(cache) == before


def test_a_disk_that_takes_no_note_is_said_to(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "full").write_bytes(b"no folder")
    assert not CachedStudies(tmp_path / "full").note(a_study("1.2"), FRAMES, ["p1"])
    assert CachedStudies(cache).note(a_study("1.2"), FRAMES, ["p1"])
