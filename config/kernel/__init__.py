"""What several processes must agree on. No medical noun; each file ≤ 150 lines, all ≤ 1,200.

Admission: used by two packages. `tests/contracts/test_kernel.py` asserts the budget.
"""
