"""The child process that plans: `python -m hausmeister.rota.planner.worker`.

One request as JSON on standard input; on standard output one JSON line for each step, the last of them the
outcome, or the answer where something else is asked (`answerer.py`). It holds all that is heavy (OR-Tools, minutes of
search, gigabytes), so that killing it costs nothing.
"""

import json
import resource
import sys
from typing import Any

from hausmeister.base import chance, clock
from hausmeister.rota.planner import files
from hausmeister.rota.planner.answerer import answer
from hausmeister.rota.planner.impossible import explain
from hausmeister.rota.planner.messages import outcome_document, progress_document, wishes_from
from hausmeister.rota.planner.outcome import Progress, Prover
from hausmeister.rota.planner.planning import Planning

MOST_MEMORY_BYTES = 4 << 30


def main() -> None:
    """Read the request, plan, write the lines."""
    began = clock.monotonic_s()
    request = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (request.get("most_memory_bytes", MOST_MEMORY_BYTES),) * 2)

    if "question" in request:
        _write({"event": "answer", "answer": answer(request)})
        return

    def tell(progress: Progress) -> None:
        _write(progress_document(progress))

    planning = Planning(
        instance=files.instance_from(request["instance"]),
        wishes=wishes_from(request["wishes"]),
        chance=chance.stream,
        seconds=lambda: clock.monotonic_s() - began,
        tell=tell,
        load_prover=_no_prover if request.get("by_hand") else _load_prover,
        explain=explain,
    )
    _write(outcome_document(planning.run()))


def _write(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def _no_prover() -> None:
    return None


def _load_prover() -> Prover | None:
    """Return the solver, or None where OR-Tools is not installed."""
    try:
        from hausmeister.rota.planner.solving import prover
    except ImportError:
        return None
    return prover


if __name__ == "__main__":
    main()
