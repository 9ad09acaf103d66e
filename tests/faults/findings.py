"""What the fault tests found, promise by promise, in tests/bench/results/faults.md and .json.

`LIANZHEN_FAULTS_SHARE` (0 to 1) makes every part smaller; the report then says "as far as run".
A run that takes only some parts leaves the other rows as they were: each row has its own date.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from tests.bench.report import RESULTS, machine, save, where

TITLE = "Faults and hostile input"
NOTES = (
    "Counts, not times, except where a time is the promise. Each row says when it was measured and at",
    "which size; a row of a smaller run says so. A dishonest server (no fsync, success before the index,",
    "success on a full disk) is put through the same checks in every run and has to be caught.",
    "Storage commitment after damage has a report of its own: commitment.md.",
)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One promise of issue 3 and what came of it; `size` is what was run of what is promised."""

    promise: str
    measured: str
    target: str
    kept: bool
    size: float = 1.0
    at: str = ""

    @property
    def met(self) -> str:
        """Met only when it held at the whole size."""
        if not self.kept:
            return "NO"
        return "yes" if self.size >= 1 else f"as far as run ({self.size:.0%})"

    @property
    def row(self) -> str:
        """A row of the table."""
        return f"| {self.promise} | {self.measured} | {self.target} | {self.met} | {self.at} |"


def share() -> float:
    """The part of the promised figures that this run takes."""
    part = float(os.environ.get("LIANZHEN_FAULTS_SHARE", "1"))
    assert 0 < part <= 1, "LIANZHEN_FAULTS_SHARE is above 0 and at most 1"
    return part


def scaled(promised: int, least: int = 1) -> int:
    """That part of a promised number."""
    return max(least, round(promised * share()))


def merged(before: Iterable[Finding], found: Iterable[Finding]) -> list[Finding]:
    """Rows in their order, those found again replaced, new ones at the end."""
    rows = {one.promise: one for one in before}
    return list((rows | {one.promise: one for one in found}).values())


def earlier() -> list[Finding]:
    """The rows of runs before this one."""
    file = RESULTS / "faults.json"
    if not file.is_file():
        return []
    rows = json.loads(file.read_text())["figures"]
    return [Finding(**{name: value for name, value in row.items() if name != "met"}) for row in rows]


def write(found: Iterable[Finding]) -> None:
    """Both result files."""
    facts = machine()
    rows = merged(earlier(), found)
    lines = [f"# {TITLE}", "", f"`make faults`, last on {where(facts)}", *NOTES, ""]
    lines += ["| promise | measured | target | met | when |", "|---|---|---|---|---|"]
    save("faults", facts, [asdict(one) | {"met": one.met} for one in rows], lines + [one.row for one in rows])
