"""`python -m consult_server web` and `worker`: the processes of the product that load all of it.

Processes in which pixels are decoded are started anew by these two (`spawn`), and load the main module of who
starts them. A package's they leave alone; any other would have each of them load the whole product.
"""

import sys
from importlib import import_module

from config.logging import configure
from config.settings import load

PARTS = {"web": "consult_server.serve_web", "worker": "consult_server.worker"}

(name,) = sys.argv[1:]
configure(name)
import_module(PARTS[name]).run(load())
