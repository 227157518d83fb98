"""Which commands there are, in the order they are listed, and where each one is found when it is asked for.

A command's modules are imported when it runs, not before: a chain's client, Flower and plots together take longer to
load than most commands take to answer.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, Final

import click
import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


@dataclass(frozen=True, slots=True)
class Command:
    """`place` is "module:attribute" of a function, or of a Typer app with commands of its own."""

    name: str
    place: str
    line: str


COMMANDS: Final = (
    Command("demo", "andel.cli.demo:demo", "From signed packets to a paid, audited, on-chain prediction, in one run."),
    Command(
        "launch",
        "andel.cli.launch:launch_model",
        "Found the model of a file: contracts, bonds, and what they name, each sent once; run it again if it fails.",
    ),
    Command(
        "check",
        "andel.cli.check:check_launch",
        "Tell line by line what is fit and what is not; ends with 1 if anything is not.",
    ),
    Command(
        "new", "andel.cli.new:new", "Write a working experiment of your own: task, data, test, model.toml, README."
    ),
    Command(
        "intake",
        "andel.cli.intake:intake",
        "Judge packets and keep each, accepted or refused with its reason, until the source ends or Ctrl-C.",
    ),
    Command(
        "contribute",
        "andel.cli.contribute:contribute",
        "Train beside your data for one model's rounds: only the task you accepted, outbound connections only.",
    ),
    Command(
        "status",
        "andel.cli.status:show_status",
        "Show what intake kept, or with --model and --rpc a model's round, operators and tokens, from the chain alone.",
    ),
    Command(
        "coordinate",
        "andel.cli.coordinate:coordinate",
        "Open rounds, collect what contributors sign, close them; carry on wherever a former process was stopped.",
    ),
    Command(
        "validate",
        "andel.cli.validate:validate",
        "Settle every closed round from its evidence, attest to the result by commit and reveal, speak in hearings.",
    ),
    Command(
        "watch",
        "andel.cli.watch:watch",
        "Settle rounds again; challenge, report and carry on where operators failed; half of a slash is yours.",
    ),
    Command(
        "challenge",
        "andel.cli.watch:challenge",
        "Settle the newest round again, and challenge what its validators agreed on if it is another result.",
    ),
    Command(
        "serve",
        "andel.cli.serve:serve_model",
        "Serve the published version at POST /predict, signed with an operator's key.",
    ),
    Command(
        "page",
        "andel.cli.page:serve_page",
        "Serve a model's page alone: who owns it and why, its offering, its votes; it signs nothing and needs no key.",
    ),
    Command(
        "claim",
        "andel.cli.claim:claim_tokens",
        "Claim the tokens an account has earned and not yet taken; anybody may pay the gas.",
    ),
    Command(
        "audit",
        "andel.cli.audit:audit_model",
        "Replay a model from its answer back to the packets; exit 1 names the first place that does not hold.",
    ),
    Command(
        "export",
        "andel.cli.evidence:export_evidence",
        "Write accepted packets as a Parquet table: a row for each packet, a column for each channel.",
    ),
    Command(
        "forget",
        "andel.cli.evidence:forget_evidence",
        "Delete the raw bytes of a device and days for good. Roots stay; openings already shown stay with others.",
    ),
    Command("device", "andel.cli.device:app", "Devices: who owns them, who lists them, what they sent."),
    Command("alliance", "andel.cli.alliance:app", "Who may contribute to a model, and on which terms."),
    Command("operator", "andel.cli.operator:app", "Bonds of who coordinates and validates a model."),
    Command("offering", "andel.cli.offering:app", "The initial offering of a model's token."),
    Command("keys", "andel.cli.keys:app", "Keys that let in at a server: made, listed, removed."),
    Command("pass", "andel.cli.access:app", "Licence and access to a model."),
    Command("market", "andel.cli.market:app", "Models asked for pay: who answers, at which price."),
    Command("fees", "andel.cli.fees:app", "Where a server's earnings lie, and their split."),
    Command("token", "andel.cli.token:app", "A model's token: what an account holds."),
    Command("revenue", "andel.cli.revenue:app", "What a model earns, and its holders' part of it."),
    Command("model", "andel.cli.model:app", "A trained model as integers: compiled, asked, verified, deployed."),
    Command("version", "andel.cli.version:app", "Versions of a model: published, promoted."),
    Command("content", "andel.cli.content:app", "The content store over HTTP; copies and checks of it."),
    Command("value", "andel.cli.value:app", "What contributions were worth, and why."),
    Command("vote", "andel.cli.vote:app", "What holders decide about a model."),
    Command("simulate", "andel.cli.simulate:app", "A model tried out on paper."),
)


def load(command: Command) -> click.Command:
    """The command itself, with its options."""
    module, attribute = command.place.split(":")
    target = getattr(importlib.import_module(module), attribute)
    if not isinstance(target, typer.Typer):
        alone = typer.Typer(add_completion=False)
        alone.command(command.name)(target)
        target = alone
    found: click.Command = get_command(target)
    return found


class CommandsByName(TyperGroup):
    """Knows every command by its name and line, and loads the one that is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "suggest_commands": False})  # click suggests by itself
        self.commands = {each.name: TyperCommand(each.name, help=each.line) for each in COMMANDS}

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As it is called, loaded."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, next((load(each) for each in COMMANDS if each.name == name), None), rest
