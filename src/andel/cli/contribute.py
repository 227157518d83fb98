"""`andel contribute`: a contributor's node, beside its data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from andel.cli import contribute_options as asked


def contribute(
    state: Annotated[Path, typer.Option(help="Folder of this node: its key, what was accepted, the log.")],
    superlink: Annotated[str, typer.Option(help="HOST:PORT of the coordinator's SuperLink.")] = "",
    rpc: Annotated[str, typer.Option(help="Address of a chain's JSON-RPC.")] = "",
    model: Annotated[str, typer.Option(help="Its RoundManager's address, or a deployment file.")] = "",
    store: Annotated[str, typer.Option(help="Content store of the model: a directory or a URL.")] = "",
    evidence: Annotated[str, typer.Option(help="Your evidence store: a SQLite file or an SQLAlchemy URL.")] = "",
    key_file: Annotated[Path | None, typer.Option(help="File with the wallet's key, 64 hex digits.")] = None,
    accept_task: Annotated[str, typer.Option(help="Accept the task with this hash, once, after reading.")] = "",
    accept_terms: Annotated[str, typer.Option(help="Accept the terms with this hash, on chain, if not done.")] = "",
    days: Annotated[str, typer.Option(help="FIRST:LAST days that may be used, as 2026-01-01:2026-12-31.")] = "",
    held_out: asked.HeldOutDays = "",
    tell_errors: asked.TellErrors = None,
    post_updates: asked.PostUpdates = "never",
    post_coins: asked.PostCoins = "",
    post_after: asked.PostAfter = 120,
    post_key_file: asked.PostKeyFile = None,
    root_certificate: Annotated[Path | None, typer.Option(help="PEM file of the SuperLink's authority.")] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="No TLS; only to this machine itself.")] = False,
    quiet: Annotated[str, typer.Option(help="Begin no round then: 22:00-07:00, local time, with commas.")] = "",
    daily_mb: Annotated[int, typer.Option(min=0, help="Most MiB a day (UTC) to and from the SuperLink; 0: any.")] = 0,
    nice: Annotated[int, typer.Option(min=0, max=19, help="Niceness of the node.")] = 10,
    cores: Annotated[int, typer.Option(min=0, help="Most processor cores; 0: all.")] = 0,
    memory_mb: Annotated[int, typer.Option(min=0, help="Most MiB of memory; 0: no limit.")] = 0,
    poll_seconds: Annotated[float, typer.Option(min=0.05, max=60.0, help="Between questions for work.")] = 3.0,
    refresh_seconds: Annotated[float, typer.Option(min=1.0, help="Between looks at evidence and chain.")] = 300.0,
    public_key: Annotated[bool, typer.Option("--public-key", help="Print the node's public key and end.")] = False,
    show_sent: Annotated[bool, typer.Option("--show-sent", help="List what left this machine and end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --show-sent: one JSON object a line.")] = False,
) -> None:
    """Train beside your data for one model's rounds: only the task you accepted, outbound connections only.

    Without --accept-task a folder that has accepted nothing shows what a round would reveal, and ends.
    """
    # names inside Flower that only its newer releases have: no other command may need them
    from andel.cli.contribute_acceptance import Wanted
    from andel.cli.contribute_node import print_public_key, print_sent, run
    from andel.cli.contribute_posting import Postings

    if show_sent:
        print_sent(state, as_json)
    elif public_key:
        print_public_key(state)
    else:
        run(
            Wanted(
                state=state,
                superlink=superlink,
                rpc=rpc,
                model=model,
                store=store,
                evidence=evidence,
                key_file=key_file,
                accept_task=accept_task,
                accept_terms=accept_terms,
                days=days,
                held_out=held_out,
                tell_errors=tell_errors,
                postings=Postings(post_updates, post_coins, post_after, post_key_file),
                root_certificate=root_certificate,
                insecure=insecure,
                quiet=quiet,
                daily_mb=daily_mb,
                nice=nice,
                cores=cores,
                memory_mb=memory_mb,
                poll_seconds=poll_seconds,
                refresh_seconds=refresh_seconds,
            )
        )
