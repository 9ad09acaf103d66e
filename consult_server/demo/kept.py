"""What the demonstration keeps in the data folder: when it began, and a password for each of its people."""

import json
import os
from pathlib import Path
from typing import Any

from config.kernel.errors import NotFound

FILE_NAME = "demonstration.json"


class DemonstrationMissing(NotFound):
    """There is no demonstration here: run `lianzhen demo` beside a running server."""

    code = "demo.missing"


def file(home: Path) -> Path:
    """Where it is kept, readable by the owner only."""
    return home / FILE_NAME


def read(home: Path) -> dict[str, Any]:
    """All that is kept. Raises DemonstrationMissing."""
    try:
        kept: dict[str, Any] = json.loads(file(home).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DemonstrationMissing from error
    return kept


def accounts(home: Path) -> list[dict[str, str]]:
    """The sign-ins: user, password, role, institution, name. Raises DemonstrationMissing."""
    found: list[dict[str, str]] = read(home)["accounts"]
    return found


def write(home: Path, content: dict[str, object]) -> None:
    """Keep it, whole or not at all."""
    path = file(home)
    draft = path.with_suffix(".draft")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        json.dump(content, opened, ensure_ascii=False, indent=1)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(path)
