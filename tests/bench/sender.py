"""A C-STORE client that costs the server as little waiting as can be: TCP_NODELAY, messages encoded before.

`python -m tests.bench.sender PORT CALLED ASSOCIATIONS FOLDER` sends the folder's files over so many
associations, one process each, started together, and prints one JSON line.
"""

import json
import multiprocessing
import struct
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path

from dicom_node.intake.part10 import HEAD_BYTES_MAX, read_head
from tests.dicom_node.raw_scu import EXPLICIT, RawScu, command, pdu, pdv, status

CALLING = "BENCH"
OWN_PDU_BYTES = 131_072
PDV_HEAD_BYTES = 6


@dataclass(frozen=True)
class Sent:
    """What came of one run."""

    seconds: float
    latencies_ms: list[float]
    refused: int


def pdu_bytes_max(accepted: bytes) -> int:
    """The largest PDU that the peer takes, from the body of its A-ASSOCIATE-AC (PS3.8 D.1)."""
    place = 68
    while place < len(accepted):
        code, length = struct.unpack_from(">BxH", accepted, place)
        if code == 0x50:
            return int(struct.unpack_from(">L", accepted, place + 8)[0]) or OWN_PDU_BYTES
        place += 4 + length
    raise ValueError("no user information")


def message(file: Path, contexts: dict[str, int], peer_bytes_max: int) -> bytes:
    """All PDUs of one C-STORE."""
    whole = file.read_bytes()
    announced, offset = read_head(whole[:HEAD_BYTES_MAX])
    context_id = contexts[announced.sop_class_uid]
    head = command(1, 1, announced.sop_class_uid, announced.sop_instance_uid, data=True)
    parts = [pdu(4, pdv(context_id, head, is_command=True, last=True))]
    piece = min(peer_bytes_max, OWN_PDU_BYTES) - PDV_HEAD_BYTES
    for start in range(offset, len(whole), piece):
        part, last = whole[start : start + piece], start + piece >= len(whole)
        parts.append(pdu(4, pdv(context_id, part, is_command=False, last=last)))
    return b"".join(parts)


def one_association(
    port: int, called: str, files: Sequence[Path], ready: Barrier, done: "multiprocessing.Queue[Sent]"
) -> None:
    """Associate, encode, wait for the others, send."""
    classes = sorted({read_head(file.read_bytes()[:HEAD_BYTES_MAX])[0].sop_class_uid for file in files})
    contexts = {uid: 2 * number + 1 for number, uid in enumerate(classes)}
    with RawScu(port, CALLING, called) as scu:
        kind, body = scu.associate([(number, uid, [EXPLICIT]) for uid, number in contexts.items()])
        assert kind == 2, body
        messages = [message(file, contexts, pdu_bytes_max(body)) for file in files]
        ready.wait()
        began, latencies, refused = time.perf_counter(), [], 0
        for each in messages:
            sent_at = time.perf_counter()
            scu.send(each)
            refused += status(scu.answer()) != 0
            latencies.append((time.perf_counter() - sent_at) * 1000)
        done.put(Sent(time.perf_counter() - began, latencies, refused))
        scu.release()


def send(port: int, called: str, associations: int, files: Sequence[Path]) -> Sent:
    """Send all files; the time is that of the slowest association."""
    parts = [files[number::associations] for number in range(associations)]
    ready = multiprocessing.Barrier(associations)
    done: multiprocessing.Queue[Sent] = multiprocessing.Queue()
    senders = [
        multiprocessing.Process(target=one_association, args=(port, called, part, ready, done))
        for part in parts
    ]
    for sender in senders:
        sender.start()
    answers = [done.get(timeout=300) for _ in senders]
    for sender in senders:
        sender.join()
    latencies = sorted(each for answer in answers for each in answer.latencies_ms)
    return Sent(max(answer.seconds for answer in answers), latencies, sum(a.refused for a in answers))


if __name__ == "__main__":
    result = send(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sorted(Path(sys.argv[4]).iterdir()))
    sys.stdout.write(json.dumps(asdict(result)) + "\n")
