"""The options of `andel coordinate`, each with what it means."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

KeyFile = Annotated[Path | None, typer.Option("--key-file", help="File with the secret key, 64 hex digits.")]
SuperLink = Annotated[str, typer.Option(help="The SuperLink's address, host:port.")]
SuperLinkSecret = Annotated[Path | None, typer.Option(help="The file of its secret (superlink.secret).")]
State = Annotated[Path | None, typer.Option(help="A folder of this coordinator's own: journal, series of runs.")]
RootCertificate = Annotated[
    Path | None, typer.Option(help="The authority of its certificate, PEM; without it plain HTTP.")
]
NodeApp = Annotated[str, typer.Option(help="The app that stock SuperNodes run, package.module:attribute.")]
Quorum = Annotated[int, typer.Option(min=1, max=100_000, help="Contributors that a round takes.")]
PhaseSeconds = Annotated[float, typer.Option(min=0.1, max=86_400, help="The longest a phase waits.")]
RoundSeconds = Annotated[int, typer.Option(min=10, max=30 * 86_400, help="Until an attempt's deadline.")]
PauseSeconds = Annotated[float, typer.Option(min=0, max=30 * 86_400, help="From one round to the next.")]
PollSeconds = Annotated[float, typer.Option(min=0.01, max=60, help="Between looks at chain and nodes.")]
Budget = Annotated[int | None, typer.Option(min=0, help="The most tokens a round may mint; else all that bonds cover.")]
TrainDays = Annotated[
    list[str] | None, typer.Option(help="Days to train on, as 2024-01-01..2024-03-31; else as in the last round.")
]
Conflicts = Annotated[
    str | None, typer.Option(help="The box of conflicts that witnesses brought: a directory or an fsspec URL.")
]
PlantEvery = Annotated[int, typer.Option(min=0, help="One attempt in so many is a test of the validators; 0: none.")]
Propose = Annotated[
    bool, typer.Option("--propose", help="Propose in every planted attempt: this key opens the reference set.")
]
MetricsPort = Annotated[
    int | None, typer.Option(min=0, max=65_535, help="Serve Prometheus' metrics on this loopback port.")
]
DelegatedOnly = Annotated[
    bool, typer.Option("--delegated-only", help="Take commitments of nodes only that their owner delegated to.")
]
AskErrors = Annotated[bool, typer.Option("--ask-errors", help="Ask for errors on held-out days.")]
UntilRound = Annotated[int, typer.Option(min=0, help="End when this round is final; 0: go on for ever.")]
AdmitNode = Annotated[
    Path | None, typer.Option(help="Let the node with this public key (PEM file) in at the SuperLink, and end.")
]
ShutOut = Annotated[int, typer.Option(min=0, help="Shut the node with this number out for ever, and end.")]
WriteDeployment = Annotated[
    Path | None, typer.Option(help="Write a safe set-up of this machine into a new folder, with a guide, and end.")
]
PublicName = Annotated[
    list[str] | None, typer.Option(help="Name or IPv4 address under which contributors reach it; several if need be.")
]
PublicPort = Annotated[int, typer.Option(min=1, max=65_535, help="Port that contributors reach.")]
Certificate = Annotated[
    Path | None, typer.Option(help="PEM certificate of the public names; else one of an authority of your own.")
]
CertificateKey = Annotated[Path | None, typer.Option(help="Its key.")]
Force = Annotated[bool, typer.Option("--force", help="Write into a folder that is there; authority and secret stay.")]
