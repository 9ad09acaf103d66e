"""`lianzhen`: every command an operator or a script needs."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from consult_server import data_folder
from consult_server.columns import table
from consult_server.demo import kept

INTERRUPTED = 128 + 2  # as shells count a program that SIGINT ended
MANUAL = """Lianzhen (联诊): teleconsultation and remote diagnosis centre. 远程会诊·远程诊断中心。

Settings come from config/defaults.toml, which explains each of them, then the file named by
LIANZHEN_CONFIG, then LIANZHEN_* variables, as LIANZHEN_HTTP__PORT=8090. LIANZHEN_HOME is the data
folder ("data" where the command is run). `lianzhen check` prints what is in effect and what is wrong.
设置依次取自 config/defaults.toml、LIANZHEN_CONFIG 指定的文件、LIANZHEN_* 环境变量；LIANZHEN_HOME
是数据目录。`lianzhen check` 显示生效的设置和问题。

A command ends with status 0 when it did what it says, 1 when it was refused (one line on standard
error says why), 2 when it was misspelt, 130 when it was interrupted.
"""
app = typer.Typer(
    name="lianzhen",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=MANUAL,
)
TOKENS = "API tokens: a script acts in a person's name. API 令牌：脚本以某人的名义访问。"
PEERS = "DICOM peers: who may send, and whose they are. DICOM 对端：谁可以发送，属于哪家机构。"
token = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help=TOKENS)
peers = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help=PEERS)
ecg = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Electrocardiogram files. 心电图文件。")
app.add_typer(token, name="token")
app.add_typer(peers, name="peers")
app.add_typer(ecg, name="ecg")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def loaded(module: str) -> Any:
    """A module that takes long to load, for the command that needs it: help and scripts shall not wait."""
    return import_module(module)


def load() -> Any:
    """The settings in effect, and the modules that read them."""
    return loaded("config.settings").load()


def become(*words: str) -> NoReturn:
    """Turn into the process that a package runs, which loads only what it needs."""
    os.execv(sys.executable, [sys.executable, "-m", *words])  # noqa: S606 - no shell is the point


def _show(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    typer.echo(json.dumps(rows, ensure_ascii=False) if as_json else table(rows))


@app.command(name="serve")
def serve_all(
    *,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Set up the demonstration on the first run. 首次运行时建立演示数据。"),
    ] = False,
) -> None:
    """Run everything this machine needs: the county's one box.

    运行全部服务。

    Makes the data folder with its secrets, brings the database up to date, starts the private Redis,
    the DICOM node, the worker and the web server, and starts again whichever of them ends. Without
    --demo a new data folder has no account: a link is printed with which the first administrator is
    made, once. Ctrl-C or SIGTERM stops everything; data stays. Logs: logs/ in the data folder.
    """
    settings = load()
    show = loaded("consult_server.demo.seed").Demonstration(settings) if demo else None
    raise typer.Exit(loaded("consult_server.serve").run(settings, show))


@app.command()
def web() -> None:
    """Run the web server alone.

    只运行网页服务。

    HTTP, live push, DICOMweb, the client, and signalling unless signaling.url says where that is.
    Run `lianzhen migrate` first; name the shared database, Redis and object store in the settings.
    """
    become("consult_server", "web")


@app.command()
def worker() -> None:
    """Run the background worker alone: events, image preparation.

    只运行后台处理。
    """
    become("consult_server", "worker")


@app.command()
def dicom() -> None:
    """Run the DICOM node alone: C-ECHO and C-STORE from known peers.

    只运行 DICOM 接收。
    """
    become("dicom_node")


@app.command()
def signaling() -> None:
    """Run the signalling server alone.

    只运行音视频信令。

    It trusts join tickets, whose secret is join_ticket in the data folder's secrets (or the variable
    LIANZHEN_SECRET_JOIN_TICKET), and asks nobody.
    """
    become("signaling")


@app.command()
def check() -> None:
    """Print the settings in effect and what is wrong.

    显示生效的设置和存在的问题。

    Secrets are masked. Looks at the data folder and who may read it, disk space, database, Redis, ports
    and the built client; safe beside a running server. Ends with status 1 when there is a FAULT.
    """
    settings = load()
    checking = loaded("consult_server.check")
    found = checking.findings(settings)
    typer.echo(checking.effective(settings) + "\n")
    typer.echo("\n".join(map(str, found)))
    raise typer.Exit(int(any(one.level == "FAULT" for one in found)))


@app.command()
def migrate() -> None:
    """Bring the database up to date; may be repeated.

    升级数据库结构。
    """
    settings = load()
    data_folder.make(settings.home_path)
    loaded("consult_server.migrate").upgrade_all(settings.database_url)
    typer.echo("up to date")


@app.command()
def demo() -> None:
    """Set up the demonstration in a running server.

    在运行中的服务里建立演示数据。

    People, patients, studies sent by C-STORE, cases; what is there already is not done again. Prints
    the sign-ins.
    """
    settings = load()
    asyncio.run(loaded("consult_server.demo.seed").Demonstration(settings).set_up())
    typer.echo(table(kept.accounts(settings.home_path)))


@app.command()
def accounts(*, as_json: AsJson = False) -> None:
    """Show the demonstration's sign-ins.

    显示演示账号和密码。

    With --json: a list of {user, password, role, institution, name}. They are also in
    demonstration.json in the data folder, which only its owner can read.
    """
    _show(kept.accounts(load().home_path), as_json=as_json)


@token.command("create")
def token_create(user: Annotated[str, typer.Option(help="Sign-in name of the person. 登录账号。")]) -> None:
    """Make an API bearer token and print it alone; it is shown only now. Audited.

    建立令牌，只显示一次。

    Use it as `Authorization: Bearer TOKEN` at /api and /dicom-web; it may do what the person may.
    """
    typer.echo(loaded("consult_server.operating").create_token(load(), user))


@peers.command("add")
def peers_add(
    ae_title: Annotated[str, typer.Option(help="Calling AE title, 1 to 16 characters. 对端 AE 名称。")],
    institution: Annotated[str, typer.Option(help="Name or id of its institution. 所属机构名称或编号。")],
    host: Annotated[
        str | None, typer.Option(help="Only this address may use the title. 只允许这个地址使用。")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port on which the peer listens. 对端监听端口。")
    ] = None,
    certificate: Annotated[
        str | None,
        typer.Option(help="Its certificate: PEM file, SHA-256, or CN=name. 对端证书：文件、指纹或名称。"),
    ] = None,
    *,
    tls: Annotated[bool, typer.Option("--tls", help="Call it over TLS. 呼叫它时加密。")] = False,
) -> None:
    """Register a DICOM peer; the running node knows it within a second. Audited.

    登记 DICOM 对端。

    What it sends belongs to its institution. Unknown titles are refused, and a peer with a
    certificate is refused without it: it has to come over TLS (settings dicom.tls_port).
    """
    loaded("consult_server.operating").add_peer(
        load(), ae_title, institution, host=host, port=port, certificate=certificate, tls=tls
    )
    if host is None and certificate is None:
        typer.echo(
            f"{ae_title} may come from any address: name its --host outside closed networks.", err=True
        )


@peers.command("list")
def peers_list(*, as_json: AsJson = False) -> None:
    """List the registered DICOM peers.

    列出已登记的 DICOM 对端。

    With --json: a list of {ae_title, institution, host, port, enabled, certificate, tls,
    last_seen_at, last_seen_address}.
    """
    _show(loaded("consult_server.operating").list_peers(load()), as_json=as_json)


@ecg.command("show")
def ecg_show(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="An ECG file. 心电图文件。")],
    *,
    as_json: AsJson = False,
) -> None:
    """Print what an ECG file holds: leads, sampling, extremes.

    显示心电图文件的内容。
    """
    facts = loaded("viewer.ecg.show").describe(file)
    typer.echo(json.dumps(facts, ensure_ascii=False) if as_json else table([facts]))


@app.command(hidden=True)
def openapi() -> None:
    """Write static/openapi.json from the routes, for `make api`."""
    become("consult_server.openapi")


def _refusals() -> tuple[type[Exception], ...]:
    """What an operator can do something about; looked up when something was raised, not before."""
    kinds: tuple[type[Exception], ...] = loaded("consult_server.refusals").KINDS
    return kinds


def main(words: Sequence[str] | None = None) -> None:
    """The console script: refusals become plain lines and status 1. What it makes is its owner's alone."""
    os.umask(data_folder.OTHERS)
    try:
        app(words)
    except SystemExit:
        raise
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    except _refusals() as error:
        typer.echo(f"lianzhen: {loaded('consult_server.refusals').words_of(error)}", err=True)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
