"""Rooms and media: WebRTC signalling and the pre-call peer. Blind to `viewer`, owns no table.

Trusts join tickets alone, so it can run on another machine and never asks anyone.
"""
