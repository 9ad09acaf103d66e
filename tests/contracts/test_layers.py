"""Arrows go down: import-linter holds here, and notices a planted offence."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts.sources import PACKAGES, ROOT

ENTRY = "import sys; from importlinter.cli import lint_imports_command as c; c(['--no-cache'])"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the packages in `folder`, which come first on the path."""
    return subprocess.run(
        [sys.executable, "-c", ENTRY],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "file,line,contract",
    [
        ("config/kernel/ids.py", "import dicom_node.events", "Arrows go down"),
        ("viewer/access.py", "import signaling", "Arrows go down"),
        ("consult_server/audit/tables.py", "import consult_server.reports.tables", "Features go down"),
        ("consult_server/consults/domain.py", "import sqlalchemy", "Domains are pure"),
        ("dicom_node/events.py", "import fastapi", "The DICOM node runs without a web server"),
        ("viewer/access.py", "import dicom_node.intake", "archive's intake"),
    ],
)
def test_a_planted_offence_fails(copy: Path, file: str, line: str, contract: str) -> None:
    target = copy / file
    target.write_text(f"{target.read_text()}\n{line}\n")
    done = lint(copy)
    assert done.returncode == 1, done.stdout
    assert any(contract in text and "BROKEN" in text for text in done.stdout.splitlines()), done.stdout


def test_the_node_loads_neither_the_product_nor_a_web_framework() -> None:
    question = "import dicom_node.app, json, sys; print(json.dumps(list(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", question], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert "dicom_node" in loaded
    assert not loaded & {"consult_server", "fastapi", "starlette", "viewer", "signaling"}
