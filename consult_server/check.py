"""`lianzhen check`: the settings in effect, one a line, secrets masked."""

from collections.abc import Iterator, Mapping
from typing import Any

from config.settings import Settings

SECRETS = ("join_ticket", "turn_secret", "s3_key_id", "s3_secret")


def _lines(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _lines(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name} = {value!r}"


def effective(settings: Settings) -> str:
    """Every setting as it is, then what follows from it."""
    followed = {
        "home": str(settings.home_path),
        "database": settings.database_url.split("@")[-1],
        "redis": settings.redis_url.split("@")[-1],
        "objects": settings.objects_url.split("?")[0],
        "public_url": settings.public_url,
    }
    kept = [f"secret {name} = ***" for name in SECRETS if (settings.home_path / "secrets" / name).exists()]
    return "\n".join([*_lines(settings.model_dump()), "", *_lines(followed, "in effect: "), *kept])
