"""The key inside a wallet's keystore file (version 3).

Takes a file's bytes and its password. Gives an `AccountKey`. Never writes, prints or keeps either. It lies apart from
`keys` and loads eth-account when a keystore is opened: that takes longer than all else of a short command.
"""

import json
from typing import Final

from andel.errors import InputError
from andel.keys import AccountKey

MAX_KEYSTORE_BYTES: Final = 16 * 1024
_MAX_SCRYPT_BYTES: Final = 512 * 1024 * 1024  # what wallets write takes 256 MiB
_MAX_PBKDF2_ROUNDS: Final = 10_000_000


def open_keystore(data: bytes, password: str) -> AccountKey:
    """The key in a keystore file (version 3, as wallets write it).

    Raises InputError, which repeats neither file nor password, for another format, another password, or a file that
    asks for more work than a wallet's does.
    """
    try:
        keystore = json.loads(data) if len(data) <= MAX_KEYSTORE_BYTES else {}
        cipher = keystore["crypto"] if "crypto" in keystore else keystore["Crypto"]
        work = cipher["kdfparams"]
        is_bounded = int(work.get("n", 0)) * int(work.get("r", 0)) * 128 <= _MAX_SCRYPT_BYTES
        is_bounded = is_bounded and int(work.get("p", 1)) <= 16 and int(work.get("c", 0)) <= _MAX_PBKDF2_ROUNDS
        version = int(keystore["version"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError("not a keystore file of version 3", "what a wallet exports as a keystore") from None
    if version != 3 or not is_bounded:
        raise InputError("not a keystore file of version 3 as wallets write it", "export the key anew")
    from eth_account import Account

    try:
        return AccountKey(bytes(Account.decrypt(keystore, password)))
    except InputError:
        raise
    except Exception:  # what the libraries below raise may show what they were given
        raise InputError("the keystore does not open", "another password, or a damaged file") from None
