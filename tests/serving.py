"""The world's intake on a real socket, for clients that none of us wrote.

Server, writer and database stay in the test's own thread; the client runs in another one.
"""

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any, TypeVar

import uvicorn

from hausmeister.team import queries as team_queries
from tests.harness import World

T = TypeVar("T")


class _Server(uvicorn.Server):
    def capture_signals(self) -> Any:
        return nullcontext()


def while_serving(world: World, client: Callable[[str], T]) -> T:
    """Return what `client` returns, called with the base URL of the world's intake while that is served."""
    world.keys.holders = team_queries.valid_keys(world.now)
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as beside:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(world.intake, http="h11", loop="asyncio", lifespan="off", ws="none", log_config=None)
        server = _Server(config)
        loop = asyncio.new_event_loop()
        try:
            serving = loop.create_task(server.serve(sockets=[listener]))
            _pump(loop, world, lambda: server.started)
            done = beside.submit(client, url)
            _pump(loop, world, done.done)
            server.should_exit = True
            loop.run_until_complete(serving)
        finally:
            loop.close()
        return done.result()


def _pump(loop: asyncio.AbstractEventLoop, world: World, is_over: Callable[[], bool]) -> None:
    """Let server and writer take turns until it is over."""
    while not is_over():
        loop.run_until_complete(asyncio.sleep(0.001))
        world.writer.run_once(now=world.now)
