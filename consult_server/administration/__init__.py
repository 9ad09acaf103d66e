"""What administrators do: institutions, agreements, accounts, DICOM peers, the first set-up.

Owns no table and publishes nothing; shows no clinical content.
"""
