"""Modality Performed Procedure Step: what modalities say of the examinations they make (PS3.4 F).

Owns dicom_performed_step, dicom_performed_for. Publishes StepPerformed.
"""
