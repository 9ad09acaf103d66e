"""A node that hears of examinations, on SQLite and PostgreSQL in turn."""

from tests.dicom_node.query.conftest import open_place, place

__all__ = ["open_place", "place"]
