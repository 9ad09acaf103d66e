"""`make migration` drafts the next numbered file; the trees as they stand need none."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.revision import OWNERS, draft
from tests.contracts.sources import ROOT


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The trees of migrations, to be written into."""
    for owner in OWNERS:
        shutil.copytree(
            ROOT / owner / "migrations",
            tmp_path / owner / "migrations",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    return tmp_path


def assigned(file: Path) -> dict[str, object]:
    """The constants of a module."""
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }


@pytest.mark.parametrize("owner", OWNERS)
def test_a_draft_follows_the_newest_and_finds_nothing_to_do(copied: Path, owner: str) -> None:
    """The tables as they are mapped are the tables as they are migrated."""
    versions = copied / owner / "migrations" / "versions"
    newest = max(versions.glob("[0-9]*.py"))
    made = draft(owner, "post", "try the drafting", copied)
    number = int(newest.name[:4]) + 1
    assert made.name == f"{number:04}_post_try_the_drafting.py"
    facts = assigned(made)
    assert facts["revision"] == f"{number:04}_post"
    assert facts["down_revision"] == assigned(newest)["revision"]
    [upgrade] = [node for node in ast.parse(made.read_text()).body if isinstance(node, ast.FunctionDef)]
    assert [type(step) for step in upgrade.body] == [ast.Pass]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["consult_server", "pre", ""],
        ["consult_server", "before", "add a table"],
        ["signaling", "pre", "add a table"],
        ["consult_server", "pre", "../../elsewhere"],
    ],
)
def test_a_wrong_request_is_explained_and_makes_nothing(words: list[str]) -> None:
    before = {path for owner in OWNERS for path in (ROOT / owner / "migrations").rglob("*.py")}
    done = subprocess.run(
        [sys.executable, "-m", "config.revision", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("make migration m=")
    assert {path for owner in OWNERS for path in (ROOT / owner / "migrations").rglob("*.py")} == before
