"""Moments keep their zone, on both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select
from sqlalchemy.exc import StatementError

from config.kernel.database import open_sync_engine, sync_transaction
from config.kernel.tables import UtcDateTime, registry_for

metadata = MetaData()
moments = Table("t_moment", metadata, Column("id", Integer, primary_key=True), Column("at", UtcDateTime()))
SHANGHAI = timezone(timedelta(hours=8))


def stored(url: str, moment: datetime | None) -> datetime | None:
    engine = open_sync_engine(url)
    metadata.create_all(engine)
    try:
        with sync_transaction(engine) as tx:
            tx.execute(insert(moments).values(id=1, at=moment))
        with sync_transaction(engine) as tx:
            found: datetime | None = tx.execute(select(moments.c.at)).scalar_one()
            return found
    finally:
        engine.dispose()


@pytest.mark.parametrize(
    "moment", [datetime(2026, 3, 2, 9, 30, 0, 123456, SHANGHAI), datetime(1950, 1, 1, tzinfo=UTC)]
)
def test_a_moment_comes_back_as_the_same_moment_in_utc(database_url: str, moment: datetime) -> None:
    back = stored(database_url, moment)
    assert back == moment
    assert back.utcoffset() == timedelta(0)


def test_nothing_stays_nothing(database_url: str) -> None:
    assert stored(database_url, None) is None


def test_a_moment_without_a_zone_is_refused(database_url: str) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        stored(database_url, datetime(2026, 3, 2, 9, 30))  # noqa: DTZ001 - the point


def test_each_owner_has_its_own_metadata() -> None:
    one, other = registry_for("one"), registry_for("other")
    assert one.metadata is not other.metadata
    assert one.metadata.info == {"owner": "one"}
