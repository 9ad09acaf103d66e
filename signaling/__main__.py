"""`lianzhen signaling`: the signalling server as a process of its own."""

from config.logging import configure
from config.settings import load
from signaling.app import run

configure("signaling")
run(load())
