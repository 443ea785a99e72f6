"""`./run`: make the environment, then become `hausmeister up`."""

import argparse
import os
import sys
from pathlib import Path

import environment


def main() -> None:
    """Prepare and start; this process becomes the program, so that Ctrl-C and signals reach it."""
    given = _arguments()
    try:
        environment.prepare(environment.LOCK)
    except environment.CannotPrepare as error:
        sys.exit(f"run: {error}")
    except KeyboardInterrupt:
        sys.exit("\nrun: stopped; start again to go on where this ended.")
    if given.prepare:
        environment.say(f"Ready: {environment.tool('hausmeister')}")
        return
    settings = dict(os.environ)
    if given.data is not None or not settings.get("HAUSMEISTER_DATA"):
        settings["HAUSMEISTER_DATA"] = str((given.data or environment.ROOT / "var").absolute())
    if not settings.get("HAUSMEISTER_BASE_URL"):
        settings["HAUSMEISTER_BASE_URL"] = f"http://localhost:{given.port}"
    command = [
        environment.python(), "-m", "hausmeister", "up", "--port", str(given.port), "--host", given.host,
        "--when-empty", "welcome" if given.empty else "demo",
    ]  # fmt: skip
    sys.stdout.flush()
    os.execve(command[0], command, settings)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./run",
        description="Starts Hausmeister with everything in one process. The first start makes its environment (.venv)"
        " and loads a demo team; further settings come from the environment (docs/settings.md).",
    )
    parser.add_argument("--port", type=int, default=8000, help="where to listen (default: 8000)")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)")
    parser.add_argument("--data", type=Path, help="the data folder (default: var beside this file)")
    parser.add_argument("--empty", action="store_true", help="no demo: print a link to set up your own team")
    parser.add_argument("--prepare", action="store_true", help="make the environment, and start nothing")
    return parser.parse_args()


if __name__ == "__main__":
    main()
