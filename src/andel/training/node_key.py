"""The key by which a SuperLink knows a node: on P-256, in a file that only its owner reads.

It authenticates a connection and nothing else: Flower signs a time with it, never what is sent. Whoever holds it can
answer as this node and can sign no update. Gives PEM, as SuperLinks register keys, and the point for signed messages.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
    load_ssh_private_key,
)

from andel.errors import InputError, SettingsError
from andel.training.certificates import make_node_key, read_node_key
from andel.whole_files import write_whole

_MAX_PEM_BYTES = 4_096


def keep_node_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The key in the file, which is made where there is none (mode 0600), in the form that a stock SuperNode reads.

    Raises SettingsError.
    """
    try:
        if not path.exists():
            write_whole(path, make_node_key().private)
        with path.open("rb") as file:
            private = read_node_key(file.read(_MAX_PEM_BYTES)).private
    except OSError as error:
        raise SettingsError(f"{path} cannot be used: {error.strerror}", "name a folder for the node") from error
    key = load_ssh_private_key(private, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)  # `read_node_key` looked
    return key


def public_pem(key: ec.EllipticCurvePublicKey) -> bytes:
    """The public key as SuperLinks take and tell it."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def point_of_pem(pem: bytes) -> tuple[bytes, bytes]:
    """x and y, 32 bytes each, of a P-256 public key in PEM. Raises InputError."""
    try:
        key = load_pem_public_key(pem[:_MAX_PEM_BYTES])
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError("a node's public key is not PEM") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InputError("a node's public key is not on P-256")
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]
    return point[:32], point[32:]
