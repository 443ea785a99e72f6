"""Which connector serves which channel, and how the parts of the program are put together.

The one module besides `simulation` that may know everything. Nothing is decided here.
"""

import os
import platform
from collections.abc import Callable
from concurrent.futures import Executor

from ninja import Router

from hausmeister.alerts import api as alerts_api
from hausmeister.alerts.intake import Route
from hausmeister.connectors.alertmanager import inbound as alertmanager
from hausmeister.connectors.native import api as native_api
from hausmeister.connectors.native import inbound as native
from hausmeister.connectors.opsgenie import inbound as opsgenie
from hausmeister.engine import jobs
from hausmeister.engine.loop import Engine
from hausmeister.engine.sending import Dispatcher
from hausmeister.outbox.delivery import Sender
from hausmeister.outbox.rules import Lane
from hausmeister.pager import api as pager_api
from hausmeister.rota import api as rota_api


def intake_routes() -> tuple[Route, ...]:
    """Return every path of the intake."""
    return (*native.ROUTES, *alertmanager.ROUTES, *opsgenie.ROUTES)


def api_routers() -> tuple[Router, ...]:
    """Return the parts of the JSON API, in the order of its documentation."""
    native_api.add_to(alerts_api.router)
    return (alerts_api.router, pager_api.router, rota_api.router)


def senders() -> dict[str, Sender]:
    """Return the way out for each channel that is set up."""
    return {}


def engine(
    *,
    senders: dict[str, Sender],
    executor: Callable[[Lane, str], Executor] | None = None,
    node: str = "",
    is_pressed: Callable[[], bool] = lambda: False,
) -> Engine:
    """Return an engine with every job; `executor` is given by tests that send in the same thread.

    `is_pressed` says that the intake of the same process is busy and sending must not take its time.
    """
    node = node or f"{platform.node()}:{os.getpid()}"
    dispatcher = Dispatcher(senders, executor=executor, is_pressed=is_pressed)
    return Engine(paging=jobs.paging(), housekeeping=jobs.housekeeping(node), dispatcher=dispatcher)
