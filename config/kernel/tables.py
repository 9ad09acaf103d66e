"""Column types and the registry that both database owners share."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, MetaData, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, always with zone: stored as UTC, refused when naive, returned aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: object) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone may not be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: object) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


def registry_for(owner: str) -> registry:
    """The registry of one owner's declarative base; every table name starts with `{owner}_`."""
    json_column = JSON().with_variant(JSONB(), "postgresql")
    return registry(
        metadata=MetaData(naming_convention=NAMING, info={"owner": owner}),
        type_annotation_map={
            datetime: UtcDateTime(),
            dict[str, Any]: json_column,
            list[str]: json_column,
            list[Any]: json_column,
        },
    )
