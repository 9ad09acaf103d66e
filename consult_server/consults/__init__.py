"""A consult: the request, the people it passes through, and the evidence for each step.

Owns consult_request, consult_step, consult_evidence, consult_counter. Publishes ConsultChanged.
"""
