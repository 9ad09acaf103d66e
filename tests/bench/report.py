"""Figures and the two files that carry them: one for people (.md), one for scripts (.json)."""

import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured figure and what it must keep to: at most, at least, or nothing."""

    name: str
    measured: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    spread: str = ""

    @property
    def ok(self) -> bool:
        """True when there is no target or it was met."""
        below = self.at_most is None or self.measured <= self.at_most
        return below and (self.at_least is None or self.measured >= self.at_least)

    @property
    def target(self) -> str:
        """The target in words."""
        if self.at_most is not None:
            return f"≤ {self.at_most:.3g} {self.unit}"
        return "—" if self.at_least is None else f"≥ {self.at_least:.3g} {self.unit}"

    @property
    def row(self) -> str:
        """A row of the table."""
        met = "—" if self.target == "—" else "yes" if self.ok else "NO"
        measured = f"{self.measured:g} {self.unit}" + (f" ({self.spread})" if self.spread else "")
        return f"| {self.name} | {measured} | {self.target} | {met} |"


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    return {
        "cores": os.cpu_count(),
        "load": [round(each, 2) for each in os.getloadavg()],
        "python": platform.python_version(),
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
    }


def save(name: str, facts: dict[str, object], rows: Sequence[object], lines: Sequence[str]) -> None:
    """Both result files, and what people read to the terminal."""
    RESULTS.mkdir(exist_ok=True)
    content = json.dumps({"machine": facts, "figures": list(rows)}, ensure_ascii=False, indent=1)
    (RESULTS / f"{name}.json").write_text(content + "\n")
    (RESULTS / f"{name}.md").write_text("\n".join(lines) + "\n")
    sys.stdout.write("\n" + "\n".join(lines) + "\n")


def where(facts: dict[str, object]) -> str:
    """The machine as people read it."""
    return f"{facts['cores']} cores, load (1, 5, 15 min) {facts['load']}, {facts['at']}."


def write(name: str, title: str, notes: Sequence[str], figures: Sequence[Figure]) -> None:
    """The figures as a table with their targets."""
    facts = machine()
    lines = [f"# {title}", "", f"`make bench` on {where(facts)}", *notes, ""]
    lines += ["| what | measured | target | met |", "|---|---|---|---|", *(figure.row for figure in figures)]
    save(name, facts, [asdict(figure) | {"ok": figure.ok} for figure in figures], lines)
