"""Who pays for a launch: a key in a file or the environment, or a signer elsewhere. Never shows a key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from andel.cli.options import parse_key, read_key
from andel.errors import SettingsError
from andel.ledger.external_signer import ExternalSigner
from andel.transactions import Payer

KEY_VARIABLE: Final = "ANDEL_KEY"

PayerKeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key-file", help=f"Key of who pays: 64 hex digits, or a keystore. Else {KEY_VARIABLE}, or --signer."
    ),
]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", help="Password of the keystore; asked for if left out.")
]
SignerUrl = Annotated[
    str, typer.Option("--signer", help="JSON-RPC of a program that keeps the key and signs (Clef, Web3Signer).")
]
Sender = Annotated[str, typer.Option("--sender", help="The account: of a signer that keeps several, or to reckon for.")]


def find_payer(key_file: Path | None, password_file: Path | None, signer: str, sender: str) -> Payer | None:
    """Who pays; None where nobody is named. Raises SettingsError, InputError, ChainError."""
    if key_file is not None and signer:
        raise SettingsError("--key-file and --signer name two accounts", "leave one of them out")
    if signer:
        return ExternalSigner.connect(signer, sender)
    secret = os.environ.get(KEY_VARIABLE, "")
    if key_file is None and not secret:
        return None
    key = read_key(key_file, password_file) if key_file is not None else parse_key(secret, KEY_VARIABLE)
    if sender and sender.lower() != key.address.lower():
        raise SettingsError(f"the key is {key.address}'s, not {sender[:60]}'s", "leave --sender out, or take that key")
    return key


def require_payer(payer: Payer | None) -> Payer:
    """Raises SettingsError where nobody pays."""
    if payer is None:
        raise SettingsError("nobody is named who pays", f"--key-file, --signer, or the key in {KEY_VARIABLE}")
    return payer
