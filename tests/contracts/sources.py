"""The repository's own files, as git sees them (tracked, and new ones that are not ignored)."""

import ast
import functools
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]
PACKAGES = ("config", "consult_server", "dicom_node", "signaling", "viewer")
GENERATED = ("schema.gen.ts",)
CODE = {".py", ".ts", ".svelte"}


@dataclass(frozen=True)
class Source:
    """One file: its path below the root, and its text."""

    path: PurePosixPath
    text: str

    @property
    def package(self) -> str:
        """The top-level folder it lies in."""
        return self.path.parts[0]

    @functools.cached_property
    def tree(self) -> ast.Module:
        """The syntax tree of a Python file."""
        return ast.parse(self.text, str(self.path))

    @property
    def is_test(self) -> bool:
        """True below tests/."""
        return self.package == "tests"


@functools.cache
def tracked() -> tuple[PurePosixPath, ...]:
    """Every file of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return tuple(PurePosixPath(name) for name in listed.split("\0") if name and (ROOT / name).is_file())


@functools.cache
def code() -> tuple[Source, ...]:
    """Every hand-written code file: Python, TypeScript, Svelte."""
    return tuple(
        Source(path, (ROOT / path).read_text(encoding="utf-8"))
        for path in tracked()
        if path.suffix in CODE and path.name not in GENERATED and not path.name.endswith(".d.ts")
    )


def python() -> list[Source]:
    """Every Python file."""
    return [source for source in code() if source.path.suffix == ".py"]


def p95(sizes: list[int]) -> int:
    """The size that 95 of 100 do not exceed."""
    return sorted(sizes)[(len(sizes) * 95 - 1) // 100]


def leftover_in_cycles(imports: dict[str, set[str]]) -> set[str]:
    """What remains when whatever imports nothing that remains is taken away, again and again."""
    left = {
        name: {other for other in used if other in imports and other != name}
        for name, used in imports.items()
    }
    while free := {name for name, used in left.items() if not used & left.keys()}:
        left = {name: used for name, used in left.items() if name not in free}
    used_by_left = set[str]().union(*left.values()) if left else set[str]()
    return left.keys() & used_by_left


def file_lines(source: Source) -> int:
    """Lines of a file."""
    return len(source.text.splitlines())


def module_name(path: PurePosixPath) -> str:
    """The dotted name of a Python file."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def python_imports(sources: list[Source]) -> dict[str, set[str]]:
    """For each module, the modules of ours that it names in an import."""
    names = {module_name(source.path) for source in sources}
    found: dict[str, set[str]] = defaultdict(set)
    for source in sources:
        used = found[module_name(source.path)]
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Import):
                used.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                inner = {f"{node.module}.{alias.name}" for alias in node.names}
                used.update(inner & names or {node.module})
    return found
