"""Reports: written beside the images, signed once, printed from what was signed.

Owns consult_report and consult_report_version. Publishes ReportSigned.
"""
