"""Marks as DICOM objects: key object selections, presentation states and structured reports. What others
outline: segmentations and structure sets.

`filing` and what it uses write marks from plain values; `told` and what it uses read objects of anybody from
the archive's metadata, `masks` the pixels of segmentations. Neither knows who may do so, nor where objects
are kept.
"""
