"""The history of the `dicom_` tables: hand-read Alembic revisions `NNNN_pre|post_what.py`.

`pre` runs before the deploy that needs it, `post` after the last reader of what it removes.
"""
