"""The archive: what was received, where its bytes are, and who may look (as data, `scope`).

Tables: dicom_peer, dicom_study, dicom_series, dicom_instance, dicom_quarantine, dicom_outbox.
"""
