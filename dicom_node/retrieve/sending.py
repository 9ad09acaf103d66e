"""One stored object on its way out: which context takes it, and its bytes in that context's syntax."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Protocol, TypeVar

from config.kernel.errors import AppError
from config.kernel.ids import new_id
from config.kernel.objects import ObjectStore, StoreFailed
from config.kernel.objects_local import disk_errors
from dicom_node.archive.reader import chunks
from dicom_node.archive.tables import Instance
from dicom_node.intake.parse import opened, syntax_of
from dicom_node.retrieve.convert import EXPLICIT, IMPLICIT, NATIVE, converted
from dicom_node.scu.association import Originator, Outgoing
from dicom_node.scu.errors import PeerMisbehaved, PeerUnreachable

COPY_BYTES = 1024 * 1024
KINDS_MAX = 64
"""Each kind of object takes two of the 128 presentation contexts that an association can hold."""


class NotSendable(Exception):
    """This object cannot go: no context takes it, or its bytes cannot be had."""


class Broken(Exception):
    """An object's bytes ended in the middle of its message: the association can say nothing more."""


class Taking(Protocol):
    """A presentation context in which the other side takes objects."""

    @property
    def abstract_syntax(self) -> str: ...

    @property
    def transfer_syntax(self) -> str: ...


Taker = TypeVar("Taker", bound=Taking)


def best_context(contexts: Iterable[Taker], instance: Instance) -> Taker | None:
    """Where `instance` can go: as it is stored, else in another native encoding, else nowhere."""
    stored = instance.transfer_syntax_uid
    syntaxes = (stored, EXPLICIT, IMPLICIT) if stored in NATIVE else (stored,)
    fit = {c.transfer_syntax: c for c in contexts if c.abstract_syntax == instance.sop_class_uid}
    return next((fit[syntax] for syntax in syntaxes if syntax in fit), None)


class Outbox:
    """Reads objects for sending; what has to be converted is written to `scratch` first."""

    def __init__(self, objects: ObjectStore, scratch: Path) -> None:
        self._objects, self._scratch = objects, scratch

    @contextlib.contextmanager
    def pieces(self, instance: Instance, transfer_syntax_uid: str) -> Iterator[Iterator[bytes]]:
        """The data set of `instance` in that syntax, readable at least at its beginning.

        Raises ObjectMissing, StoreFailed, StoreFull, InflatesTooLarge, DatasetUnreadable or
        DatasetTooComplex; reading on may raise the first two.
        """
        if transfer_syntax_uid == instance.transfer_syntax_uid:
            stream = self._stored(instance)
            first = next(stream, b"")
            yield chain([first], stream)
            return
        with self._converted(instance, transfer_syntax_uid) as path, path.open("rb") as file:
            yield iter(lambda: file.read(COPY_BYTES), b"")

    def _stored(self, instance: Instance) -> Iterator[bytes]:
        """The data set as stored, refused where the object is shorter than the index says."""
        missing = instance.object_bytes - instance.dataset_offset
        for piece in chunks(self._objects, instance, instance.dataset_offset):
            missing -= len(piece)
            yield piece
        if missing:
            raise StoreFailed(key=instance.object_key)

    @contextlib.contextmanager
    def _converted(self, instance: Instance, transfer_syntax_uid: str) -> Iterator[Path]:
        stored, out = (self._scratch / f"{new_id()}.{name}" for name in ("stored", "out"))
        source, target = syntax_of(instance.transfer_syntax_uid), syntax_of(transfer_syntax_uid)
        try:
            with disk_errors(stored.name):
                with stored.open("xb") as file:
                    file.writelines(self._stored(instance))
                with (
                    opened(stored, 0, instance.transfer_syntax_uid) as (buffer, start),
                    out.open("xb") as file,
                ):
                    file.writelines(converted(buffer, start, source, target))
            yield out
        finally:
            stored.unlink(missing_ok=True)
            out.unlink(missing_ok=True)


def sent(outbox: Outbox, instance: Instance, syntax: str, store: Callable[..., int]) -> int:
    """`store` given the pieces of an object. Raises NotSendable before the first, Broken after it."""
    begun = False
    try:
        with outbox.pieces(instance, syntax) as pieces:
            begun = True
            return store(pieces)
    except (PeerUnreachable, PeerMisbehaved):
        raise
    except AppError as error:
        raise (Broken if begun else NotSendable) from error


def sent_over(
    outgoing: Outgoing, outbox: Outbox, instance: Instance, originator: Originator | None = None
) -> int:
    """C-STORE of one object in the context that takes it best; its status.

    Raises NotSendable for this object alone, Broken, PeerUnreachable or PeerMisbehaved for all to come.
    """
    context = best_context(outgoing.agreed, instance)
    if context is None:
        raise NotSendable
    return sent(
        outbox,
        instance,
        context.transfer_syntax,
        lambda pieces: outgoing.store(context, instance.sop_instance_uid, pieces, originator),
    )


def services(kinds: Iterable[tuple[str, str]]) -> list[tuple[str, tuple[str, ...]]]:
    """A context for each kind as it is stored, and one for each native kind in the plain encodings."""
    listed = list(kinds)
    stored = [(sop_class, (syntax,)) for sop_class, syntax in listed]
    plain = dict.fromkeys(sop_class for sop_class, syntax in listed if syntax in NATIVE)
    return [*stored, *((sop_class, (EXPLICIT, IMPLICIT)) for sop_class in plain)]
