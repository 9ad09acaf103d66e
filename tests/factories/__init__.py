"""Plain functions with keyword defaults that make one thing each: `a_consult(status=…)`."""
