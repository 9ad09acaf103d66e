"""DICOM in, archive, DICOM out. Runs alone: imports `config` and nothing else of ours.

Owns the `dicom_` tables and publishes StudyReceived and StudySettled.
"""
