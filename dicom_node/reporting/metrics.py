"""The figures of all receivers in Prometheus text form (exposition format 0.0.4)."""

from collections.abc import Iterator, Mapping, Sequence

from dicom_node.archive.tables import Receiver
from dicom_node.commitment.model import State
from dicom_node.reporting.activity import COMMIT_SECONDS

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
COUNTERS = {
    "associations": ("lianzhen_dicom_associations_total", "Associations accepted."),
    "instances": ("lianzhen_dicom_instances_stored_total", "Objects stored and indexed."),
    "bytes": ("lianzhen_dicom_bytes_stored_total", "Bytes of the objects stored."),
}
COMMITS = "lianzhen_dicom_commit_seconds"


def _labels(row: Receiver, **more: str) -> str:
    pairs = {"host": row.host_name, "receiver": f"{row.number}", "process": f"{row.process_id}"} | more
    words = (f'{name}="{_escaped(value)}"' for name, value in pairs.items())
    return "{" + ",".join(words) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _head(name: str, kind: str, words: str) -> str:
    return f"# HELP {name} {words}\n# TYPE {name} {kind}"


def _lines(rows: Sequence[Receiver]) -> Iterator[str]:
    for key, (name, words) in COUNTERS.items():
        yield _head(name, "counter", words)
        yield from (f"{name}{_labels(row)} {row.facts[key]}" for row in rows)
    name = "lianzhen_dicom_refusals_total"
    yield _head(name, "counter", "Objects refused, by DIMSE status.")
    for row in rows:
        for status, count in row.facts["refusals"].items():
            yield f"{name}{_labels(row, status=status)} {count}"
    name = "lianzhen_dicom_objects_unsound_total"
    yield _head(name, "counter", "Stored objects found missing or damaged when they were read again.")
    for row in rows:
        for found, count in row.facts.get("unsound", {}).items():
            yield f"{name}{_labels(row, found=found)} {count}"
    for name, words, figure in (
        ("lianzhen_dicom_associations", "Associations open now.", lambda row: len(row.facts["open"])),
        ("lianzhen_dicom_index_queue", "Jobs that wait for the index.", lambda row: row.facts["queue"]),
    ):
        yield _head(name, "gauge", words)
        yield from (f"{name}{_labels(row)} {figure(row)}" for row in rows)
    yield _head(COMMITS, "histogram", "Time of one transaction of the index that an object waited for.")
    for row in rows:
        yield from _commits(row)


def _commits(row: Receiver) -> Iterator[str]:
    steps, so_far = row.facts["commit_steps"], 0
    for end, count in zip([*map(str, COMMIT_SECONDS), "+Inf"], steps, strict=True):
        so_far += count
        yield f"{COMMITS}_bucket{_labels(row, le=end)} {so_far}"
    yield f"{COMMITS}_sum{_labels(row)} {row.facts['commit_seconds']}"
    yield f"{COMMITS}_count{_labels(row)} {so_far}"


def _commitments(counts: Mapping[State, int]) -> Iterator[str]:
    name = "lianzhen_dicom_commitments"
    yield _head(name, "gauge", "Storage commitment requests by state.")
    yield from (f'{name}{{state="{state.value}"}} {count}' for state, count in counts.items())


def exposition(rows: Sequence[Receiver], commitments: Mapping[State, int]) -> str:
    """The whole text; counters of a receiver begin anew when it does."""
    return "\n".join((*_lines(rows), *_commitments(commitments))) + "\n"
