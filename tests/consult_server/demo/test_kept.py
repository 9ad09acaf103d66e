"""What the demonstration keeps: for the owner alone, whole or not at all."""

import json
import os
import stat
from pathlib import Path

import pytest

from consult_server.demo import kept

ROWS = [{"user": "zhouli", "password": "a-b-c", "role": "applicant", "institution": "石桥镇中心卫生院"}]
NOTES: dict[str, object] = {"began_at": "2026-03-02T01:30:00+00:00", "accounts": ROWS}


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    kept.write(tmp_path, NOTES)
    assert kept.read(tmp_path) == NOTES
    assert kept.accounts(tmp_path) == ROWS
    assert "石桥镇" in kept.file(tmp_path).read_text(encoding="utf-8"), "people read this file too"


def test_where_nothing_is_kept_it_says_so(tmp_path: Path) -> None:
    for look in (kept.read, kept.accounts):
        with pytest.raises(kept.DemonstrationMissing):
            look(tmp_path)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_passwords_are_the_owners_alone_whatever_the_mask(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        kept.write(tmp_path, NOTES)
    finally:
        os.umask(before)
    assert stat.S_IMODE(kept.file(tmp_path).stat().st_mode) == 0o600


def test_a_writing_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    kept.write(tmp_path, NOTES)
    with pytest.raises(TypeError):
        kept.write(tmp_path, {"accounts": [object()]})
    assert kept.read(tmp_path) == NOTES


def test_a_draft_of_an_interrupted_run_is_no_obstacle(tmp_path: Path) -> None:
    kept.file(tmp_path).with_suffix(".draft").write_text("{ half of a longer file, " * 50)
    kept.write(tmp_path, NOTES)
    assert json.loads(kept.file(tmp_path).read_text(encoding="utf-8")) == NOTES
    assert sorted(path.name for path in tmp_path.iterdir()) == [kept.FILE_NAME]
