"""`lianzhen dicom`: the node as a process of its own."""

from config.logging import configure
from config.settings import load
from dicom_node.receivers import run

configure("dicom")
run(load())
