"""What the product imports when it runs is what `make run` installs: no package of the tests helps out."""

import json
import re
import subprocess
import sys
from importlib.metadata import packages_distributions

from tests.contracts.sources import ROOT, module_name, python

# Imports the named modules as if the forbidden packages were not installed.
IMPORT_ALL = """
import importlib, json, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in forbidden:
            raise ModuleNotFoundError(f"{name} is only there for the tests", name=name)

names, forbidden = (set(part) for part in json.load(sys.stdin))
sys.meta_path.insert(0, Absent())
for name in sorted(names):
    importlib.import_module(name)
"""
# Alembic loads its files itself, by their paths; a main module runs when it is imported.
NOT_IMPORTED = re.compile(r"\.migrations\.|\.__main__$")


def normalised(distribution: str) -> str:
    """A distribution's name as package indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def locked(name: str) -> set[str]:
    """The distributions that a lock names."""
    pins = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==", (ROOT / name).read_text(), re.MULTILINE)
    return {normalised(pin) for pin in pins}


def only_for_tests() -> list[str]:
    """The top-level modules of installed distributions that are not in the lock of what runs."""
    held = locked("requirements.lock")
    known = packages_distributions()
    return [module for module, names in known.items() if not {normalised(name) for name in names} & held]


def import_all(modules: list[str]) -> subprocess.CompletedProcess[str]:
    """Import `modules` in a process that has no package of the tests."""
    return subprocess.run(
        [sys.executable, "-c", IMPORT_ALL],
        input=json.dumps([modules, only_for_tests()]),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_product_can_be_imported_from_its_lock_alone() -> None:
    ours = [module_name(source.path) for source in python() if not source.is_test]
    done = import_all([name for name in ours if not NOT_IMPORTED.search(name)])
    assert done.returncode == 0, done.stderr


def test_a_package_of_the_tests_is_absent_there() -> None:
    assert "playwright" in only_for_tests()
    assert "sqlalchemy" not in only_for_tests()
    assert "playwright is only there for the tests" in import_all(["playwright"]).stderr
    assert normalised("Foo_.Bar") == "foo-bar"
