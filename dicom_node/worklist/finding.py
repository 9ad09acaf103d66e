"""C-FIND of the Modality Worklist as an operation of an association (PS3.4 K.4.1)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dicom_node.command import Answer
from dicom_node.intake.parse import syntax_of
from dicom_node.line import Context, Line
from dicom_node.query.encoding import encoded
from dicom_node.query.finding import tell
from dicom_node.query.identifier import Collector, Identifier, Keys
from dicom_node.query.model import SPECIFIC_CHARACTER_SET, IdentifierFault
from dicom_node.status import PENDING, PENDING_SOME_KEYS_IGNORED
from dicom_node.worklist.model import KEYS, OF_ENTRY, OF_STEP, STEP_KEYS, STEP_SEQUENCE, Key, answered
from dicom_node.worklist.queries import PAGE_ROWS, Wanted, Worklist


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """A question to the worklist. `wanted` and `step_wanted` map each key to the VR it came with."""

    keys: Wanted
    wanted: Mapping[int, str]
    step_wanted: Mapping[int, str]
    complete: bool
    character_set: str


def read_query(identifier: Identifier) -> Query:
    """The question that `identifier` is. Raises IdentifierFault."""
    step = identifier.inside(STEP_SEQUENCE)
    wanted, step_wanted = identifier.tags(), step.tags()
    known = {SPECIFIC_CHARACTER_SET, STEP_SEQUENCE, *OF_ENTRY}
    return Query(
        keys=Wanted(**_values(identifier, KEYS), **_values(step, STEP_KEYS)),
        wanted=wanted,
        step_wanted=step_wanted,
        complete=_is_served(identifier, {*known}, {STEP_SEQUENCE, SPECIFIC_CHARACTER_SET, *KEYS})
        and _is_served(step, {*OF_STEP}, {*STEP_KEYS}),
        character_set=identifier.character_set,
    )


def _values(keys: Keys, known: Mapping[int, Key]) -> dict[str, Any]:
    read = {key.field: keys.value(tag, key.kind) for tag, key in known.items() if keys.has_value(tag)}
    return {field: value for field, value in read.items() if value is not None}


def _is_served(keys: Keys, returned: set[int], matched: set[int]) -> bool:
    """True when every key can be returned and, if it has a value, matched."""
    return all(tag in (matched if keys.has_value(tag) else returned) for tag in keys.tags() if tag & 0xFFFF)


class Listing:
    """A C-FIND of the worklist: an answer for each entry as its page is read, then how it went."""

    def __init__(self, worklist: Worklist, context: Context, *, calling: str, results_max: int) -> None:
        self._worklist, self._calling, self._results_max = worklist, calling, results_max
        self._collector, self._syntax = Collector(), syntax_of(context.transfer_syntax)

    def take(self, piece: memoryview) -> None:
        """The next bytes of the identifier."""
        self._collector.take(piece)

    def answer(self, line: Line) -> Answer:
        """Every entry over `line`, then success, cancellation, or why not."""
        try:
            query = read_query(self._collector.identifier(self._syntax))
        except IdentifierFault as fault:
            return fault.answer
        keys = self._worklist.keys(query.keys, self._results_max + 1)
        return tell(
            line,
            PENDING if query.complete else PENDING_SOME_KEYS_IGNORED,
            self._answers(query, keys[: self._results_max]),
            cut_at=self._results_max if len(keys) > self._results_max else None,
        )

    def _answers(self, query: Query, keys: Sequence[str]) -> Iterator[bytes]:
        for start in range(0, len(keys), PAGE_ROWS):
            for entry in self._worklist.page(keys[start : start + PAGE_ROWS]):
                elements = answered(entry, query.wanted, query.step_wanted, self._station(query))
                yield encoded(elements, self._syntax, query.character_set)

    def _station(self, query: Query) -> str:
        """The station that a step for any station is given to: the one asked for, else who asks."""
        named = query.keys.station_ae_title
        return named if named and not {"*", "?"} & set(named) else self._calling

    def close(self) -> None:
        """Nothing is held."""
