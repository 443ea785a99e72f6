"""Console commands, run inside the test's own database."""

from collections.abc import Callable
from typing import Any

import click.testing
import pytest

from hausmeister.console.group import commands

Run = Callable[..., click.testing.Result]


@pytest.fixture
def run(db: None) -> Run:
    """Return a function that runs one command and fails on a bug in it."""

    def command(*arguments: str, code: int = 0, **more: Any) -> click.testing.Result:
        result = click.testing.CliRunner().invoke(commands, list(arguments), **more)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    return command
