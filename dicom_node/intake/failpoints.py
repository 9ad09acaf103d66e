"""Places where a fault test may kill the process, to prove that nothing acknowledged is lost."""

import os
import signal
import threading

ENVIRONMENT = "LIANZHEN_FAILPOINT"
NAMES = ("after_write", "after_fsync", "after_rename", "before_commit", "after_commit", "before_response")
SENT_ON = "after_forward"
"""A peer has answered for an object that we send on, and we have not noted it."""


class Failpoints:
    """`plan` is "" (none) or `NAME` or `NAME:N`: SIGKILL to ourselves when NAME is passed the Nth time."""

    def __init__(self, plan: str = "") -> None:
        self._name, _, count = plan.partition(":")
        self._left = int(count or 1)
        self._lock = threading.Lock()

    def passed(self, name: str) -> None:
        """The caller has just reached `name`."""
        if name != self._name:
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
