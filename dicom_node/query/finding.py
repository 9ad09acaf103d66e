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
        status = PENDING if query.complete else PENDING_SOME_KEYS_IGNORED
        for match in self._matches(query, keys[: self._results_max]):
            if line.cancelled():
                return Answer(CANCELLED)
            elements = answered(query, match, self._ae_title)
            line.pending(Answer(status, identifier=encoded(elements, self._syntax, query.character_set)))
        if len(keys) > self._results_max:
            return Answer(OUT_OF_RESOURCES, f"more than {self._results_max} matches, narrow the query")
        return Answer(SUCCESS)

    def _matches(self, query: Query, keys: Sequence[str]) -> Iterator[Match]:
        for start in range(0, len(keys), PAGE_ROWS):
            page = keys[start : start + PAGE_ROWS]
            yield from self._index.page(query.level, page, sop_classes=SOP_CLASSES_IN_STUDY in query.wanted)

    def close(self) -> None:
        """Nothing is held."""
