"""The guide that lies in a site's folder: every step, for whoever sets the machine up. And the settings' file."""

from __future__ import annotations

from typing import Final

from andel.roles.deploying.site import CONFIG, Site
from andel.roles.deploying.systemd import SECRETS

INSTALLED: Final = {
    "nginx/andel.conf": ("/etc/nginx/conf.d/andel.conf", 0o644),
    "nginx/public.pem": ("/etc/nginx/andel/public.pem", 0o644),
    "nginx/public.key": ("/etc/nginx/andel/public.key", 0o600),
    "nginx/superlink-authority.pem": ("/etc/nginx/andel/superlink-authority.pem", 0o644),
    "systemd/andel.sysusers": ("/etc/sysusers.d/andel.conf", 0o644),
    "systemd/andel-superlink.service": ("/etc/systemd/system/andel-superlink.service", 0o644),
    "systemd/andel-content.service": ("/etc/systemd/system/andel-content.service", 0o644),
    "systemd/andel-coordinator.service": ("/etc/systemd/system/andel-coordinator.service", 0o644),
    "superlink/authority.pem": (f"{CONFIG}/superlink/authority.pem", 0o644),
    "superlink/server.pem": (f"{CONFIG}/superlink/server.pem", 0o644),
    "secrets/superlink.key": (f"{SECRETS}/superlink.key", 0o600),
    "secrets/superlink.secret": (f"{SECRETS}/superlink.secret", 0o600),
    "secrets/coordinator.key": (f"{SECRETS}/coordinator.key", 0o600),
    "andel.env": (f"{CONFIG}/andel.env", 0o644),
}
"""Where each file goes on the coordinator's machine, and its mode; all belong to root."""

_GUIDE: Final = """\
# A coordinator's machine

Written by `andel coordinate --write-deployment`. Nothing here has been installed yet.

Strangers reach nginx, and nothing else. It publishes what contributors' nodes need of SuperLink, by name, and the
content service. SuperLink, content service and metrics listen on loopback: whoever reaches SuperLink itself can start
code on stock SuperNodes, so give it a machine, or a network namespace, that nobody else logs in to.

| file | holds |
|---|---|
| `authority/authority.key` | **secret; move it off this machine.** Whoever has it can play this server to every node |
| `authority/authority.pem` | what contributors trust |
| `secrets/`, `nginx/public.key` | **secret**; wallets' keys are for you to put there |
| `andel.env` | settings; fill it in first. No secret, unless the chain's address holds a key: then mode 0600 |

## With systemd (Debian 12 and later)

Steps as root, from this folder.

1. Programs: `apt-get install nginx python3-venv`, then `python3 -m venv /opt/andel` and `/opt/andel/bin/pip install`
   the wheel of Andel.
2. Fill in `andel.env`. Put the coordinator's key, 64 hex digits, into `secrets/coordinator.key`.
3. Files to their places:

```
@INSTALL
chmod 700 @SECRETS
```

4. Users: `systemd-sysusers`.
5. Start: `nginx -t && systemctl reload nginx`, then
   `systemctl daemon-reload && systemctl enable --now andel-superlink andel-content andel-coordinator`.
6. Remove `secrets/` and `nginx/public.key` from this folder, and move `authority/authority.key` away.
7. From another machine: `@CHECK` must be answered by 404. No
   other port than @PORTS may answer.

A validator belongs on another machine, and to somebody else: `systemd/andel-validator.service`, `andel.sysusers`,
`andel.env` and its own `secrets/validator.key` go to the same places there.

## In containers

Any engine that reads compose files. Not needed with systemd.

1. `python3 -m pip wheel --wheel-dir containers/wheels` the source or wheel of Andel, with the base image's Python.
2. Fill in `andel.env`; put the key into `secrets/coordinator.key`. `containers/state/` keeps each service's state.
3. In `containers/`, with ANDEL_BASE_IMAGE (an image of Debian with Python 3.11 or newer, by digest), ANDEL_UID and
   ANDEL_GID (`id -u`, `id -g` of who owns this folder, not root) in the environment:
   `compose --env-file ../andel.env up --build --detach edge superlink content coordinator`.

All services but the validator share nginx's network, where loopback is theirs alone.

## Let nodes in, and shut them out

A contributor sends the public key of its node (`andel contribute --public-key`). On this machine:

```
/opt/andel/bin/andel coordinate --admit-node KEY.pem \\
  --superlink 127.0.0.1:@SUPERLINK --root-certificate @CONFIG/superlink/authority.pem
```

It answers with the node's number; `--shut-out NUMBER` in the place of `--admit-node` ends that for ever. Contributors
then join with

```
andel contribute --superlink @ADDRESS --root-certificate @ROOT --store @STORE …
```

## Renew

Server certificates last 397 days. Put `authority/authority.key`, and what else was removed from here, back; write this
folder again with the same options and `--force`; repeat step 3 but for `andel.env`, reload nginx and restart
`andel-superlink`; the coordinator goes on where it was. Nodes need nothing new. Back up `@STATE-coordinator`,
`@STATE-superlink` and, by `andel content copy`, the content store.
"""

_ENVIRONMENT: Final = """\
# Settings of Andel's services. No secret belongs here. Whoever needs more options: ANDEL_COORDINATE_OPTIONS,
# ANDEL_VALIDATE_OPTIONS (systemd only), as on the command line.
# The chain's JSON-RPC, and the model: its RoundManager's address.
ANDEL_RPC=
ANDEL_MODEL=
# A validator's store.
ANDEL_STORE=@STORE
# A round: contributors that it takes, the longest that each of five phases waits, seconds until its deadline.
ANDEL_QUORUM=3
ANDEL_PHASE_SECONDS=300
ANDEL_ROUND_SECONDS=3600
ANDEL_COORDINATE_OPTIONS=
ANDEL_VALIDATE_OPTIONS=
"""


def guide(site: Site, own: bool) -> str:
    """The guide; `own` where the public certificate is from the authority in the folder."""
    check = f"curl --insecure -o /dev/null -w '%{{http_code}}' -X POST https://{site.address}/v1/control/start-run"
    ports = [site.public_port, *([site.plain_port] if site.plain_port else [])]
    values = {
        "INSTALL": "\n".join(f"install -D -m {mode:04o} {name} {place}" for name, (place, mode) in INSTALLED.items()),
        "SECRETS": str(SECRETS),
        "CHECK": check,
        "PORTS": " and ".join(map(str, ports)),
        "SUPERLINK": str(site.superlink_port),
        "CONFIG": str(CONFIG),
        "ADDRESS": site.address,
        "ROOT": "authority.pem" if own else "ROOT.pem",
        "STORE": site.content_url,
        "STATE": "/var/lib/andel",
    }
    text = _GUIDE
    for name, value in values.items():
        text = text.replace(f"@{name}", value)
    more = "" if own else "`ROOT.pem` is the root of the certificate that you brought.\n"
    return text + more


def environment_file(site: Site) -> str:
    """The settings, to be filled in."""
    return _ENVIRONMENT.replace("@STORE", site.content_url)
