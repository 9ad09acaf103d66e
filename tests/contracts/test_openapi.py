"""The committed API description and the client's types are what the server says today."""

import os
import subprocess
from pathlib import Path

from config.prepare import node_environment
from consult_server import openapi
from tests.contracts.sources import ROOT

STATIC = ROOT / "static"
CURE = "run `make api` and commit what it writes"


def test_the_description_is_current() -> None:
    assert openapi.FILE.read_text(encoding="utf-8") == openapi.text(), CURE


def test_the_client_types_are_current(tmp_path: Path) -> None:
    target = tmp_path / "schema.gen.ts"
    program = STATIC / "node_modules" / ".bin" / "openapi-typescript"
    subprocess.run(
        [program, STATIC / "openapi.json", "-o", target],
        cwd=STATIC,
        env=os.environ | node_environment(),
        check=True,
        capture_output=True,
    )
    assert (STATIC / "src" / "api" / "schema.gen.ts").read_text() == target.read_text(), CURE


def test_operations_are_named_for_their_functions() -> None:
    verbs = [verb for path in openapi.describe()["paths"].values() for verb in path.values()]
    names = [verb["operationId"] for verb in verbs]
    assert len(names) == len(set(names))
    assert all(name.isidentifier() for name in names)
