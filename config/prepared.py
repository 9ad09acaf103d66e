"""Questions that are made once: SQL text, where each value goes, and what becomes of each column.

SQLAlchemy takes some hundred microseconds to find a statement's text again, to run it in a session and
to make objects of its rows, each of which may be changed. What is asked with every image is read here
straight from the file. Elsewhere the session answers the same statement.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Select, inspect
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from config.kernel.view import View

SHAPES_MAX = 64
DIALECT = sqlite.dialect()
Values: TypeAlias = Mapping[str, Any]
Lengths: TypeAlias = tuple[int | None, ...]
Row: TypeAlias = tuple[Any, ...]
Processor: TypeAlias = Callable[[Any], Any]
Maker: TypeAlias = Callable[[Row], Any]


class Text:
    """The SQL of a statement, with a place for each value in their order."""

    def __init__(self, statement: Select[*Row], values: Values) -> None:
        state = statement.compile(dialect=DIALECT).construct_expanded_state(dict(values))
        self.sql = state.statement
        self.places = list(zip(state.positiontup or (), state.positional_parameters, strict=True))

    def filled(self, values: Values) -> list[Any]:
        """A value for each place; what has no name in `values` is as it was when the text was made."""
        flat = _flat(values)
        return [flat.get(name, fixed) for name, fixed in self.places]


class Prepared:
    """A statement with named values, lists of them too; rows are tuples of its entities and columns.

    Entities of a file's rows are pictures: they have their columns and belong to no session.
    """

    def __init__(self, statement: Select[*Row]) -> None:
        self.statement = statement
        self._makers = _makers(statement)
        self._texts: dict[Lengths, Text] = {}

    async def rows(self, view: AsyncSession, values: Values) -> list[Row]:
        """What the statement finds."""
        found = await self.rows_of_file(view, values) if isinstance(view, View) else None
        if found is None:
            return [tuple(row) for row in await view.execute(self.statement, dict(values))]
        return found

    async def rows_of_file(self, view: View, values: Values) -> list[Row] | None:
        """What the statement finds in a file; None where the view is no file's."""
        found = await view.plain(lambda: self._filled(values))
        return None if found is None else self._made(found)

    async def filled_rows(self, view: View, values: Sequence[Any]) -> list[Row] | None:
        """The same with a value for each place of the SQL, in order; None where the view is no file's."""
        found = await view.plain(lambda: (self._text({}).sql, values))
        return None if found is None else self._made(found)

    def _filled(self, values: Values) -> tuple[str, Sequence[Any]]:
        text = self._text(values)
        return text.sql, text.filled(values)

    def _text(self, values: Values) -> Text:
        """The text for lists of these lengths."""
        lengths = tuple(len(v) if isinstance(v, list) else None for v in values.values())
        text = self._texts.get(lengths)
        if text is None:
            if len(self._texts) >= SHAPES_MAX:
                self._texts.clear()
            text = self._texts[lengths] = Text(self.statement, values)
        return text

    def _made(self, rows: Sequence[Row]) -> list[Row]:
        makers = self._makers
        return [tuple(make(row) for make in makers) for row in rows] if makers else list(rows)


def _flat(values: Values) -> dict[str, Any]:
    """Values by the names that SQLAlchemy gives them where it writes out a list."""
    flat = dict[str, Any]()
    for name, value in values.items():
        if not isinstance(value, list):
            flat[name] = value
            continue
        for place, one in enumerate(value, 1):
            if isinstance(one, tuple):
                flat |= {f"{name}_{place}_{inner}": part for inner, part in enumerate(one, 1)}
            else:
                flat[f"{name}_{place}"] = one
    return flat


def _makers(statement: Select[*Row]) -> list[Maker]:
    """What makes each member of an answered row of a row as SQLite has it; none when it stays as it is."""
    makers, place, changed = list[Maker](), 0, False
    for description in statement.column_descriptions:
        entity = description["expr"]
        if isinstance(entity, type):
            makers.append(_picture(entity, place))
            place += len(inspect(entity).column_attrs)
            changed = True
        else:
            processor = _processor(description["type"])
            makers.append(_value(place, processor))
            place += 1
            changed = changed or processor is not None
    return makers if changed else []


def _processor(kind: TypeEngine[Any]) -> Processor | None:
    """What SQLAlchemy does to a value of this type as SQLite has it."""
    return kind.dialect_impl(DIALECT).result_processor(DIALECT, None)


def _value(place: int, processor: Processor | None) -> Maker:
    return lambda row: row[place] if processor is None else processor(row[place])


def _picture(entity: type[Any], place: int) -> Maker:
    """A picture of an entity from its columns, from `place` on; None where an outer join found none."""
    columns = list(inspect(entity).column_attrs)
    names, end = [column.key for column in columns], place + len(columns)
    processors = {column.key: _processor(column.columns[0].type) for column in columns}
    changed = [(name, processor) for name, processor in processors.items() if processor is not None]
    key = place + names.index(inspect(entity).primary_key[0].key)

    def make(row: Row) -> Any:
        if row[key] is None:
            return None
        picture = object.__new__(entity)
        facts = dict(zip(names, row[place:end], strict=True))
        for name, processor in changed:
            facts[name] = processor(facts[name])
        picture.__dict__.update(facts)
        return picture

    return make
