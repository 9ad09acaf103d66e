"""C-FIND as an operation of an association (PS3.7 9.1.2, PS3.4 C.4.1)."""

from collections.abc import Iterator, Sequence

from dicom_node.command import Answer
from dicom_node.intake.parse import syntax_of
from dicom_node.line import Context, Line
from dicom_node.query.answers import SOP_CLASSES_IN_STUDY, answered
from dicom_node.query.encoding import encoded
from dicom_node.query.identifier import Collector, Query, read_query
from dicom_node.query.model import IdentifierFault
from dicom_node.query.queries import PAGE_ROWS, Index, Match
from dicom_node.status import CANCELLED, OUT_OF_RESOURCES, PENDING, PENDING_SOME_KEYS_IGNORED, SUCCESS


def tell(line: Line, status: int, identifiers: Iterator[bytes], *, cut_at: int | None) -> Answer:
    """Each identifier as a pending answer of `status`, then the last answer.

    `cut_at` is how many were answered where there are more. A C-CANCEL ends it between two answers.
    """
    for identifier in identifiers:
        if line.cancelled():
            return Answer(CANCELLED)
        line.pending(Answer(status, identifier=identifier))
    if cut_at is not None:
        return Answer(OUT_OF_RESOURCES, f"more than {cut_at} matches, narrow the query")
    return Answer(SUCCESS)


class Finding:
    """A C-FIND: an answer for each match as its page is read, then how it went."""

    def __init__(self, index: Index, context: Context, *, ae_title: str, results_max: int) -> None:
        self._index, self._context = index, context
        self._ae_title, self._results_max = ae_title, results_max
        self._collector, self._syntax = Collector(), syntax_of(context.transfer_syntax)

    def take(self, piece: memoryview) -> None:
        """The next bytes of the identifier."""
        self._collector.take(piece)

    def answer(self, line: Line) -> Answer:
        """Every match over `line`, then success, cancellation, or why not."""
        try:
            query = read_query(self._collector.identifier(self._syntax), self._context)
        except IdentifierFault as fault:
            return fault.answer
        keys = self._index.keys(query.level, query.filters, self._results_max + 1)
        return tell(
            line,
            PENDING if query.complete else PENDING_SOME_KEYS_IGNORED,
            self._answers(query, keys[: self._results_max]),
            cut_at=self._results_max if len(keys) > self._results_max else None,
        )

    def _answers(self, query: Query, keys: Sequence[str]) -> Iterator[bytes]:
        for match in self._matches(query, keys):
            yield encoded(answered(query, match, self._ae_title), self._syntax, query.character_set)

    def _matches(self, query: Query, keys: Sequence[str]) -> Iterator[Match]:
        for start in range(0, len(keys), PAGE_ROWS):
            page = keys[start : start + PAGE_ROWS]
            yield from self._index.page(query.level, page, sop_classes=SOP_CLASSES_IN_STUDY in query.wanted)

    def close(self) -> None:
        """Nothing is held."""
