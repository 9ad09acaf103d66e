"""Settings: who wins, what is refused, and that secrets stay secret."""

import stat
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.settings import DEFAULTS, Settings, load, secret


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LIANZHEN_CONFIG", "LIANZHEN_HOME", "LIANZHEN_HTTP__PORT", "LIANZHEN_DICOM__PORT"):
        monkeypatch.delenv(name, raising=False)


def write_config(folder: Path, text: str) -> str:
    path = folder / "site.toml"
    path.write_text(text)
    return str(path)


def test_defaults_come_from_the_file() -> None:
    settings = load()
    defaults = tomllib.loads(DEFAULTS.read_text())
    assert settings.http.port == defaults["http"]["port"] == 8080
    assert settings.dicom.ae_title == "LIANZHEN"


def test_a_later_source_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """defaults < LIANZHEN_CONFIG < environment < arguments; other fields of a group stay."""
    monkeypatch.setenv(
        "LIANZHEN_CONFIG", write_config(tmp_path, "[http]\nport = 1001\n[dicom]\nport = 1002\n")
    )
    assert (load().http.port, load().dicom.port) == (1001, 1002)
    monkeypatch.setenv("LIANZHEN_HTTP__PORT", "2001")
    assert (load().http.port, load().dicom.port) == (2001, 1002)
    assert load(http={"port": 3001}).http.port == 3001
    assert load().http.host == "127.0.0.1"


@pytest.mark.parametrize(
    "text,field",
    [
        ("[http]\nport = 70000\n", "http.port"),
        ("[http]\nprot = 1\n", "http.prot"),
        ("[nonsense]\nx = 1\n", "nonsense"),
        ('[dicom]\nae_title = "THIS_TITLE_IS_TOO_LONG"\n', "dicom.ae_title"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, field: str) -> None:
    monkeypatch.setenv("LIANZHEN_CONFIG", write_config(tmp_path, text))
    with pytest.raises(ValidationError) as refused:
        load()
    assert field in {".".join(str(part) for part in fault["loc"]) for fault in refused.value.errors()}


def test_settings_are_frozen() -> None:
    settings = load()
    with pytest.raises(ValidationError):
        settings.home = "elsewhere"  # type: ignore[misc]  # the point
    with pytest.raises(ValidationError):
        settings.http.port = 1  # type: ignore[misc]  # the point


def test_empty_addresses_mean_the_data_folder(tmp_path: Path) -> None:
    settings = load(home=str(tmp_path))
    assert settings.database_url == f"sqlite:///{tmp_path}/lianzhen.db"
    assert settings.redis_url == f"unix://{tmp_path}/run/redis.sock"
    assert settings.objects_url == f"file://{tmp_path}/objects"
    given = load(home=str(tmp_path), database={"url": "postgresql://u@h/d"}, redis={"url": "redis://h"})
    assert (given.database_url, given.redis_url) == ("postgresql://u@h/d", "redis://h")


def test_a_deep_data_folder_still_has_a_short_socket(tmp_path: Path) -> None:
    deep = load(home=str(tmp_path / ("deep" * 30)))
    other = load(home=str(tmp_path / ("deap" * 30)))
    assert len(deep.redis_url.removeprefix("unix://").encode()) <= 107
    assert deep.redis_url != other.redis_url


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(home=str(tmp_path / "data"))


def test_a_secret_is_made_once_and_only_for_its_owner(settings: Settings) -> None:
    first = secret(settings, "session_key")
    file = settings.home_path / "secrets" / "session_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert secret(settings, "session_key").get_secret_value() == first.get_secret_value()
    assert secret(settings, "other").get_secret_value() != first.get_secret_value()
    assert len(first.get_secret_value()) >= 43
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".")] == []


def test_processes_that_start_together_agree_on_a_secret(settings: Settings) -> None:
    with ThreadPoolExecutor(16) as pool:
        values = set(pool.map(lambda _: secret(settings, "k").get_secret_value(), range(64)))
    assert len(values) == 1


def test_a_given_secret_wins_and_is_not_written(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANZHEN_SECRET_TURN_SECRET", "given")
    assert secret(settings, "turn_secret").get_secret_value() == "given"
    assert not (settings.home_path / "secrets" / "turn_secret").exists()


def test_a_secret_is_masked_wherever_it_is_printed(settings: Settings) -> None:
    value = secret(settings, "k")
    assert value.get_secret_value() not in f"{value} {value!r} {settings!r}"
