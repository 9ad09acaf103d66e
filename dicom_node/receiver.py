"""One of several receiving processes: `python -m dicom_node.receiver NUMBER PROCESSES`, by `receivers`."""

import sys

from config.logging import configure
from config.settings import load
from dicom_node.app import Share, serve

if __name__ == "__main__":
    number, processes = map(int, sys.argv[1:])
    configure("dicom")
    serve(load(), Share(number=number, processes=processes))
