"""Electrocardiograms: one module per stored format, one `Ecg` model, one answer for the browser.

Owns no table. The model knows no format; `dicom` reads DICOM waveforms (PS3.3 A.34, C.10.9).
"""
