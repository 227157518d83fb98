"""Logs for machines: one JSON object a line on standard error, with the values of a round's events as fields.

Takes log records. Gives `time` (UTC), `level`, `logger`, `message`, and what a record carries as `fields`. Never writes
a traceback's locals; keys have no printable form.
"""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Final

import typer

from andel.training.events import AnswerRefused, AnswerTaken, Event, RoundEnded, StepFailed

LogJsonOption = Annotated[
    bool, typer.Option("--log-json", help="Log as JSON, a line for each event, on standard error.")
]

_MAX_TEXT: Final = 2_000

log = logging.getLogger("andel.rounds")


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        value: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage()[:_MAX_TEXT],
        }
        if record.exc_info and record.exc_info[1] is not None:
            value["error"] = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"[:_MAX_TEXT]
        fields = getattr(record, "fields", None)
        return json.dumps(value | {"fields": fields} if isinstance(fields, dict) else value, default=str)


def log_as_json(wanted: bool) -> None:
    """From now on every log line is JSON, from INFO on; does nothing when it is not `wanted`."""
    if not wanted:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)


def log_event(event: Event) -> None:
    """Logs an event of a round under its name; single answers only where every detail is asked for."""
    fields = asdict(event)
    if isinstance(event, AnswerRefused):
        fields = {**fields.pop("refused"), "kind": event.kind.value}
    level = logging.INFO
    if isinstance(event, AnswerTaken):
        level = logging.DEBUG
    elif isinstance(event, AnswerRefused | StepFailed) or (isinstance(event, RoundEnded) and event.void_reason):
        level = logging.WARNING
    name = _name(event)
    log.log(level, "%s %s", name, " ".join(f"{key}={value}" for key, value in fields.items()), extra={"fields": fields})


def _name(event: Event) -> str:
    """`RoundMoved` as `round_moved`."""
    text = type(event).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in text).lstrip("_")
