"""What may not be in the repository: index hosts, machine paths, data, secrets, stray folders."""

import json
import re
from pathlib import PurePosixPath

from tests.contracts.sources import PACKAGES, ROOT, tracked

TEXT_BYTES_MAX = 1_000_000
# Written in pieces, so that this file does not break its own rule.
HOSTS = (
    "py" + "pi.org",
    "python" + "hosted.org",
    "registry." + "npmjs",
    "npm" + "mirror.com",
    "deb." + "debian.org",
)
MACHINE_PATHS = ("/work" + "/main", "/work" + "/shared", "/work" + "/notes", "/work" + "/.", "/root" + "/")
FORBIDDEN = re.compile("|".join(re.escape(text) for text in (*HOSTS, *MACHINE_PATHS)))
TOP_FOLDERS = {*PACKAGES, "static", "tests", ".ci"}
KEPT_OUT = {".db", ".log", ".pem", ".key", ".sqlite", ".pyc"}


def texts() -> dict[PurePosixPath, str]:
    found = {}
    for path in tracked():
        content = (ROOT / path).read_bytes()
        if b"\0" not in content[:8192]:
            found[path] = content.decode("utf-8", errors="replace")
    return found


def test_no_file_names_an_index_host_or_a_machine_path() -> None:
    faults = {str(path): found[0] for path, text in texts().items() if (found := FORBIDDEN.search(text))}
    assert faults == {}
    assert FORBIDDEN.search("index-url = https://" + HOSTS[0] + "/simple")


def test_python_locks_are_hashed_and_name_no_index() -> None:
    for name in (
        "requirements.lock",
        "requirements-dev.lock",
        "requirements-tools.lock",
        "requirements-node.lock",
    ):
        text = (ROOT / name).read_text()
        pins = re.findall(r"^[\w.\[\]-]+==\S+.*?(?=^[\w#]|\Z)", text, re.MULTILINE | re.DOTALL)
        assert pins, name
        assert [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin] == []
        assert not re.search(r"^-|https?://|--(extra-)?index-url", text, re.MULTILINE), name


def test_what_tests_need_agrees_with_what_runs() -> None:
    pins = re.compile(r"^([\w.\[\]-]+)==([^\s;]+)", re.MULTILINE)
    run = set(pins.findall((ROOT / "requirements.lock").read_text()))
    assert run <= set(pins.findall((ROOT / "requirements-dev.lock").read_text()))


def test_the_client_lock_names_no_address() -> None:
    lock = json.loads((ROOT / "static" / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []


def test_the_client_lock_holds_every_optional_part() -> None:
    """Or `npm ci` refuses it on some machines."""
    packages = json.loads((ROOT / "static" / "package-lock.json").read_text())["packages"]
    wanted = {part for entry in packages.values() for part in entry.get("optionalDependencies", {})}
    held = {name.rpartition("node_modules/")[2] for name in packages}
    assert sorted(wanted - held) == []


def test_only_the_customers_folders_and_ours() -> None:
    assert {path.parts[0] for path in tracked() if len(path.parts) > 1} <= TOP_FOLDERS


def test_no_data_or_log_is_kept() -> None:
    assert [str(path) for path in tracked() if path.suffix in KEPT_OUT or path.parts[0] == "data"] == []


def test_files_are_of_a_size_to_read() -> None:
    big = [str(p) for p in tracked() if (ROOT / p).stat().st_size > TEXT_BYTES_MAX]
    assert big == []
