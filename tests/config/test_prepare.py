"""The set-up's decisions; `make test` itself is the proof that it sets up."""

import os
import shutil
import subprocess
import sys
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


def test_downloads_are_forgotten_and_what_is_installed_stays(tmp_path: Path) -> None:
    """uv's hard links: the cache goes, the environment keeps the file and the space is counted once."""
    cache, installed = tmp_path / "cache" / "uv", tmp_path / "venv"
    cache.mkdir(parents=True)
    installed.mkdir()
    (cache / "module.py").write_bytes(b"x" * 2_000_000)
    (cache / "wheel").write_bytes(b"x" * 1_000_000)
    (installed / "module.py").hardlink_to(cache / "module.py")
    assert prepare.size_mb(tmp_path) == 3
    prepare.forget_downloads(tmp_path / "cache")
    assert not cache.exists()
    assert (installed / "module.py").stat().st_size == 2_000_000
    assert prepare.size_mb(tmp_path) == 2
    prepare.forget_downloads(tmp_path / "cache")


def test_a_step_is_stamped_only_when_it_was_done_whole(tmp_path: Path) -> None:
    """In a clone of its own, as `ROOT` and `STAMPS` follow the file."""
    (tmp_path / "config").mkdir()
    shutil.copy(ROOT / "config" / "prepare.py", tmp_path / "config" / "prepare.py")
    code = (
        "import sys; sys.path.insert(0, 'config'); import prepare as p\n"
        "with p.alone():\n"
        "    with p.stamped('step', 'one'): pass\n"
        "    print(p.is_stamped('step', 'one'), p.is_stamped('step', 'two'), p.is_stamped('other', 'one'))\n"
        "    try:\n"
        "        with p.stamped('step', 'one'): raise p.SetUpFailed('half')\n"
        "    except p.SetUpFailed: pass\n"
        "    print(p.is_stamped('step', 'one'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "False", "False", "False"]


def set_up_that_waits(folder: Path) -> subprocess.Popen[str]:
    """A set-up that says "held" and goes on when it is sent a line."""
    code = (
        "import sys; sys.path.insert(0, 'config'); import prepare as p\n"
        "with p.alone():\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.readline()\n"
    )
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", code]
    return subprocess.Popen(command, cwd=folder, text=True, stdin=pipe, stdout=pipe, stderr=pipe)


def test_a_second_set_up_waits_for_the_first(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    shutil.copy(ROOT / "config" / "prepare.py", tmp_path / "config" / "prepare.py")
    with set_up_that_waits(tmp_path) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with set_up_that_waits(tmp_path) as second:
            assert second.stderr is not None
            assert "another set-up is running" in second.stderr.readline()
            first.communicate("\n")
            assert second.communicate("\n")[0] == "held\n"


@pytest.mark.parametrize("python", ["/nowhere/python3", "/bin/false"])
def test_a_machine_without_a_usable_python_is_told_so(tmp_path: Path, python: str) -> None:
    """make itself says what is missing; nothing is set up."""
    shutil.copy(ROOT / "Makefile", tmp_path / "Makefile")
    (tmp_path / "bin").mkdir()
    for program in ("make", "sh", "env"):
        found = shutil.which(program)
        assert found
        (tmp_path / "bin" / program).symlink_to(found)
    done = subprocess.run(
        ["make", "ready-to-run", f"PYTHON={python}"],
        cwd=tmp_path, env={"PATH": str(tmp_path / "bin")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "no Python 3.11 or newer" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_make_alone_lists_every_verb() -> None:
    """And each one listed is a target with a line of its own."""
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = {line.split()[1] for line in shown.splitlines() if line.startswith("  make ")}
    assert listed >= {
        "run",
        "test",
        "check",
        "fix",
        "api",
        "migration",
        "e2e",
        "bench",
        "bench-dicom",
        "ohif",
        "faults",
        "lock",
        "clean",
    }
