"""The base, outbox and inbox of the `consult_` tables; each feature maps its own rows on it."""

from sqlalchemy.orm import DeclarativeBase

from config.kernel.inbox import Inbox
from config.kernel.outbox import Outbox
from config.kernel.tables import registry_for


class Base(DeclarativeBase):
    """The declarative base of the `consult_` tables."""

    registry = registry_for("consult")


outbox = Outbox("consult", Base.metadata)
inbox = Inbox("consult", Base.metadata)
