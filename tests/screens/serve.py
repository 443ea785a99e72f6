"""The product as it is started, over a database of its own that holds the story; for browsers.

`python -m tests.screens.serve PORT` serves until it is told to end. Its clock begins on the evening of the story
and runs on from there. Prints one line of JSON once it is ready.
"""

import json
import os
import sys
import threading
from dataclasses import asdict
from datetime import timedelta


def main(port: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "hausmeister.settings"
    os.environ["HAUSMEISTER_BASE_URL"] = f"http://127.0.0.1:{port}"
    os.environ.setdefault("HAUSMEISTER_LOG_LEVEL", "error")
    from hausmeister.console.deployment import set_up

    set_up()
    from hausmeister.alerts.writer import Writer
    from hausmeister.base import clock
    from hausmeister.console import serve, server

    listener = server.listen("127.0.0.1", port)
    serve._prepare()
    from tests.screens import story

    told = story.tell()
    began_s = clock.monotonic_s()
    with clock.run_by(lambda: story.TONIGHT + timedelta(seconds=clock.monotonic_s() - began_s)):
        print(json.dumps(asdict(told)), flush=True)
        threading.Thread(target=_end_with_the_parent, daemon=True).start()
        server.serve(listener, writer=Writer(), health=lambda: True, on_ready=lambda: None)


def _end_with_the_parent() -> None:
    """End when standard input closes: whoever started this is gone."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
