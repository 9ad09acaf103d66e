"""The data folder: one server at a time, and nobody else on this machine may look into it."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.kernel.errors import Conflict, Unavailable

OURS_ALONE = 0o700
OTHERS = 0o077
LOCK = "lock"


class AlreadyServing(Conflict):
    """Another server is using this data folder."""

    code = "serve.already_serving"


class DataFolderUnusable(Unavailable):
    """The data folder cannot be made or written."""

    code = "serve.data_folder_unusable"


def make(home: Path) -> None:
    """Make the folder, or take rights away from others if it is there. Raises DataFolderUnusable."""
    try:
        home.mkdir(mode=OURS_ALONE, parents=True, exist_ok=True)
        if stat.S_IMODE(home.stat().st_mode) & OTHERS:
            home.chmod(OURS_ALONE)
    except OSError as error:
        raise DataFolderUnusable(home=str(home), reason=error.strerror or type(error).__name__) from error


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the data folder for this process. Raises AlreadyServing, DataFolderUnusable."""
    make(home)
    try:
        handle = os.open(home / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DataFolderUnusable(home=str(home), reason=error.strerror or type(error).__name__) from error
    try:
        _take(handle, home)
        yield
    finally:
        os.close(handle)


def _take(handle: int, home: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise AlreadyServing(home=str(home)) from error


def is_held(home: Path) -> bool:
    """True when a server holds the folder now."""
    try:
        handle = os.open(home / LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        _take(handle, home)
    except AlreadyServing:
        return True
    finally:
        os.close(handle)
    return False


def open_to_others(home: Path) -> list[Path]:
    """What of the folder and its secrets others on this machine may read or write."""
    secrets = home / "secrets"
    private = [home, secrets, *(secrets.glob("*") if secrets.is_dir() else ())]
    return [path for path in private if path.exists() and stat.S_IMODE(path.stat().st_mode) & OTHERS]
