"""An index far larger than the disk behind it: rows of studies that were never sent, like those that were.

Each further study is a copy of one stored small study, row by row, with its own UIDs, keys, patient and
date as `dicomweb_archive` would have given it. The objects do not exist; searches never look at them.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dicom_node.archive.names import name_key
from tests.bench.dicomweb_archive import FIRST_SERIES, PER_STUDY, ROOT, Synthetic, a_head
from tests.fixtures.waiting import wait_until

STUDIES_AT_ONCE, NAMES_SECONDS = 2_000, 1_800
Row = dict[str, Any]


def _rows(database: sqlite3.Connection, table: str, where: str, *values: object) -> list[Row]:
    cursor = database.execute(f"select * from {table} where {where}", values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _insert(database: sqlite3.Connection, table: str, rows: list[Row]) -> None:
    names = list(rows[0])
    places = ", ".join("?" * len(names))
    columns = ", ".join(f'"{name}"' for name in names)
    statement = f"insert into {table} ({columns}) values ({places})"
    database.executemany(statement, [list(row.values()) for row in rows])


def _study(template: Row, number: int, uid: str) -> Row:
    head = a_head(number, uid, f"{uid}.1", 1, 1)
    name = str(head.PatientName)
    return template | {
        "study_key": f"study-{number:09}",
        "study_instance_uid": uid,
        "patient_id": head.PatientID,
        "patient_name": name,
        "patient_name_key": name_key(name),
        "study_date": head.StudyDate,
        "accession_number": head.AccessionNumber,
    }


def _instances(templates: list[Row], number: int, uid: str) -> Iterator[Row]:
    for place, template in enumerate(templates, 1):
        yield template | {
            "instance_key": f"instance-{number:09}-{place:03}",
            "series_key": f"series-{number:09}",
            "sop_instance_uid": f"{uid}.1.{place}",
            "object_key": f"none/{number}.{place}",
        }


def _names_wait(home: Path) -> bool:
    """Whether the product still has names to index."""
    with sqlite3.connect(home / "lianzhen.db", timeout=60) as database:
        (waiting,) = database.execute("select count(*) from dicom_study_name where noted = 0").fetchone()
    database.close()
    return bool(waiting)


def grow(home: Path, stored: Synthetic, archive: Synthetic) -> None:
    """Add rows to the product's index until it holds as many studies as `archive` would, names indexed."""
    with sqlite3.connect(home / "lianzhen.db", timeout=60, isolation_level=None) as database:
        database.execute("pragma synchronous=off")
        uid = f"{ROOT}.{2 + FIRST_SERIES}"  # the first small study
        (study,) = _rows(database, "dicom_study", "study_instance_uid = ?", uid)
        (series,) = _rows(database, "dicom_series", "study_key = ?", study["study_key"])
        instances = _rows(database, "dicom_instance", "series_key = ?", series["series_key"])
        assert len(instances) == PER_STUDY
        first, last = (1 + FIRST_SERIES + each.small_studies for each in (stored, archive))
        for start in range(first, last, STUDIES_AT_ONCE):
            numbers = {n: f"{ROOT}.{n + 1}" for n in range(start, min(start + STUDIES_AT_ONCE, last))}
            database.execute("begin immediate")
            _insert(database, "dicom_study", [_study(study, n, uid) for n, uid in numbers.items()])
            _insert(
                database,
                "dicom_series",
                [
                    series
                    | {
                        "series_key": f"series-{n:09}",
                        "study_key": f"study-{n:09}",
                        "series_instance_uid": f"{uid}.1",
                    }
                    for n, uid in numbers.items()
                ],
            )
            _insert(
                database,
                "dicom_instance",
                [row for n, uid in numbers.items() for row in _instances(instances, n, uid)],
            )
            database.execute("commit")
        database.execute("pragma wal_checkpoint(truncate)")
    database.close()
    wait_until(lambda: not _names_wait(home), NAMES_SECONDS)
