"""Examinations that doctors order for patients of their institution (检查申请).

Owns consult_exam, consult_exam_counter. Publishes ExamChanged. What is ordered stands in the node's worklist.
"""
