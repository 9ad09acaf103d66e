"""Whether the index answers."""

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError


def answers(engine: Engine) -> bool:
    """True when the database takes a question."""
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True
