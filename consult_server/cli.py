"""`lianzhen`: every command an operator or a script needs."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from config.kernel.errors import AppError
from config.logging import configure
from config.settings import load
from consult_server import migrate as consult_migrate, operating, serve
from consult_server.check import effective
from dicom_node import migrate as dicom_migrate
from viewer.ecg.show import describe

app = typer.Typer(
    name="lianzhen",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Lianzhen (联诊): teleconsultation and remote diagnosis centre.\n\n"
    "Settings come from config/defaults.toml, the file named by LIANZHEN_CONFIG, and LIANZHEN_* "
    "variables; LIANZHEN_HOME is the data folder. `lianzhen check` prints what is in effect.",
)
token = typer.Typer(no_args_is_help=True, help="API tokens: a script acts in a person's name.")
peers = typer.Typer(no_args_is_help=True, help="DICOM peers: who may send, whose they are.")
ecg = typer.Typer(no_args_is_help=True, help="Electrocardiogram files.")
app.add_typer(token, name="token")
app.add_typer(peers, name="peers")
app.add_typer(ecg, name="ecg")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def become(module: str) -> NoReturn:
    """Turn into the process whose entry is `module`, which loads only what it needs."""
    os.execv(sys.executable, [sys.executable, "-m", module])  # noqa: S606 - no shell is the point


@app.command(name="serve")
def serve_all(
    *,
    demo: Annotated[bool, typer.Option("--demo", help="Set up the demonstration on the first run.")] = False,
) -> None:
    """Run everything this machine needs: the county's one box. Ctrl-C stops it cleanly."""
    configure("serve")
    raise typer.Exit(serve.run(load(), demonstration=demo))


@app.command()
def web() -> None:
    """Run the web server alone: HTTP, live push, DICOMweb, and signalling unless it is elsewhere."""
    become("consult_server.serve_web")


@app.command()
def worker() -> None:
    """Run the background worker alone: event relays, handlers, image preparation."""
    become("consult_server.worker")


@app.command()
def dicom() -> None:
    """Run the DICOM node alone: C-ECHO and C-STORE from known peers."""
    become("dicom_node")


@app.command()
def signaling() -> None:
    """Run the signalling server alone; it trusts join tickets and asks nobody."""
    become("signaling")


@app.command()
def check() -> None:
    """Print the settings in effect, secrets masked, and say what is wrong with them."""
    typer.echo(effective(load()))


@app.command()
def migrate() -> None:
    """Bring the database up to date; safe to repeat and to run beside others."""
    settings = load()
    settings.home_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    consult_migrate.upgrade(settings.database_url)
    dicom_migrate.upgrade(settings.database_url)
    typer.echo("up to date")


@app.command()
def demo() -> None:
    """Set up the demonstration in a running server: people, patients, studies sent by C-STORE, cases."""
    operating.run_demonstration(load())
    typer.echo(operating.accounts_table(load()))


@app.command()
def accounts(*, as_json: AsJson = False) -> None:
    """Show the demonstration's sign-ins (they are also in demonstration.json in the data folder)."""
    settings = load()
    typer.echo(
        json.dumps(operating.accounts(settings), ensure_ascii=False)
        if as_json
        else operating.accounts_table(settings)
    )


@token.command("create")
def token_create(user: Annotated[str, typer.Option(help="Sign-in name of the person.")]) -> None:
    """Make an API bearer token and print it alone; it is shown only now. Audited."""
    typer.echo(operating.create_token(load(), user))


@peers.command("add")
def peers_add(
    ae_title: Annotated[str, typer.Option(help="Calling AE title, 1 to 16 characters.")],
    institution: Annotated[str, typer.Option(help="Name or id of the institution it belongs to.")],
    host: Annotated[str | None, typer.Option(help="Only this address may use the title.")] = None,
    port: Annotated[int | None, typer.Option(help="Port on which the peer listens.")] = None,
) -> None:
    """Register a DICOM peer. The running node knows it within a second."""
    operating.add_peer(load(), ae_title, institution, host, port)
    if host is None:
        typer.echo(
            f"{ae_title} may come from any address: name its --host outside closed networks.", err=True
        )


@peers.command("list")
def peers_list(*, as_json: AsJson = False) -> None:
    """List the registered DICOM peers."""
    rows = operating.list_peers(load())
    typer.echo(json.dumps(rows, ensure_ascii=False) if as_json else operating.table(rows))


@ecg.command("show")
def ecg_show(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)], *, as_json: AsJson = False
) -> None:
    """Print what an ECG file holds: leads, sampling, extremes."""
    facts = describe(file)
    typer.echo(json.dumps(facts, ensure_ascii=False) if as_json else operating.table([facts]))


@app.command(hidden=True)
def openapi() -> None:
    """Write static/openapi.json from the routes, for `make api`."""
    become("consult_server.openapi")


def main() -> None:
    """The console script: refusals become one plain line and status 1."""
    try:
        app()
    except AppError as refusal:
        typer.echo(f"lianzhen: {refusal}", err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
