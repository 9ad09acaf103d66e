"""What readers mark on images: measurements, arrows, words, key images (标注).

Owns consult_annotation. Whoever may read the study sees all its marks; only their author changes them.
"""
