"""What operators do from the command line, on the database and not through the web server."""

import asyncio
from pathlib import Path
from typing import Any

from config.kernel.clock import SystemClock
from config.kernel.database import Database
from config.settings import Settings
from consult_server.audit.service import record
from consult_server.identity.service import COMMAND_LINE, create_token as create_account_token
from consult_server.institutions.queries import institution as find_institution
from dicom_node import peers


def create_token(settings: Settings, user: str) -> str:
    """An API token in the name of `user`. Raises AccountNotFound."""

    async def create() -> str:
        database = Database(settings.database_url)
        try:
            async with database.write() as tx:
                return await create_account_token(tx, COMMAND_LINE, user, SystemClock().now())
        finally:
            await database.close()

    return asyncio.run(create())


def certificate_in(given: str) -> str:
    """The text of the file that `given` names, or `given` itself where there is no such file."""
    file = Path(given)
    return file.read_text(encoding="ascii", errors="replace") if file.is_file() else given


def add_peer(
    settings: Settings,
    ae_title: str,
    institution: str,
    *,
    host: str | None = None,
    port: int | None = None,
    certificate: str | None = None,
    tls: bool = False,
) -> None:
    """Register a peer of an institution named by id or name; `certificate` as `certificate_in` takes it."""

    async def add() -> None:
        database = Database(settings.database_url)
        now = SystemClock().now()
        try:
            async with database.write() as tx:
                home = await find_institution(tx, institution)
                peer = await peers.add_peer(
                    tx,
                    ae_title=ae_title,
                    institution_id=home.institution_id,
                    institution_name=home.name,
                    host=host,
                    port=port,
                    issuer_of_patient_id=home.issuer_of_patient_id,
                    now=now,
                )
                peers.bind(peer, certificate and certificate_in(certificate))
                peer.tls = tls
                record(
                    tx, COMMAND_LINE, "peer.add", "peer", ae_title, now, institution_id=home.institution_id
                )
        finally:
            await database.close()

    asyncio.run(add())


def list_peers(settings: Settings) -> list[dict[str, Any]]:
    """The registered peers as plain facts."""

    async def read() -> list[dict[str, Any]]:
        database = Database(settings.database_url)
        try:
            async with database.read() as view:
                return [
                    {
                        "ae_title": row.ae_title,
                        "institution": row.institution_name,
                        "host": row.host,
                        "port": row.port,
                        "enabled": row.enabled,
                        "certificate": row.certificate,
                        "tls": row.tls,
                        "last_seen_at": row.last_seen_at.isoformat() if row.last_seen_at else None,
                        "last_seen_address": row.last_seen_address,
                    }
                    for row in await peers.list_peers(view)
                ]
        finally:
            await database.close()

    return asyncio.run(read())
