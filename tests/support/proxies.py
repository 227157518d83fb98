"""A written site that runs: Debian's nginx with the site's own file, before a SuperLink with its certificates."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from andel.roles.deploying.folder import write_site
from andel.roles.deploying.guide import INSTALLED
from andel.roles.deploying.site import Site
from andel.training.certificates import ServerFiles
from andel.training.flower_process import free_port
from andel.training.superlink import RunningSuperLink, SuperLinkSettings, start_superlink
from tests.support.patience import PATIENCE

_APT_SECONDS = 120
_MAIN = """\
daemon off;
pid {place}/nginx.pid;
error_log {place}/error.log info;
user {user};
events {{ worker_connections 512; }}
http {{
    access_log {place}/access.log;
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
    include conf.d/andel.conf;
}}
"""


def find_nginx(folder: Path) -> str:
    """nginx's path: an installed one, else Debian's package unpacked into `folder`; skips where there is neither."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")
    if found:
        return found
    why = "no nginx on this machine, and Debian's cannot be fetched (Debian: apt-get install nginx)"
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        pytest.skip(why)
    folder.mkdir(parents=True)
    try:  # unpacked and not installed: nothing on the machine changes, and no service starts
        subprocess.run(
            ["apt-get", "download", "nginx"], cwd=folder, check=True, capture_output=True, timeout=_APT_SECONDS
        )
        package = next(folder.glob("nginx_*.deb"))
        subprocess.run(["dpkg", "-x", package, folder], check=True, capture_output=True, timeout=_APT_SECONDS)
        program = str(folder / "usr/sbin/nginx")
        subprocess.run([program, "-v"], check=True, capture_output=True, timeout=_APT_SECONDS)
    except (OSError, subprocess.SubprocessError, StopIteration):
        pytest.skip(why)
    return program


@dataclass(frozen=True, slots=True)
class Published:
    """A site that runs: its folder, its SuperLink on loopback, and where nginx keeps its logs."""

    folder: Path
    site: Site
    link: RunningSuperLink
    logs: Path

    @property
    def address(self) -> str:
        """nginx's, as contributors name it."""
        return f"127.0.0.1:{self.site.public_port}"

    @property
    def authority(self) -> Path:
        """What contributors trust."""
        return self.folder / "authority" / "authority.pem"

    def exchange(self, request: bytes, port: int = 0) -> bytes:
        """What comes back for these very bytes, until nginx closes or is silent for two seconds."""
        context = ssl.create_default_context(cafile=str(self.authority))
        with socket.create_connection(("127.0.0.1", port or self.site.public_port), timeout=10) as plain:
            line = plain if port else context.wrap_socket(plain, server_hostname="127.0.0.1")
            with line:
                line.sendall(request)
                line.settimeout(2.0)
                answer = b""
                try:
                    while part := line.recv(65_536):
                        answer += part
                except TimeoutError:
                    pass
                return answer


@contextmanager
def published(folder: Path) -> Iterator[Published]:
    """A site on free ports of loopback, with its SuperLink and nginx; skips without nginx."""
    nginx = find_nginx(folder / "package")
    ports = [free_port() for _ in range(5)]
    site = Site(("localhost", "127.0.0.1"), ports[0], ports[1], ports[2], ports[3], ports[4])
    written, state = folder / "site", folder / "superlink"
    write_site(written, site, int(time.time()))
    state.mkdir()
    shutil.copy(written / "secrets/superlink.secret", state / "superlink.secret")
    keys = ServerFiles(
        written / "superlink/authority.pem", written / "superlink/server.pem", written / "secrets/superlink.key"
    )
    with ExitStack() as stack:
        link = stack.enter_context(
            start_superlink(SuperLinkSettings(state, port=site.superlink_port, tls=keys, start_seconds=PATIENCE))
        )
        logs = stack.enter_context(_running_nginx(nginx, written, folder / "etc", site))
        yield Published(written, site, link, logs)


@contextmanager
def _running_nginx(nginx: str, written: Path, etc: Path, site: Site) -> Iterator[Path]:
    for name, (there, mode) in INSTALLED.items():
        if there.startswith("/etc/nginx/"):
            target = etc / Path(there).relative_to("/etc/nginx")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(written / name, target)
            target.chmod(mode)
    main, place = etc / "nginx.conf", etc / "run"
    place.mkdir()
    # started by root it would give its rights away, and could not write into the test's folder
    main.write_text(_MAIN.format(place=place, user=Path(place).owner()))
    checked = subprocess.run([nginx, "-t", "-q", "-c", main], capture_output=True, text=True, timeout=30, check=False)
    assert checked.returncode == 0, checked.stderr
    process = subprocess.Popen([nginx, "-c", main], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", site.public_port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < until, (place / "error.log").read_text()
                time.sleep(0.05)
        yield place
    finally:
        process.terminate()
        process.communicate(timeout=20)
