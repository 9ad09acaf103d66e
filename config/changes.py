"""Has anything been committed since? What was read from a database holds until something is."""

import sqlite3

from sqlalchemy import make_url


class Changes:
    """One process's ear at the database.

    SQLite counts, for each connection, the commits of all others (`PRAGMA data_version`); asking
    takes some microseconds. Another database has to be asked over a socket, which costs what a read
    costs: there the mark is None, which says that nothing may be kept.
    """

    def __init__(self, database_url: str) -> None:
        address = make_url(database_url)
        self._connection: sqlite3.Connection | None = None
        if address.get_backend_name() == "sqlite":
            self._connection = sqlite3.connect(address.database or "", isolation_level=None)
            self._connection.execute("PRAGMA busy_timeout=0")

    def mark(self) -> int | None:
        """Equal to an earlier one only when nothing was committed in between; None when nobody can say."""
        if self._connection is None:
            return None
        try:
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            return None
        return int(version)

    def close(self) -> None:
        """Give the database back; nothing is known from then on."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
