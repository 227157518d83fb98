"""Writes a site into a folder: what each program reads, the certificates, SuperLink's secret, and a guide.

Takes a `Site`, a time, and perhaps a certificate from elsewhere. Gives files that only their owner can read where they
are secret. Never overwrites without being told, never replaces an authority or a secret that is there, never writes a
wallet's key, and installs nothing.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from andel.content import MAX_CONTENT_BYTES
from andel.errors import SettingsError
from andel.roles.deploying.containers import NGINX_MAIN, compose_file, containerfile
from andel.roles.deploying.guide import environment_file, guide
from andel.roles.deploying.nginx import nginx_conf
from andel.roles.deploying.site import Site
from andel.roles.deploying.systemd import units, users
from andel.training.certificates import Authority, issue_server, make_authority

_SECRET_BYTES: Final = 32
_MAX_FILE_BYTES: Final = 64 * 1024
_SECRET_MODE: Final = 0o600
_OPEN_MODE: Final = 0o644


@dataclass(frozen=True, slots=True)
class Given:
    """A certificate (PEM, with what leads to its root) and its key from elsewhere, for the public names."""

    certificate: bytes
    key: bytes

    def check(self) -> None:
        """Raises SettingsError unless both can be read and belong together; shows nothing of the key."""
        try:
            certified = x509.load_pem_x509_certificates(self.certificate)[0].public_key()
            held = load_pem_private_key(self.key, None).public_key()
        except (ValueError, TypeError, IndexError):
            raise SettingsError(
                "certificate or key cannot be read", "PEM files, the key without a passphrase"
            ) from None
        form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if certified.public_bytes(*form) != held.public_bytes(*form):
            raise SettingsError("the key is not the certificate's", "give both of one server")


def write_site(folder: Path, site: Site, now: int, given: Given | None = None, *, force: bool = False) -> list[Path]:
    """Writes everything below `folder`; gives the files' relative paths. `now` is unix time, for the certificates.

    With `force` texts and server certificates are written anew; authority, SuperLink's secret and wallets stay. Raises
    SettingsError, before anything is written where a file is in the way.
    """
    if given is not None:
        given.check()
    try:
        kept = _kept(folder)
        if kept and not force:
            raise SettingsError(f"{folder / kept[0]} is there already", "name a new folder, or add --force")
        authority = _authority(folder, now)
        files = _texts(site, own=given is None)
        hidden, beside = _keys(folder, site, authority, now, given)
        files |= beside
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, data in files.items():
            _write(folder, name, data, _OPEN_MODE)
        for name, secret in hidden.items():
            _write(folder, name, secret, _SECRET_MODE)
        for name in ("secrets", "authority"):
            (folder / name).chmod(0o700)
        for name in ("superlink", "content", "coordinator", "validator"):
            (folder / "containers" / "state" / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{folder} cannot be written: {error.strerror}", "name another folder") from error
    return sorted(Path(name) for name in (*files, *hidden))


def _texts(site: Site, own: bool) -> dict[str, bytes]:
    texts = {
        "README.md": guide(site, own),
        "andel.env": environment_file(site),
        "nginx/andel.conf": nginx_conf(site, MAX_CONTENT_BYTES),
        "systemd/andel.sysusers": users(),
        "containers/Containerfile": containerfile(),
        "containers/compose.yaml": compose_file(site),
        "containers/nginx-main.conf": NGINX_MAIN,
        **{f"systemd/{name}": text for name, text in units(site).items()},
    }
    return {name: text.encode() for name, text in texts.items()}


def _keys(
    folder: Path, site: Site, authority: Authority, now: int, given: Given | None
) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Secret files by name, and those that go with them and are open."""
    inner, inner_key = issue_server(authority, ("localhost", "127.0.0.1"), now)
    public, public_key = (given.certificate, given.key) if given else issue_server(authority, site.names, now)
    secret = folder / "secrets" / "superlink.secret"
    hidden = {
        "authority/authority.key": authority.key,
        "nginx/public.key": public_key,
        "secrets/superlink.key": inner_key,
        "secrets/superlink.secret": _read(secret) if secret.is_file() else secrets.token_bytes(_SECRET_BYTES),
    }
    beside = {
        "authority/authority.pem": authority.certificate,
        "nginx/public.pem": public,
        "nginx/superlink-authority.pem": authority.certificate,
        "superlink/authority.pem": authority.certificate,
        "superlink/server.pem": inner,
    }
    return hidden, beside


def _authority(folder: Path, now: int) -> Authority:
    certificate, key = folder / "authority" / "authority.pem", folder / "authority" / "authority.key"
    if certificate.exists() != key.exists():
        raise SettingsError(f"{certificate.parent} holds half an authority", "put the other file back, or remove both")
    return Authority(_read(certificate), _read(key)) if key.exists() else make_authority("Andel fleet", now)


def _kept(folder: Path) -> list[str]:
    if not folder.exists():
        return []
    if not folder.is_dir():
        raise SettingsError(f"{folder} is no folder", "name another")
    return sorted(path.name for path in folder.iterdir())


def _write(folder: Path, name: str, data: bytes, mode: int) -> None:
    """Whole, or as it was; what stood there, a link too, is replaced and never written through."""
    path = folder / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)  # whatever the umask
        file.write(data)
    partial.replace(path)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MAX_FILE_BYTES)
