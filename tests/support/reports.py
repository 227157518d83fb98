"""A `ValueReport` as bytes, field by field, so that tests can ask whether two verdicts are the same."""

from __future__ import annotations

from dataclasses import fields

from andel.value.history import History
from andel.value.report import ContributorValue, ValueReport
from tests.support.worlds import Owner


def report_bytes(report: ValueReport) -> bytes:
    """Every field of the report and what it derives, in one canonical text."""
    lines = []
    for field in fields(ValueReport):
        value = getattr(report, field.name)
        lines.append(f"{field.name}={value.to_bytes().hex() if isinstance(value, History) else repr(value)}")
    lines.append(f"value_root={report.value_root.hex()}")
    return "\n".join(lines).encode()


def of(report: ValueReport, owner: Owner) -> ContributorValue:
    """One contributor's line of the report."""
    return next(value for value in report.contributors if value.contributor == owner.address)
