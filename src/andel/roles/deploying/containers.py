"""The same site in containers: one image for Andel, one for nginx, and a compose file.

All programs of the coordinator's machine share one network namespace, so loopback stays loopback: nginx's container
alone is reached from outside. No registry is named: the base image is an argument of whoever builds. What runs may
write nothing but its own state, and runs as whoever owns the folder.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from andel.roles.deploying.site import Site
from andel.roles.deploying.systemd import superlink_environment
from andel.training.certificates import ServerFiles
from andel.training.superlink import SuperLinkSettings, superlink_arguments

CONTAINERFILE: Final = """\
# Build argument BASE_IMAGE: an image of Debian with Python 3.11 or newer, by digest, from where you trust it.
# Beside this file: wheels/, made by `pip wheel`, so that nothing else is fetched for Python.
ARG BASE_IMAGE
FROM ${BASE_IMAGE} AS edge
RUN apt-get update && apt-get install -y --no-install-recommends nginx && rm -rf /var/lib/apt/lists/*
ENTRYPOINT ["nginx", "-c", "/etc/nginx/andel-main.conf"]

FROM ${BASE_IMAGE} AS andel
COPY wheels /tmp/wheels
RUN python3 -m venv /opt/andel \\
 && /opt/andel/bin/pip install --no-cache-dir --no-index --find-links /tmp/wheels andel \\
 && rm -rf /tmp/wheels
ENV PATH=/opt/andel/bin:/usr/bin:/bin PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
"""

NGINX_MAIN: Final = """\
# nginx in its container: without rights, everything that it writes under /tmp.
daemon off;
pid /tmp/nginx.pid;
error_log /dev/stderr warn;
worker_processes auto;
worker_rlimit_nofile 16384;
events { worker_connections 8192; }
http {
    access_log /dev/stdout;
    client_body_temp_path /tmp/body;
    proxy_temp_path /tmp/proxy;
    fastcgi_temp_path /tmp/fastcgi;
    uwsgi_temp_path /tmp/uwsgi;
    scgi_temp_path /tmp/scgi;
    include conf.d/andel.conf;
}
"""

_SHARED: Final = """\
# Needs ANDEL_UID, ANDEL_GID (who owns this folder), ANDEL_BASE_IMAGE, and what andel.env names.
x-bounded: &bounded
  user: "${ANDEL_UID:?who owns this folder}:${ANDEL_GID:?whose group}"
  restart: unless-stopped
  read_only: true
  cap_drop: [ALL]
  security_opt: ["no-new-privileges:true"]
  pids_limit: 512
  stop_grace_period: 30s
x-andel: &andel
  <<: *bounded
  image: andel
  build: {context: ., target: andel, args: {BASE_IMAGE: "${ANDEL_BASE_IMAGE:?the base image, by digest}"}}
  tmpfs: [/tmp]
x-inside: &inside
  <<: *andel
  network_mode: "service:edge"
"""


def containerfile() -> str:
    """How both images are built."""
    return CONTAINERFILE


def compose_file(site: Site) -> str:
    """The services; the validator only where its profile is asked for, with a network of its own."""
    chain = ["--rpc", "${ANDEL_RPC}", "--model", "${ANDEL_MODEL}"]
    state, place = Path("/state"), Path("/run/andel")
    files = ServerFiles(place / "authority.pem", place / "server.pem", place / "server.key")
    superlink = superlink_arguments(SuperLinkSettings(state, port=site.superlink_port, tls=files))
    content = ["content", "serve", *chain, "--store", "/state", "--host", "127.0.0.1", "--port", str(site.content_port)]
    coordinator = ["coordinate", *chain, "--store", f"http://127.0.0.1:{site.content_port}"]
    coordinator += ["--key-file", f"{place}/wallet.key", "--superlink", f"127.0.0.1:{site.superlink_port}"]
    coordinator += ["--superlink-secret", f"{place}/superlink.secret", "--root-certificate", f"{place}/authority.pem"]
    coordinator += ["--state", "/state", "--quorum", "${ANDEL_QUORUM}", "--phase-seconds", "${ANDEL_PHASE_SECONDS}"]
    coordinator += ["--round-seconds", "${ANDEL_ROUND_SECONDS}", "--log-json"]
    validator = ["validate", *chain, "--store", "${ANDEL_STORE}", "--key-file", f"{place}/wallet.key"]
    validator += ["--copies", "/state/copies", "--poll-seconds", "1", "--log-json"]
    told = superlink_environment(state)
    return (
        f"{_SHARED}services:\n{_edge(site)}"
        + _service("superlink", "inside", ["flower-superlink", *superlink], _superlink_mounts(place), told)
        + _service("content", "inside", ["andel", *content], [])
        + _service("coordinator", "inside", ["andel", *coordinator], _coordinator_mounts(place))
        + _service("validator", "andel", ["andel", *validator], [("secrets/validator.key", f"{place}/wallet.key")])
        + "    profiles: [validator]\n"
    )


def _edge(site: Site) -> str:
    ports = [site.public_port, *([site.plain_port] if site.plain_port else [])]
    published = "".join(f'      - "{port}:{port}"\n' for port in ports)
    mounts = [
        ("containers/nginx-main.conf", "/etc/nginx/andel-main.conf"),
        ("nginx/andel.conf", "/etc/nginx/conf.d/andel.conf"),
        *[(f"nginx/{name}", f"/etc/nginx/andel/{name}") for name in ("public.pem", "public.key")],
        ("nginx/superlink-authority.pem", "/etc/nginx/andel/superlink-authority.pem"),
    ]
    return (
        "  edge:\n    <<: *bounded\n    image: andel-edge\n"
        '    build: {context: ., target: edge, args: {BASE_IMAGE: "${ANDEL_BASE_IMAGE:?the base image, by digest}"}}\n'
        '    tmpfs: ["/tmp:size=6g"]\n'
        '    sysctls: {net.ipv4.ip_unprivileged_port_start: "0"}\n'
        f"    ports:\n{published}    volumes:\n{_mounted(mounts)}"
    )


def _superlink_mounts(place: Path) -> list[tuple[str, str]]:
    mounts = [(f"superlink/{name}", f"{place}/{name}") for name in ("authority.pem", "server.pem")]
    mounts += [("secrets/superlink.key", f"{place}/server.key")]
    return [*mounts, ("secrets/superlink.secret", "/state/superlink.secret")]


def _coordinator_mounts(place: Path) -> list[tuple[str, str]]:
    mounts = [("superlink/authority.pem", f"{place}/authority.pem"), ("secrets/coordinator.key", f"{place}/wallet.key")]
    return [*mounts, ("secrets/superlink.secret", f"{place}/superlink.secret")]


def _service(
    name: str, kind: str, command: list[str], mounts: list[tuple[str, str]], told: dict[str, str] | None = None
) -> str:
    text = f"  {name}:\n    <<: *{kind}\n    command: {json.dumps(command)}\n"
    if told:
        text += f"    environment: {json.dumps(told)}\n"
    return text + f"    volumes:\n      - ./state/{name}:/state\n{_mounted(mounts)}"


def _mounted(mounts: list[tuple[str, str]]) -> str:
    return "".join(f"      - ../{source}:{target}:ro\n" for source, target in mounts)
