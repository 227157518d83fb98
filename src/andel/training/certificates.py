"""Certificates and node keys of a fleet: an authority of one's own, a server certificate from it, P-256 throughout.

Takes names, a time and a folder. Gives PEM and files. Whoever holds the authority's key can pretend to be the server
to every node that trusts it: `authority.key` is only read where a server certificate is issued or renewed, and is best
kept elsewhere. Keys come from the operating system's randomness and nowhere else. Never a client certificate: nodes
prove themselves by their node key.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_ssh_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from andel.errors import SettingsError

AUTHORITY_DAYS: Final = 3_650
SERVER_DAYS: Final = 397
"""The longest that clients in the field accept for a server."""

_BACKDATED = timedelta(hours=1)  # a node's clock may be behind
_MAX_HOSTS = 32
_MAX_FILE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority: its certificate and its key, both PEM. Nodes are given the certificate alone."""

    certificate: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """Where a server's TLS files lie: the authority's certificate, the server's certificate, and its key."""

    authority: Path
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class NodeKey:
    """A node's keys: `private` in OpenSSH's form, as a SuperNode reads it, `public` as PEM, as SuperLink tells it."""

    private: bytes
    public: bytes


def make_authority(name: str, now: int, days: int = AUTHORITY_DAYS) -> Authority:
    """A new authority, valid from unix time `now`; it can issue server certificates and nothing below them."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    usage = _key_usage(key_cert_sign=True, crl_sign=True)
    certificate = (
        _builder(subject, subject, key.public_key(), now, days)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate.public_bytes(Encoding.PEM), _key_pem(key))


def issue_server(authority: Authority, hosts: Sequence[str], now: int, days: int = SERVER_DAYS) -> tuple[bytes, bytes]:
    """Certificate and key (PEM) of a server that is reached under `hosts`, DNS names or IP addresses.

    Raises SettingsError when `hosts` is empty or too long, or the authority cannot be read.
    """
    if not 1 <= len(hosts) <= _MAX_HOSTS:
        raise SettingsError(f"{len(hosts)} names for one server certificate", f"give 1 to {_MAX_HOSTS}")
    try:
        issuer = x509.load_pem_x509_certificate(authority.certificate)
        signer = load_pem_private_key(authority.key, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"the authority cannot be read: {error}", "make a new one") from error
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise SettingsError("the authority's key is none of an elliptic curve", "make a new authority")
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_name(hosts[0]), issuer.subject, key.public_key(), now, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM), _key_pem(key)


def make_server_files(folder: Path, hosts: Sequence[str], now: int, name: str = "Andel fleet") -> ServerFiles:
    """The TLS files in `folder`: a new authority where there is none, and always a new server certificate from it.

    Nodes that trust the authority need nothing new when this is called again. Raises SettingsError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = ServerFiles(folder / "authority.pem", folder / "server.pem", folder / "server.key")
        kept = folder / "authority.key"
        if files.authority.exists() != kept.exists():
            raise SettingsError(
                f"{folder} holds half an authority", "put authority.pem and authority.key there, or neither"
            )
        if kept.exists():
            authority = Authority(_read(files.authority), _read(kept))
        else:
            authority = make_authority(name, now)
            write_secret(kept, authority.key)
            files.authority.write_bytes(authority.certificate)
        certificate, key = issue_server(authority, hosts, now)
        write_secret(files.key, key)
        files.certificate.write_bytes(certificate)
    except OSError as error:
        raise SettingsError(
            f"certificates cannot be kept in {folder}: {error.strerror}", "name another folder"
        ) from error
    return files


def make_node_key() -> NodeKey:
    """A new key pair for one node."""
    key = ec.generate_private_key(ec.SECP256R1())
    return NodeKey(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()), _public_pem(key))


def read_node_key(data: bytes) -> NodeKey:
    """The node key in an OpenSSH private key. Raises SettingsError, which shows nothing of it."""
    try:
        key = load_ssh_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None  # refused below, with every other kind of key
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SettingsError("not a node key", "an OpenSSH private key on P-256, without a passphrase")
    return NodeKey(data, _public_pem(key))


def write_secret(path: Path, data: bytes) -> None:
    """Writes a file that only its owner can read; raises OSError."""
    path.unlink(missing_ok=True)  # a file of others' making would keep its mode
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(data)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: int, days: int
) -> x509.CertificateBuilder:
    start = datetime.fromtimestamp(now, UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - _BACKDATED)
        .not_valid_after(start + timedelta(days=days))
    )


def _key_usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        pass
    try:
        return x509.DNSName(host)
    except ValueError as error:
        raise SettingsError(f"not the name of a host: {host[:80]!r}", "a DNS name or an IP address") from error


def _name(text: str) -> x509.Name:
    try:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])
    except ValueError as error:
        raise SettingsError(f"not a name for a certificate: {text[:80]!r}", "1 to 64 characters") from error


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _public_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MAX_FILE_BYTES)


def context_trusting(certificates: bytes) -> ssl.SSLContext:
    """A client's TLS context that trusts these PEM certificates and nothing else. Raises ssl.SSLError, ValueError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cadata=certificates.decode("ascii"))
    return context
