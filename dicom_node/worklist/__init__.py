"""Modality Worklist: the examinations that modalities of an institution are to make (PS3.4 K).

Owns dicom_worklist_entry. What is scheduled comes from above as data (`scheduling`).
"""
