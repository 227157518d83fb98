"""Options of `andel contribute` whose words are long."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HeldOutDays = Annotated[str, typer.Option(help="Ranges of days that stay home, FIRST:LAST with commas.")]
TellErrors = Annotated[
    bool | None, typer.Option("--tell-errors/--keep-errors", help="Tell sums of errors on held-out days, if asked.")
]
PostUpdates = Annotated[str, typer.Option(help="Post your update's hash on chain: never, unasked or always.")]
PostCoins = Annotated[str, typer.Option(help="Most coins of the chain that all postings together may cost.")]
PostAfter = Annotated[int, typer.Option(min=0, max=86_400, help="Seconds from the fixed data to a posting.")]
PostKeyFile = Annotated[Path | None, typer.Option(help="File with the key that pays for postings; else the wallet.")]
