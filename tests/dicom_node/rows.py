"""What the index holds."""

from typing import TypeVar

from sqlalchemy import Engine, select
from sqlalchemy.orm import DeclarativeBase, Session

Row = TypeVar("Row", bound=DeclarativeBase)


def rows_of(engine: Engine, table: type[Row]) -> list[Row]:
    """All rows of a table."""
    with Session(engine) as session:
        found = list(session.scalars(select(table)))
        session.expunge_all()
        return found
