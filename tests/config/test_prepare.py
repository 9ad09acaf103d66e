"""The set-up's decisions; `make test` itself is the proof that it sets up."""

import os
from pathlib import Path

import pytest

from config import prepare
from tests.contracts.sources import ROOT


@pytest.mark.parametrize(
    "version,good",
    [
        ("v20.18.3\n", False), ("v20.19.0\n", True), ("v21.7.0\n", False), ("v22.11.0\n", False),
        ("v22.12.0\n", True), ("v23.1.0\n", False), ("v24.0.0\n", True), ("v26.1.0\n", True), ("", False),
    ],
)  # fmt: skip
def test_which_node_will_do(version: str, good: bool) -> None:
    assert prepare.node_is_good(version) is good


def test_uv_hears_what_pip_was_told() -> None:
    told = prepare.uv_environment(
        "global.index-url='https://mirror.example/simple'\n:env:.cert='/etc/ca.pem'\nglobal.timeout='60'\n",
        {},
    )
    assert told["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert told["SSL_CERT_FILE"] == "/etc/ca.pem"
    assert told["UV_HTTP_TIMEOUT"] == "60"
    assert told["UV_PYTHON_DOWNLOADS"] == "never"


def test_what_was_set_for_uv_itself_stays() -> None:
    own = {"UV_DEFAULT_INDEX": "https://own.example", "UV_CACHE_DIR": "/cache"}
    told = prepare.uv_environment("global.index-url='https://mirror.example/simple'\n", own)
    assert not told.keys() & own.keys()


def test_a_fingerprint_follows_names_bytes_and_facts() -> None:
    one, other = ROOT / "Makefile", ROOT / "pyproject.toml"
    prints = {
        prepare.digest([one]),
        prepare.digest([other]),
        prepare.digest([one], "3.12"),
        prepare.digest([]),
    }
    assert len(prints) == 4
    assert prepare.digest([one]) == prepare.digest([one])


def test_a_failed_command_shows_what_it_said() -> None:
    with pytest.raises(prepare.SetUpFailed, match=r"no such\n\n.*ended with 3"):
        prepare.call(["sh", "-c", "echo no such; exit 3"])


def test_sizes_count_hard_links_once(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"x" * 3_000_000)
    (tmp_path / "b").hardlink_to(file)
    assert prepare.size_mb(tmp_path) == 3


def test_client_sources_are_neither_packages_nor_the_build() -> None:
    names = {path.relative_to(prepare.STATIC).parts[0] for path in prepare.client_sources()}
    assert {"src", "package-lock.json", "index.html"} <= names
    assert not names & {"node_modules", "dist"}


def test_node_trusts_what_the_machine_trusts_and_keeps_its_cache_inside() -> None:
    told = prepare.node_environment()
    assert Path(told["npm_config_cache"]).is_relative_to(ROOT)
    assert Path(told["PATH"].split(":")[0], "node").exists()
    assert "NODE_EXTRA_CA_CERTS" in told or "NODE_EXTRA_CA_CERTS" in os.environ
    authorities = prepare.trusted_authorities()
    assert authorities is not None
    assert "BEGIN CERTIFICATE" in Path(authorities).read_text(errors="replace")
