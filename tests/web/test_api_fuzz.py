"""The JSON API against a program that nobody here wrote: schemathesis sends what the description allows, and worse."""

import subprocess
import sys

import pytest

from tests.processes import free_port

# Not judged: the intake keeps a wrong type in a field we do not know rather than refuse the alert, and 404 or 409 are
# right answers to a well-formed number of a page that is not there or already closed. Everything else must hold.
_NOT_JUDGED = "negative_data_rejection,positive_data_acceptance"


@pytest.mark.slow
def test_no_request_that_can_be_thought_up_makes_a_fault_of_ours(deployed):
    port = free_port()
    running = deployed.start("up", "--when-empty", "demo", port=port)
    key = deployed.run("key", "create", "--name", "test", "--scope", "all").stdout.strip()
    # what the databases tell apart are values at their edges, which the coverage phase sends; chains of calls and
    # chance are tried on one of them
    how = ("examples,coverage", "1") if deployed.database_url else ("examples,coverage,fuzzing,stateful", "15")
    done = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "run", f"http://localhost:{port}/api/openapi.json",
            "--header", f"Authorization: Bearer {key}", "--header", "Hausmeister-As: ada.okafor@example.org",
            "--checks", "all", "--exclude-checks", _NOT_JUDGED,
            "--phases", how[0], "--max-examples", how[1], "--seed", "7", "--no-color",
        ],
        capture_output=True, text=True, timeout=300, check=False, cwd=deployed.data,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    log = running.log.read_text()
    assert '"level": "error"' not in log, log[-3000:]
    assert running.ask("GET", "/healthz")[0] == 200
