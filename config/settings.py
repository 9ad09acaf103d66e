"""All settings, frozen and typed; `config/defaults.toml` says what each one means.

Only entry points and tests call `load`. Secrets live in the data folder, one file each with mode
0600, made on first use: they have no default and never appear in `defaults.toml`.
"""

import contextlib
import hashlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from config.kernel.errors import NotFound

DEFAULTS = Path(__file__).with_name("defaults.toml")
SECRET_BYTES = 32
SOCKET_BYTES_MAX = 107
PREFIX, SECRET_PREFIX = "LIANZHEN_", "LIANZHEN_SECRET_"
# Read elsewhere: by `load`, the tests, and the set-up.
OTHER_VARIABLES = ("config", "failpoint", "samples", "strict")


class SettingsFileMissing(NotFound):
    """The file that LIANZHEN_CONFIG names does not exist."""

    code = "settings.file_missing"


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Http(_Group):
    """The web server."""

    host: str
    port: int = Field(ge=0, le=65535)
    public_url: str
    json_bytes_max: int
    stow_bytes_max: int
    concurrency_max: int


class Dicom(_Group):
    """The DICOM listener."""

    host: str
    port: int = Field(ge=0, le=65535)
    tls_port: int = Field(ge=0, le=65535)
    processes: int = Field(ge=0, le=64)
    ae_title: str = Field(min_length=1, max_length=16)
    quiet_seconds: float
    pdu_bytes_max: int
    object_bytes_max: int
    query_results_max: int = Field(ge=1, le=100_000)
    commitment_hours: float = Field(gt=0)
    associations_max: int
    associations_per_peer_max: int
    associate_seconds: float
    pdu_seconds: float
    idle_seconds: float
    health_port: int


def _begins_with(*allowed: str) -> AfterValidator:
    """Empty, or an address of one of these kinds."""

    def checked(url: str) -> str:
        if url and not any(url.startswith(kind) and len(url) > len(kind) for kind in allowed):
            message = f"an address begins with {' or '.join(allowed)}"
            raise ValueError(message)
        return url

    return AfterValidator(checked)


class DatabaseAddress(_Group):
    """Where the database is; empty means the embedded default, as in the two that follow."""

    url: Annotated[str, _begins_with("sqlite:///", "postgresql://")]


class RedisAddress(_Group):
    """Where Redis is."""

    url: Annotated[str, _begins_with("unix://", "redis://", "rediss://")]


class Objects(_Group):
    """Where objects are stored, and how they are kept there."""

    url: Annotated[str, _begins_with("file:///", "s3://")]
    upload_later: bool
    folder_bytes_max: int = Field(ge=0)
    reserve_bytes: int = Field(ge=0)
    check_days: float = Field(gt=0)
    check_bytes_per_second: int = Field(ge=0)


class Session(_Group):
    """How long a sign-in lasts and how many wrong passwords it forgives."""

    idle_minutes: int
    lifetime_hours: int
    failures_max: int
    lock_minutes: int


class Signaling(_Group):
    """Rooms and media."""

    url: str
    host: str
    port: int = Field(ge=0, le=65535)
    ticket_seconds: int
    grace_seconds: int
    participants_max: int
    turn_urls: list[str]
    turn_ttl_seconds: int
    probe_seconds_max: int


class Web(_Group):
    """The client as files."""

    client_folder: str
    api_docs: bool
    open_metrics: bool


class Settings(BaseSettings):
    """Everything an entry point needs to know."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    home: str
    language: str
    time_zone: str
    http: Http
    dicom: Dicom
    database: DatabaseAddress
    redis: RedisAddress
    objects: Objects
    session: Session
    signaling: Signaling
    web: Web

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        named = os.environ.get("LIANZHEN_CONFIG")
        if named and not Path(named).is_file():
            raise SettingsFileMissing(file=named)
        files = [TomlConfigSettingsSource(settings_cls, Path(named))] if named else []
        return (init_settings, env_settings, *files, TomlConfigSettingsSource(settings_cls, DEFAULTS))

    @property
    def home_path(self) -> Path:
        """The data folder, absolute."""
        return Path(self.home or "data").resolve()

    @property
    def database_url(self) -> str:
        """The database in use."""
        return self.database.url or f"sqlite:///{self.home_path / 'lianzhen.db'}"

    @property
    def redis_url(self) -> str:
        """The Redis in use; the private one waits on a socket in the data folder.

        A socket's path may hold 107 bytes (unix(7)): a deeper data folder gets one in the
        machine's folder for temporary files.
        """
        socket = self.home_path / "run" / "redis.sock"
        if len(bytes(socket)) > SOCKET_BYTES_MAX:
            mark = hashlib.sha256(bytes(socket)).hexdigest()[:16]
            socket = Path(tempfile.gettempdir()) / f"lianzhen-{os.getuid()}-{mark}" / "redis.sock"
        return self.redis.url or f"unix://{socket}"

    @property
    def objects_url(self) -> str:
        """The object store in use."""
        return self.objects.url or f"file://{self.home_path / 'objects'}"

    @property
    def public_url(self) -> str:
        """The origin people use, without a trailing slash."""
        return (self.http.public_url or f"http://{self.http.host}:{self.http.port}").rstrip("/")

    @property
    def client_path(self) -> Path:
        """The folder of the built client."""
        return Path(self.web.client_folder or Path(__file__).parent.parent / "static" / "dist")


def load(**overrides: Any) -> Settings:
    """The settings of this process. Raises SettingsFileMissing, tomllib's TOMLDecodeError, and
    pydantic's ValidationError with every fault named.
    """
    return Settings(**overrides)


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Variables that look like settings but name none: a slip of the pen goes unheard otherwise."""
    known = {*Settings.model_fields, *OTHER_VARIABLES}
    ours = [name for name in environment if name.startswith(PREFIX) and not name.startswith(SECRET_PREFIX)]
    return sorted(name for name in ours if name.removeprefix(PREFIX).split("__")[0].lower() not in known)


def secret(settings: Settings, name: str) -> SecretStr:
    """The secret `name`: from LIANZHEN_SECRET_<NAME>, else its file, else made now (0600)."""
    given = os.environ.get(SECRET_PREFIX + name.upper())
    if given:
        return SecretStr(given)
    folder = settings.home_path / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    if not path.exists():
        _make_secret(path)
    return SecretStr(path.read_text(encoding="ascii").strip())


def _make_secret(path: Path) -> None:
    """Write a fresh secret whole or not at all; whoever links first wins."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii"
    ) as file:
        file.write(secrets.token_urlsafe(SECRET_BYTES))
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()
