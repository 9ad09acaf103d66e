"""Statements that are executed for every object: made once, then given to the driver as text and values.

SQLAlchemy's own way from a statement to the driver costs some ten times what SQLite needs for a row.
The statement stays SQLAlchemy's, and so do the types of its values; only the way is shorter.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.expression import ClauseElement

Values: TypeAlias = Mapping[str, Any]
Bind: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Made:
    """The statement for one dialect: its text, and its values' names in order with how each is bound.

    `constants` are the values that the statement itself brings along.
    """

    text: str
    binds: tuple[tuple[str, Bind | None], ...]
    positional: bool
    constants: Values

    def bound(self, values: Values) -> Any:
        """`values` as the driver takes them."""
        if self.constants:
            values = {**self.constants, **values}
        if self.positional:
            return [values[name] if bind is None else bind(values[name]) for name, bind in self.binds]
        return {name: values[name] if bind is None else bind(values[name]) for name, bind in self.binds}


class Prepared:
    """One statement. What it returns is the driver's own: only for columns that need no conversion."""

    def __init__(
        self, statement: ClauseElement | Mapping[str, ClauseElement], columns: Sequence[str] | None = None
    ) -> None:
        """`statement` may be one for each dialect; `columns` are those that an INSERT gives values for."""
        self._statement, self._columns = statement, None if columns is None else list(columns)
        self._made: dict[str, _Made] = {}

    def first(self, connection: Connection, values: Values) -> tuple[Any, ...] | None:
        """The first row. Raises DBAPIError, as everything here."""
        made = self._for(connection.dialect)
        with _cursor(connection, made.text) as cursor:
            cursor.execute(made.text, made.bound(values))
            row: tuple[Any, ...] | None = cursor.fetchone()
            return row

    def run(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Execute it for each of `rows`."""
        made = self._for(connection.dialect)
        with _cursor(connection, made.text) as cursor:
            cursor.executemany(made.text, [made.bound(row) for row in rows])

    def run_each(self, connection: Connection, rows: Sequence[Values]) -> list[bool]:
        """Execute it for each of `rows`; for each whether it changed something."""
        made = self._for(connection.dialect)
        with _cursor(connection, made.text) as cursor:
            if made.positional:
                return [cursor.execute(made.text, made.bound(row)).rowcount > 0 for row in rows]
            return _in_one_journey(cursor, made.text, [made.bound(row) for row in rows])

    def _for(self, dialect: Dialect) -> _Made:
        made = self._made.get(dialect.name)
        if made is None:
            made = self._made[dialect.name] = self._make(dialect)
        return made

    def _make(self, dialect: Dialect) -> _Made:
        each = self._statement
        statement = each[dialect.name] if isinstance(each, Mapping) else each
        compiled: Any = statement.compile(dialect=dialect, column_keys=self._columns)
        names = compiled.positiontup if compiled.positional else list(compiled.binds)
        kinds = {name: compiled.binds[name].type.dialect_impl(dialect) for name in names}
        return _Made(
            text=str(compiled),
            binds=tuple((name, kinds[name].bind_processor(dialect)) for name in names),
            positional=bool(compiled.positional),
            constants={name: bind.value for name, bind in compiled.binds.items() if not bind.required},
        )


def _in_one_journey(cursor: Any, text: str, rows: Sequence[Any]) -> list[bool]:
    """On a server's connection: all of it sent before the first answer is read."""
    cursor.executemany(text, rows, returning=True)
    changed = [cursor.rowcount > 0]
    while cursor.nextset():
        changed.append(cursor.rowcount > 0)
    return changed


@contextmanager
def _cursor(connection: Connection, text: str) -> Iterator[Any]:
    """A cursor of the driver's; what the driver raises becomes SQLAlchemy's, a lost connection is told."""
    cursor: Any = connection.connection.cursor()
    dialect: Any = connection.dialect
    try:
        yield cursor
    except dialect.loaded_dbapi.Error as error:
        lost = dialect.is_disconnect(error, connection.connection.driver_connection, cursor)
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            text, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, connection_invalidated=lost
        ) from error
    finally:
        cursor.close()
