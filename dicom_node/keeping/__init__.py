"""What becomes of stored objects: sent on to a bucket, read again, counted, and let go by a rule.

Owns dicom_whereabouts, dicom_damage, dicom_check, dicom_use and dicom_quota. Publishes nothing.
"""
