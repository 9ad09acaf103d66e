"""What readers mark on images: measurements, arrows, words, key images (标注).

Owns consult_annotation and consult_filing. Whoever may read the study sees all its marks; only their author
changes them, and files them with the study as DICOM objects.
"""
