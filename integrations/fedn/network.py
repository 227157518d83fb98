"""A whole FEDn 0.33 network on this machine: PostgreSQL, a stand-in for S3, controller, combiner and hooks.

Takes an empty folder. Gives the network's addresses while the context lasts; every process listens on 127.0.0.1 only
and ends with it, and what each printed lies in the folder. FEDn's own programs run as published, but for `mended.py`.
Needs PostgreSQL's programs (on Debian: apt-get install postgresql).
"""

from __future__ import annotations

import io
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from andel.errors import SettingsError

START_SECONDS = 90.0
_USER = "fedn"
_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parents[1]


@dataclass(frozen=True, slots=True)
class Network:
    """Where a network is reached: the controller's URL, and the combiner's port. `folder` holds its files."""

    controller: str
    combiner_port: int
    folder: Path


@contextmanager
def running_network(folder: Path) -> Iterator[Network]:
    """A running network. Raises SettingsError where PostgreSQL is missing or a part does not come up."""
    ports = dict(zip(("database", "storage", "controller", "combiner", "hooks"), _free_ports(5), strict=True))
    password = secrets.token_hex(16)
    settings = folder / "settings.yaml"
    settings.write_text(_settings(ports, password))
    settings.chmod(0o600)
    environment = _environment(folder, settings, ports["hooks"])
    with ExitStack() as stack:
        stack.enter_context(_database(folder, ports["database"], password))

        def start(name: str, *words: str) -> subprocess.Popen[bytes]:
            return stack.enter_context(running(folder / f"{name}.log", words, folder, environment))

        python = sys.executable
        mended = (python, str(_HERE / "mended.py"))
        hooks = start("hooks", *mended, "hooks", "start")
        storage = start("storage", python, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(ports["storage"]))
        _wait_for_port("storage", ports["storage"], storage, folder)
        controller = start("controller", *mended, "controller", "start")
        _wait_for_port("controller", ports["controller"], controller, folder)
        _wait_for_port("hooks", ports["hooks"], hooks, folder)
        where = ("--host", "127.0.0.1", "--port", str(ports["combiner"]), "--name", "combiner")
        combiner = start("combiner", *mended, "combiner", "start", *where)
        _wait_for_port("combiner", ports["combiner"], combiner, folder)
        network = Network(f"http://127.0.0.1:{ports['controller']}", ports["combiner"], folder)
        _name_model_kind(network.controller)
        yield network


@contextmanager
def running(
    log: Path, words: tuple[str, ...], folder: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended with the context; what it prints goes to `log`."""
    with log.open("wb") as output:
        process = subprocess.Popen(words, cwd=folder, env=dict(environment), stdout=output, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def client_environment(folder: Path) -> dict[str, str]:
    """What a client's process needs: the package and this folder found, nothing reported to anybody."""
    return _environment(folder, folder / "none.yaml", 0)


def missing_parts() -> str:
    """Why no network can be started here, or nothing."""
    if _postgres_programs() is None:
        return "no PostgreSQL on this machine (on Debian: apt-get install postgresql)"
    if os.geteuid() == 0 and not any(user.pw_name == "postgres" for user in pwd.getpwall()):
        return "PostgreSQL does not run as root, and there is no user `postgres`"
    return ""


def _name_model_kind(controller: str) -> None:
    """FEDn names the kind of its models in its active compute package, so one must be there; nobody fetches this one.

    `PUT helpers/active` is for that too, but what it writes, FEDn's SQL store cannot read.
    """
    empty = io.BytesIO()
    tarfile.open(fileobj=empty, mode="w:gz").close()
    told = {"helper": "numpyhelper", "name": "none", "description": "clients bring their own code"}
    files = {"file": ("none.tgz", empty.getvalue())}
    httpx.post(f"{controller}/api/v1/packages/", files=files, data=told, timeout=30).raise_for_status()


@contextmanager
def _database(folder: Path, port: int, password: str) -> Iterator[None]:
    programs = _postgres_programs()
    if missing := missing_parts():
        raise SettingsError(missing)
    assert programs is not None
    user = "postgres" if os.geteuid() == 0 else None
    place = folder / "postgres"
    place.mkdir(mode=0o700)
    secret = place / "password"
    secret.write_text(password)
    if user:
        folder.chmod(0o711)
        for path in (place, secret):
            shutil.chown(path, user)

    def run(program: str, *words: str) -> None:
        made = subprocess.run(
            [programs / program, *words], user=user, cwd=place, capture_output=True, text=True, timeout=120
        )
        if made.returncode:
            raise SettingsError(f"{program} failed: {(made.stderr or made.stdout).strip()[-300:]}")

    data = str(place / "data")
    run("initdb", "-D", data, "-U", _USER, "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--no-locale")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='{place}' -c fsync=off"
    run("pg_ctl", "-D", data, "-w", "-l", str(place / "log"), "-o", options, "start")
    try:
        made = subprocess.run(
            [programs / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", _USER, "fedn_db"],
            env=os.environ | {"PGPASSWORD": password},
            capture_output=True,
            text=True,
            timeout=60,
        )
        if made.returncode:
            raise SettingsError(f"createdb failed: {made.stderr.strip()[-300:]}")
        yield
    finally:
        run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")


def _postgres_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


def _settings(ports: Mapping[str, int], password: str) -> str:
    return f"""\
network_id: andel
controller: {{host: 127.0.0.1, port: {ports["controller"]}, debug: false}}
statestore:
  type: PostgreSQL
  postgres_config: {{username: {_USER}, password: "{password}", host: 127.0.0.1, port: {ports["database"]}}}
storage:
  storage_type: BOTO3
  storage_config:
    # FEDn reads `storage_endpoint`; its own template writes `storage_endpoint_url`
    storage_endpoint: http://127.0.0.1:{ports["storage"]}
    storage_access_key: stand-in
    storage_secret_key: stand-in
    storage_secure_mode: false
    storage_verify_ssl: false
"""


def _environment(folder: Path, settings: Path, hooks_port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FEDN_", "OTEL_", "AWS_"))}
    return kept | {
        "PYTHONPATH": f"{_ROOT / 'src'}{os.pathsep}{_ROOT}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "STATESTORE_CONFIG": str(settings),
        "MODELSTORAGE_CONFIG": str(settings),
        "FEDN_MODEL_DIR": str(folder / "models"),
        "FEDN_COMPUTE_PACKAGE_DIR": str(folder / "packages"),
        "HOOK_SERVICE_HOST": f"127.0.0.1:{hooks_port}",
        "ANDEL_HOOKS_PORT": str(hooks_port),
        "OTEL_SDK_DISABLED": "true",
        "NO_PROXY": "*",
        "HOME": str(folder),  # gunicorn keeps a socket there
    }


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [int(item.getsockname()[1]) for item in sockets]


def _wait_for_port(name: str, port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    told = (folder / f"{name}.log").read_text(errors="replace").strip()[-400:]
    raise SettingsError(f"FEDn's {name} did not come up: {told}")
