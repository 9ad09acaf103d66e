"""Every `consult_` table, gathered for the migrations and their test."""

from consult_server.annotations import tables as annotations
from consult_server.audit import tables as audit
from consult_server.calls import tables as calls
from consult_server.consults import tables as consults
from consult_server.exams import tables as exams
from consult_server.hanging import tables as hanging
from consult_server.identity import tables as identity
from consult_server.institutions import tables as institutions
from consult_server.patients import tables as patients
from consult_server.repeats import tables as repeats
from consult_server.reports import tables as reports
from consult_server.tables import Base

FEATURES = (
    annotations,
    audit,
    calls,
    consults,
    exams,
    hanging,
    identity,
    institutions,
    patients,
    repeats,
    reports,
)
metadata = Base.metadata
