"""Rows as text in columns, for people at a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as aligned text; Chinese characters take two columns."""
    if not rows:
        return "none"
    heads = list(rows[0])
    cells = [heads, *([str(row[head] if row[head] is not None else "—") for head in heads] for row in rows)]
    widths = [max(_width(line[i]) for line in cells) for i in range(len(heads))]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in cells
    )


def _width(text: str) -> int:
    return sum(2 if ord(character) >= 0x2E80 else 1 for character in text)  # noqa: PLR2004 - where CJK begins
