"""How commands print: columns for people, JSON for scripts, clock times in the team's zone."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Return `rows` with their columns aligned; the last one is not padded."""
    if not rows:
        return ""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def echo_json(value: Any) -> None:
    """Print `value` as JSON."""
    click.echo(json.dumps(value, indent=2, default=str, ensure_ascii=False))


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    """Return `at` as a clock in `zone` shows it, with its day: "Fri 27 Nov 17:00"."""
    return f"{at.astimezone(zone):%a %d %b %H:%M}"


def clock_time_or(at: datetime | None, zone: ZoneInfo, otherwise: str) -> str:
    """Return `at` as a clock in `zone` shows it, or `otherwise` where there is none."""
    return otherwise if at is None else clock_time(at, zone)
