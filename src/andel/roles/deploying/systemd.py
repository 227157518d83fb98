"""systemd's part of a site: a unit for each program, each under a user of its own with nearly nothing allowed.

Keys reach a service as credentials, readable by that service alone; settings come from `andel.env`, which holds no
secret. Needs systemd 250 or newer (`%d`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from andel.roles.deploying.site import CONFIG, STATE, Site
from andel.training.certificates import ServerFiles
from andel.training.flower_quiet import QUIET
from andel.training.superlink import SuperLinkSettings, superlink_arguments

SERVICES: Final = {
    "superlink": "Flower SuperLink of an Andel fleet, on loopback",
    "content": "Andel content service, on loopback",
    "coordinator": "Andel coordinator",
    "validator": "Andel validator",
}
"""The services, and what each is."""

SECRETS: Final = CONFIG / "secrets"
"""Whom only root enters: wallets' keys and SuperLink's secret."""

_SETTINGS: Final = f"EnvironmentFile={CONFIG}/andel.env"

_UNIT: Final = """\
[Unit]
Description=@ABOUT
Wants=network-online.target
After=network-online.target@AFTER
StartLimitIntervalSec=0

[Service]
User=andel-@NAME
Group=andel-@NAME
StateDirectory=andel-@NAME
StateDirectoryMode=0700
WorkingDirectory=@STATE
@MORE
Restart=always
RestartSec=5
KillSignal=SIGTERM
TimeoutStopSec=30

UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
LimitNOFILE=65536
TasksMax=512

[Install]
WantedBy=multi-user.target
"""


def units(site: Site) -> dict[str, str]:
    """Each unit's file name and text."""
    andel = site.programs / "andel"
    chain = "--rpc ${ANDEL_RPC} --model ${ANDEL_MODEL}"
    content = f"{andel} content serve {chain} --store {_state('content')} --host 127.0.0.1 --port {site.content_port}"
    coordinator = (
        f"{andel} coordinate {chain} --store http://127.0.0.1:{site.content_port} --key-file %d/wallet.key"
        f" --superlink 127.0.0.1:{site.superlink_port} --superlink-secret %d/superlink.secret"
        f" --root-certificate {CONFIG}/superlink/authority.pem --state {_state('coordinator')}"
        " --quorum ${ANDEL_QUORUM} --phase-seconds ${ANDEL_PHASE_SECONDS} --round-seconds ${ANDEL_ROUND_SECONDS}"
        f" --metrics-port {site.metrics_port} --log-json $ANDEL_COORDINATE_OPTIONS"
    )
    validator = (
        f"{andel} validate {chain} --store ${{ANDEL_STORE}} --key-file %d/wallet.key"
        f" --copies {_state('validator')}/copies --poll-seconds 1 --log-json $ANDEL_VALIDATE_OPTIONS"
    )
    secret, wallet = _credential("superlink.secret"), "wallet.key"
    beside = " andel-superlink.service andel-content.service"
    return {
        "andel-superlink.service": _unit("superlink", _superlink(site, secret)),
        "andel-content.service": _unit("content", f"{_SETTINGS}\nExecStart={content}"),
        "andel-coordinator.service": _unit(
            "coordinator",
            f"{_SETTINGS}\n{secret}\n{_credential('coordinator.key', wallet)}\nExecStart={coordinator}",
            beside,
        ),
        "andel-validator.service": _unit(
            "validator", f"{_SETTINGS}\n{_credential('validator.key', wallet)}\nExecStart={validator}"
        ),
    }


def users() -> str:
    """The users, in the form of sysusers.d."""
    return "".join(f'u andel-{name} - "{about}" {_state(name)}\n' for name, about in SERVICES.items())


def superlink_environment(state: Path) -> dict[str, str]:
    """What SuperLink is told beside its arguments: where it keeps its own, and that it sends and fetches nothing."""
    return {"HOME": str(state), "FLWR_HOME": str(state / "flower"), **QUIET}


def _superlink(site: Site, secret: str) -> str:
    state = _state("superlink")
    files = ServerFiles(CONFIG / "superlink/authority.pem", CONFIG / "superlink/server.pem", Path("%d/server.key"))
    arguments = superlink_arguments(SuperLinkSettings(state, port=site.superlink_port, tls=files))
    lines = [secret, _credential("superlink.key", "server.key")]
    lines += [f"Environment={name}={value}" for name, value in superlink_environment(state).items()]
    # it speaks with this machine alone, whatever it is asked
    lines += ["IPAddressDeny=any", "IPAddressAllow=localhost"]
    # SuperLink reads its secret beside its database
    lines += [f"ExecStartPre=/usr/bin/install -m 0600 %d/superlink.secret {state}/superlink.secret"]
    lines += [f"ExecStart={site.programs}/flower-superlink {' '.join(arguments)}"]
    return "\n".join(lines)


def _unit(name: str, more: str, after: str = "") -> str:
    values = {"ABOUT": SERVICES[name], "AFTER": after, "NAME": name, "STATE": str(_state(name)), "MORE": more}
    text = _UNIT
    for key, value in values.items():
        text = text.replace(f"@{key}", value)
    return text


def _state(name: str) -> Path:
    return STATE / f"andel-{name}"


def _credential(file: str, name: str = "") -> str:
    return f"LoadCredential={name or file}:{SECRETS / file}"
