"""Sets a clone up: `python -P config/prepare.py run|test|packages`, called by the Makefile.

Needs only Python ≥ 3.11 and its standard library, asks nothing and changes nothing outside the
clone (`packages` installs Debian packages for the tests). Everything installed is pinned by hash
in the lock files. A stamp is written after each finished step and names what it was made from,
so a step runs again only when its inputs changed or an earlier attempt was interrupted.
"""

import contextlib
import fcntl
import hashlib
import os
import platform
import re
import shutil
import ssl
import subprocess
import sys
import time
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
STAMPS = TOOLS / "stamps"
NPM_CACHE = TOOLS / "cache" / "npm"
TOOL_PYTHON = TOOLS / "venv" / "bin" / "python"
PYTHON = ROOT / ".venv" / "bin" / "python"
STATIC = ROOT / "static"
CLIENT_PAGE = STATIC / "dist" / "index.html"
# What Vite and Vitest run on: these releases from this minor version, or any newer release.
NODE_MINOR = {20: 19, 22: 12}
NODE_ANY_FROM = 24
# Where Debian, Red Hat and Alpine keep the authorities that the machine trusts.
SYSTEM_AUTHORITIES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)
NOT_SOURCES = {"node_modules", "dist"}

# What the tests need from Debian: package -> a file that shows it is there (any of them).
DEBIAN = {
    "chromium": ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"),
    "dcmtk": ("/usr/bin/dcmdump",),
    "dicom3tools": ("/usr/bin/dciodvfy",),
    "redis-server": ("/usr/bin/redis-server",),
    "postgresql": ("/usr/lib/postgresql/*/bin/initdb",),
    "fonts-noto-cjk": ("/usr/share/fonts/*/noto*/NotoSansCJK*",),
}

CONSOLE_SCRIPT = """#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import sys

from consult_server.cli import main

sys.exit(main())
"""


class SetUpFailed(Exception):
    """A step of the set-up could not be done; the message says which and why."""


def say(text: str) -> None:
    """One line for the person who waits."""
    print(f"· {text}", file=sys.stderr, flush=True)


def call(command: Sequence[str | Path], **environment: str) -> None:
    """Run a step's command in the clone; its output is shown only when it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=environment.pop("cwd", ROOT),
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        shown = " ".join(str(part) for part in command)
        message = f"{done.stdout[-4000:]}\n`{shown}` ended with {done.returncode}"
        raise SetUpFailed(message)


def digest(paths: Sequence[Path], *facts: str) -> str:
    """A fingerprint of files (names and bytes) and facts."""
    state = hashlib.sha256("\0".join((str(ROOT), *facts)).encode())
    for path in paths:
        state.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return state.hexdigest()


def is_stamped(step: str, fingerprint: str) -> bool:
    """True when the step was finished from exactly these inputs."""
    stamp = STAMPS / step
    return stamp.exists() and stamp.read_text() == fingerprint


@contextlib.contextmanager
def stamped(step: str, fingerprint: str) -> Iterator[None]:
    """Forget the step's stamp, do the step, stamp it only when it was done whole."""
    stamp = STAMPS / step
    stamp.unlink(missing_ok=True)
    yield
    stamp.write_text(fingerprint)


def this_python() -> str:
    """The interpreter that makes the environments, as a fact for fingerprints."""
    return f"{sys.base_prefix} {platform.python_version()} {platform.machine()}"


# --- Python ------------------------------------------------------------------------------------


def pip_settings() -> dict[str, str]:
    """The person's own pip settings that uv must hear of: uv reads neither pip.conf nor PIP_*."""
    done = subprocess.run(
        [TOOL_PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    return uv_environment(done.stdout, dict(os.environ))


def uv_environment(pip_config_list: str, environment: dict[str, str]) -> dict[str, str]:
    """The variables of uv for the output of `pip config list`; what is set for uv already stays."""
    found = dict(re.findall(r"^(?:\w+|:env:)\.([\w-]+)='(.*)'$", pip_config_list, re.MULTILINE))
    wanted = {
        "UV_DEFAULT_INDEX": found.get("index-url"),
        "UV_INSECURE_HOST": found.get("trusted-host"),
        "SSL_CERT_FILE": found.get("cert"),
        "UV_HTTP_TIMEOUT": found.get("timeout") or found.get("default-timeout") or "180",
        "UV_CACHE_DIR": str(TOOLS / "cache" / "uv"),
        "UV_PYTHON_DOWNLOADS": "never",
    }
    return {name: value for name, value in wanted.items() if value and name not in environment}


def make_environment(folder: Path, *, with_pip: bool) -> None:
    """A fresh virtual environment in place of whatever an earlier attempt left."""
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=with_pip, symlinks=True)


def pip_install(lock: Path, *, into: Path) -> None:
    """Install a lock file with pip."""
    cache = {"PIP_CACHE_DIR": str(TOOLS / "cache" / "pip")}
    pip: list[str | Path] = [TOOL_PYTHON, "-m", "pip", "--python", into, "install", "--quiet"]
    call(
        [*pip, "--require-hashes", "-r", lock],
        **{name: value for name, value in cache.items() if name not in os.environ},
    )


def prepare_tools() -> bool:
    """The environment with uv; False when only pip can be had here."""
    lock = ROOT / "requirements-tools.lock"
    fingerprint = digest([lock], this_python())
    if not (is_stamped("tools", fingerprint) and TOOL_PYTHON.exists()):
        say("installing uv")
        with stamped("tools", fingerprint):
            make_environment(TOOLS / "venv", with_pip=True)
            try:
                pip_install(lock, into=TOOL_PYTHON)
            except SetUpFailed as error:
                say(f"no uv here, pip does its work ({str(error).splitlines()[-1]})")
    return (TOOLS / "venv" / "bin" / "uv").exists()


def prepare_python(purpose: str) -> None:
    """The environment `.venv` with exactly what the lock of `purpose` names, and our packages."""
    locks = {"run": ROOT / "requirements.lock", "test": ROOT / "requirements-dev.lock"}
    prints = {name: digest([lock], this_python(), name) for name, lock in locks.items()}
    enough = ["test"] if purpose == "test" else ["run", "test"]
    if PYTHON.exists() and any(is_stamped("python", prints[name]) for name in enough):
        return
    has_uv = prepare_tools()
    with stamped("python", prints[purpose]):
        if not _works(PYTHON):
            make_environment(PYTHON.parent.parent, with_pip=False)
        say(f"installing the Python packages of {locks[purpose].name}")
        if has_uv:
            sync: list[str | Path] = [
                TOOLS / "venv" / "bin" / "uv",
                "pip",
                "sync",
                "--quiet",
                "--python",
                PYTHON,
                "--require-hashes",
                locks[purpose],
            ]
            call(sync, **pip_settings())
        else:
            pip_install(locks[purpose], into=PYTHON)
        _make_ours_importable()


def _works(python: Path) -> bool:
    if not python.exists():
        return False
    question = "import sys; print(sys.base_prefix, sys.version.split()[0])"
    done = subprocess.run([python, "-c", question], capture_output=True, text=True, check=False)
    return done.stdout.strip() == f"{sys.base_prefix} {platform.python_version()}"


def _make_ours_importable() -> None:
    """What an editable install does, without a build: a path file and the command `lianzhen`."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = PYTHON.parent.parent / "lib" / version / "site-packages"
    (packages / "lianzhen.pth").write_text(f"{ROOT}\n")
    script = PYTHON.with_name("lianzhen")
    script.write_text(CONSOLE_SCRIPT.format(python=PYTHON))
    script.chmod(0o755)


# --- Node and the client -----------------------------------------------------------------------


def node_is_good(version: str) -> bool:
    """True when the client's tools run on this `node --version`: 20.19+, 22.12+, 24 and later."""
    found = re.fullmatch(r"v(\d+)\.(\d+)\..+", version.strip())
    if not found:
        return False
    major, minor = int(found[1]), int(found[2])
    return minor >= NODE_MINOR[major] if major in NODE_MINOR else major >= NODE_ANY_FROM


def node_folder() -> Path:
    """The folder with a usable node and npm: PATH's, else the pinned one in `.tools`."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
        if node_is_good(asked.stdout):
            return Path(node).parent
    lock = ROOT / "requirements-node.lock"
    fingerprint = digest([lock], this_python())
    folder = TOOLS / "node"
    if not (is_stamped("node", fingerprint) and (folder / "bin" / "node").exists()):
        prepare_tools()
        say("installing Node (none that is new enough on PATH)")
        with stamped("node", fingerprint):
            make_environment(folder, with_pip=False)
            pip_install(lock, into=folder / "bin" / "python")
    return folder / "bin"


def node_environment() -> dict[str, str]:
    """PATH with the usable node first, for npm's own `env node`; the machine's authorities trusted.

    A Node from a package knows only its own list, and a hospital's proxy is signed by the hospital.
    """
    found = {
        "PATH": f"{node_folder()}{os.pathsep}{os.environ['PATH']}",
        "npm_config_cache": str(NPM_CACHE),
        "npm_config_update_notifier": "false",
    }
    authorities = trusted_authorities()
    if authorities and "NODE_EXTRA_CA_CERTS" not in os.environ:
        found["NODE_EXTRA_CA_CERTS"] = authorities
    return found


def trusted_authorities() -> str | None:
    """The file of certificate authorities that Python trusts on this machine, if there is one."""
    known = (ssl.get_default_verify_paths().cafile, *SYSTEM_AUTHORITIES)
    return next((file for file in known if file and Path(file).is_file()), None)


def prepare_client_packages() -> None:
    """`static/node_modules` as package-lock.json says; no package's install script is run."""
    fingerprint = digest([STATIC / "package.json", STATIC / "package-lock.json"], platform.machine())
    if is_stamped("npm", fingerprint) and (STATIC / "node_modules").is_dir():
        return
    say("installing the client's packages")
    with stamped("npm", fingerprint):
        call(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=str(STATIC),
            **node_environment(),
        )
    shutil.rmtree(NPM_CACHE, ignore_errors=True)


def client_sources() -> list[Path]:
    """Every file the built client is made from."""
    top = [entry for entry in STATIC.iterdir() if entry.name not in NOT_SOURCES]
    below = (path for entry in top for path in ([entry] if entry.is_file() else entry.rglob("*")))
    return sorted(path for path in below if path.is_file())


def prepare_client() -> None:
    """`static/dist`, built again only when a source or a lock changed."""
    fingerprint = digest(client_sources())
    if is_stamped("client", fingerprint) and CLIENT_PAGE.exists():
        return
    prepare_client_packages()
    say("building the client")
    with stamped("client", fingerprint):
        call(["npm", "run", "--silent", "build"], cwd=str(STATIC), **node_environment())


# --- Debian packages for the tests ------------------------------------------------------------


def missing_packages() -> list[str]:
    """Debian packages of which no sign is found."""
    return [name for name, signs in DEBIAN.items() if not any(_exists(sign) for sign in signs)]


def _exists(sign: str) -> bool:
    return any(Path("/").glob(sign.lstrip("/")))


def prepare_packages() -> None:
    """Install what the tests need from Debian, where that is possible without a question."""
    missing = missing_packages()
    if missing and shutil.which("apt-get"):
        sudo: list[str] = [] if os.geteuid() == 0 else ["sudo", "-n"]
        say(f"installing {', '.join(missing)}")
        try:
            call([*sudo, "apt-get", "update", "-qq"])
            call(
                [
                    *sudo,
                    "env",
                    "DEBIAN_FRONTEND=noninteractive",
                    "apt-get",
                    "install",
                    "-y",
                    "-qq",
                    "--no-install-recommends",
                    *missing,
                ]
            )
        except (SetUpFailed, FileNotFoundError) as error:
            say(f"not installed: {str(error).splitlines()[-1]}")
    for name in missing_packages():
        say(f"{name} is not here and cannot be installed without help: its tests are left out")
    if missing_packages() and os.environ.get("LIANZHEN_STRICT"):
        message = "LIANZHEN_STRICT: nothing may be left out"
        raise SetUpFailed(message)


# --- The whole ---------------------------------------------------------------------------------


def size_mb(*folders: Path) -> int:
    """Disk space of folders in MB, hard links counted once."""
    sizes: dict[int, int] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            entry = path.lstat()
            sizes[entry.st_ino] = entry.st_blocks * 512
    return sum(sizes.values()) // 1_000_000


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """One set-up at a time in this clone; a second one waits."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is running in this clone; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def forget_downloads(cache: Path) -> None:
    """Remove what was downloaded, once all of it is installed. uv installs by hard links where it can,
    so what is installed stays; an attempt that was interrupted finds its downloads again.
    """
    shutil.rmtree(cache, ignore_errors=True)


def prepare(purpose: str) -> None:
    """Everything `make run` or `make test` needs."""
    before = {path.name: path.stat().st_mtime_ns for path in STAMPS.iterdir()}
    started = time.monotonic()
    prepare_python(purpose)
    if purpose == "test":
        prepare_client_packages()
    prepare_client()
    if {path.name: path.stat().st_mtime_ns for path in STAMPS.iterdir()} != before:
        forget_downloads(TOOLS / "cache")
        megabytes = size_mb(TOOLS, PYTHON.parent.parent, STATIC / "node_modules", STATIC / "dist")
        say(f"set up in {time.monotonic() - started:.0f} s, {megabytes} MB, all inside this folder")


def main(purpose: str) -> int:
    """Run one set-up; 1 when it failed, after saying why."""
    try:
        with alone():
            if purpose == "packages":
                prepare_packages()
            elif purpose == "node-path":
                print(node_folder())
            else:
                prepare(purpose)
    except SetUpFailed as error:
        print(f"{error}\n\nThe set-up stopped here. Running the same command again goes on.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
