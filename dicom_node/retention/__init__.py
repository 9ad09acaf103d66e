"""How long studies are kept, what is sealed, and how what is past its time is destroyed.

Nothing is destroyed without a rule, a person's approval and the word of whoever knows what is still
needed (`queries.Needed`). Owns dicom_retention_rule, dicom_legal_hold, dicom_destruction,
dicom_destroyed_study and dicom_orphan.
"""
