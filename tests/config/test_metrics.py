"""The figures of a process: for the bearer of their token, or for all where the settings say so."""

import stat
from pathlib import Path

import pytest

from config.metrics import TOKEN, may_read
from config.settings import Settings, load, secret

GIVEN = "令牌 is not ASCII"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(home=str(tmp_path / "home"))


def test_the_token_is_made_on_first_use_for_its_owner_alone(settings: Settings) -> None:
    assert may_read(settings, "") is False
    file = settings.home_path / "secrets" / TOKEN
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert may_read(settings, f"Bearer {file.read_text()}")


@pytest.mark.parametrize(
    "pattern,heard",
    [
        ("Bearer {token}", True),
        ("bearer {token}", True),
        ("Bearer  {token} ", True),
        ("Basic {token}", False),
        ("{token}", False),
        ("Bearer", False),
        ("Bearer ", False),
        ("Bearer x{token}", False),
        ("Bearer {token}x", False),
        ("Bearer {swapped}", False),
        ("Bearer 令牌", False),
        ("", False),
    ],
)
def test_who_is_heard(settings: Settings, pattern: str, heard: bool) -> None:
    token = secret(settings, TOKEN).get_secret_value()
    assert may_read(settings, pattern.format(token=token, swapped=token.swapcase())) is heard


def test_a_given_token_is_taken_and_not_written(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANZHEN_SECRET_METRICS_TOKEN", GIVEN)
    assert may_read(settings, f"Bearer {GIVEN}")
    assert not (settings.home_path / "secrets" / TOKEN).exists()


@pytest.mark.parametrize("authorization", ["", "Bearer wrong", "Basic eDp5"])
def test_the_settings_may_open_them_to_all(tmp_path: Path, authorization: str) -> None:
    opened = load(home=str(tmp_path / "home"), web={"open_metrics": True})
    assert may_read(opened, authorization)
    assert not (tmp_path / "home").exists(), "no secret is made for nothing"
