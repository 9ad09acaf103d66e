"""What the receiving processes do now and have done: kept by each, told in a table, read by all.

Owns dicom_receiver. Publishes nothing.
"""
