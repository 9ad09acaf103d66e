"""The cache of blocks: whole files, bounded, oldest first."""

import os
import tempfile
from pathlib import Path

from hypothesis import given, strategies as st

from viewer.block_cache import BlockCache


def files_in(folder: Path) -> set[str]:
    return {f"{path.parent.name}/{path.name}" for path in folder.glob("*/*")}


def aged(folder: Path, name: str, seconds: int) -> None:
    """Make a file look as if it had last been used at that moment."""
    os.utime(folder / name, (seconds, seconds))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    cache = BlockCache(tmp_path)
    assert cache.read("pack", "0") is None
    assert not cache.has("pack", "0")
    cache.write("pack", "0", b"block")
    assert cache.read("pack", "0") == b"block"
    assert cache.has("pack", "0")
    cache.forget("pack", "0")
    cache.forget("pack", "0")
    assert cache.read("pack", "0") is None


def test_nothing_unfinished_is_left(tmp_path: Path) -> None:
    cache = BlockCache(tmp_path)
    for n in range(5):
        cache.write("pack", str(n), bytes(10))
    assert files_in(tmp_path) == {f"pack/{n}" for n in range(5)}
    assert (tmp_path / "pack").stat().st_mode & 0o077 == 0


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    cache = BlockCache(tmp_path, bytes_max=1000)
    for n in range(9):
        cache.write("pack", str(n), bytes(100))
        aged(tmp_path, f"pack/{n}", 1000 + n)
    cache.read("pack", "0")
    cache.write("pack", "9", bytes(300))
    assert cache.has("pack", "0")
    assert cache.has("pack", "9")
    assert not cache.has("pack", "1")


@given(sizes=st.lists(st.integers(0, 400), max_size=40))
def test_the_cache_never_outgrows_its_bound_by_more_than_its_slack(sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cache = BlockCache(folder, bytes_max=1000)
        for n, size in enumerate(sizes):
            cache.write("pack", str(n), bytes(size))
            assert sum(path.stat().st_size for path in folder.glob("*/*")) <= 1000 + 100


def test_a_new_cache_on_an_old_folder_counts_what_is_there(tmp_path: Path) -> None:
    old = BlockCache(tmp_path, bytes_max=10_000)
    for n in range(20):
        old.write("pack", str(n), bytes(100))
        aged(tmp_path, f"pack/{n}", 1000 + n)
    fresh = BlockCache(tmp_path, bytes_max=1000)
    fresh.write("pack", "new", bytes(10))
    assert sum(path.stat().st_size for path in tmp_path.glob("*/*")) <= 1000
    assert fresh.has("pack", "new")


def test_what_the_disk_does_not_take_is_not_kept(tmp_path: Path) -> None:
    cache = BlockCache(tmp_path)
    (tmp_path / "pack").write_bytes(b"no folder")
    assert not cache.write("pack", "0", b"block")
    (tmp_path / "pack").unlink()
    assert cache.write("pack", "0", b"block")
    assert cache.read("pack", "0") == b"block"
