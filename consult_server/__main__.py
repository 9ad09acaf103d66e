"""`python -m consult_server web` and `worker`: the processes of the product that load all of it.

Processes that these two start anew load the main module of who starts them. A package's they leave alone; any
other would have each of them load the whole product.
"""

import os
import sys
from importlib import import_module

from config.logging import configure
from config.settings import load

PARTS = {"web": "consult_server.serve_web", "worker": "consult_server.worker"}


def run(name: str) -> None:
    """Be this part until told to stop."""
    # Nothing multiplies matrices: numpy's threads for that would only wait, and who has threads forks badly.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    configure(name)
    import_module(PARTS[name]).run(load())


run(*sys.argv[1:])
