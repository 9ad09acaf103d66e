"""Every setting is in `config/defaults.toml` with a sentence, and nothing else is."""

import tomllib
from typing import Any

from pydantic import BaseModel

from config.settings import DEFAULTS, Settings


def fields(model: type[BaseModel], prefix: str = "") -> set[str]:
    found = set()
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found |= fields(inner, f"{prefix}{name}.")
        else:
            found.add(f"{prefix}{name}")
    return found


def keys(table: dict[str, Any], prefix: str = "") -> set[str]:
    found = set()
    for name, value in table.items():
        found |= keys(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}"}
    return found


def unexplained(text: str) -> list[str]:
    """Settings whose block of lines doesn't start with a comment."""
    found, explained = [], False
    for line in text.splitlines():
        if line.startswith("#"):
            explained = True
        elif not line.strip() or line.startswith("["):
            explained = False
        elif not explained:
            found.append(line)
    return found


def test_every_setting_is_in_the_defaults_and_nothing_else() -> None:
    assert keys(tomllib.loads(DEFAULTS.read_text())) == fields(Settings)


def test_every_setting_is_explained() -> None:
    assert unexplained(DEFAULTS.read_text()) == []
    assert unexplained("# a\nx = 1\ny = 2\n\nz = 3\n") == ["z = 3"]


def test_no_secret_has_a_default() -> None:
    assert [name for name in fields(Settings) if "secret" in name or "password" in name] == []
