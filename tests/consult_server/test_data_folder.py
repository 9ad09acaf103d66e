"""The data folder: made closed, closed if it is open, held by one server at a time."""

import os
import stat
from pathlib import Path

import pytest

from consult_server import data_folder
from consult_server.data_folder import (
    AlreadyServing,
    DataFolderUnusable,
    is_held,
    make,
    only_one,
    open_to_others,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_it_is_made_for_its_owner_alone_whatever_the_mask(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        make(tmp_path / "home")
    finally:
        os.umask(before)
    assert mode(tmp_path / "home") == 0o700


@pytest.mark.parametrize("given", [0o777, 0o755, 0o750, 0o701])
def test_one_that_is_open_is_closed_and_keeps_what_is_in_it(tmp_path: Path, given: int) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "kept").write_text("x")
    home.chmod(given)
    make(home)
    assert mode(home) == 0o700
    assert (home / "kept").read_text() == "x"


def test_one_that_is_closed_is_left_as_it_is(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    make(home)
    assert mode(home) == 0o500


def test_it_is_made_below_folders_that_are_not_there(tmp_path: Path) -> None:
    make(tmp_path / "a" / "b" / "home")
    assert (tmp_path / "a" / "b" / "home").is_dir()


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_place_that_is_a_file_is_refused_with_the_systems_own_reason(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DataFolderUnusable) as refused:
        make(tmp_path / place)
    assert refused.value.params["home"] == str(tmp_path / place)
    assert str(refused.value.params["reason"])
    assert (tmp_path / "file").read_text() == "not a folder"


def test_only_one_holds_it_and_lets_it_go(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert is_held(home) is False
    with only_one(home):
        assert is_held(home) is True
        with pytest.raises(AlreadyServing) as refused, only_one(home):
            pass
        assert refused.value.params == {"home": str(home)}
        assert is_held(home) is True, "who was refused does not let it go"
    assert is_held(home) is False
    with only_one(home):
        assert is_held(home)


def test_it_is_let_go_when_the_server_fails(tmp_path: Path) -> None:
    with pytest.raises(LookupError), only_one(tmp_path / "home"):
        raise LookupError
    assert is_held(tmp_path / "home") is False


def test_two_folders_are_two_servers(tmp_path: Path) -> None:
    with only_one(tmp_path / "one"), only_one(tmp_path / "two"):
        assert (is_held(tmp_path / "one"), is_held(tmp_path / "two")) == (True, True)


def test_asking_makes_nothing(tmp_path: Path) -> None:
    assert is_held(tmp_path / "home") is False
    assert open_to_others(tmp_path / "home") == []
    assert not (tmp_path / "home").exists()


def test_the_lock_is_closed_to_others_too(tmp_path: Path) -> None:
    with only_one(tmp_path / "home"):
        assert mode(tmp_path / "home" / data_folder.LOCK) & 0o077 == 0


@pytest.mark.parametrize(
    "modes,loose",
    [
        ({}, []),
        ({"": 0o750}, [""]),
        ({"secrets": 0o755}, ["secrets"]),
        ({"secrets/join_ticket": 0o644}, ["secrets/join_ticket"]),
        ({"secrets/join_ticket": 0o620, "": 0o711}, ["", "secrets/join_ticket"]),
        ({"lianzhen.db": 0o666}, []),
    ],
)
def test_what_others_may_look_into_is_named(tmp_path: Path, modes: dict[str, int], loose: list[str]) -> None:
    """A file in a folder that nobody else may enter is out of reach; secrets are looked at one by one."""
    home = tmp_path / "home"
    (home / "secrets").mkdir(parents=True)
    for name in ("secrets/join_ticket", "secrets/turn_secret", "lianzhen.db"):
        (home / name).write_text("x")
        (home / name).chmod(0o600)
    for name in ("secrets", ""):
        (home / name).chmod(0o700)
    for name, given in modes.items():
        (home / name).chmod(given)
    assert open_to_others(home) == [home / name for name in loose]
