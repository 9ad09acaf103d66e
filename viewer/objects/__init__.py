"""Marks as DICOM objects: key object selections, presentation states and structured reports.

`filing` and what it uses write them from plain values; `told` and what it uses read those of anybody from
the archive's metadata. Neither knows who may do so, nor where objects are kept.
"""
