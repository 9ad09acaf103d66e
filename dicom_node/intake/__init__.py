"""From the first byte of an object to its acknowledgement; private to `dicom_node`.

Writes the study, series, instance, quarantine and outbox rows and the objects they name; publishes
StudyReceived and StudySettled. Never decodes pixels.
"""
