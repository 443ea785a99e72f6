"""An Airflow that none of us wrote: its own environment, a DAG with a failing task, one run, and its API server."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hausmeister.base.guard import NoAnswer
from hausmeister.base.outgoing import Client
from tests.counterparts import registry

PROGRAM = registry.environment_of("airflow") / "bin" / "airflow"
HOW_TO_GET = registry.BY_NAME["airflow"].how_to_get
UP_WITHIN_S = 90.0

DAG = """
from datetime import datetime, timedelta
from airflow.sdk import DAG, TaskGroup, task

with DAG("nightly", start_date=datetime(2026, 1, 1), schedule=None):
    with TaskGroup("contracts"):

        @task
        def extract():
            return [1, 2]

        @task
        def load(number):
            return number

        @task(owner="di,hard", retries=1, retry_delay=timedelta(seconds=1))
        def commit():
            raise ValueError("the contract broke")

        load.expand(number=extract()) >> commit()
"""


@dataclass
class Installed:
    """A folder with an Airflow in it, ready to run."""

    folder: Path
    env: dict[str, str]

    def run_the_dag(self) -> None:
        """Run the DAG once, to its failure."""
        done = subprocess.run(
            [PROGRAM, "dags", "test", "nightly"], env=self.env, capture_output=True, text=True, timeout=180, check=False
        )
        assert "contract broke" in done.stdout + done.stderr, (done.stdout + done.stderr)[-3000:]

    @contextmanager
    def api(self) -> Iterator[str]:
        """Run the API server until the block ends; give its address."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = [PROGRAM, "api-server", "--workers", "1", "--host", "127.0.0.1", "--port", str(port)]
        with (self.folder / "api.log").open("wb") as log:
            program = subprocess.Popen(command, stdout=log, stderr=log, env=self.env)
        try:
            self._wait_until_up(f"http://127.0.0.1:{port}", program)
            yield f"http://127.0.0.1:{port}"
        finally:
            program.terminate()
            program.wait(30)

    def _wait_until_up(self, url: str, program: "subprocess.Popen[bytes]") -> None:
        end = time.monotonic() + UP_WITHIN_S
        while time.monotonic() < end:
            assert program.poll() is None, (self.folder / "api.log").read_text()[-3000:]
            try:
                if Client().request("GET", f"{url}/api/v2/version").status == 200:
                    return
            except NoAnswer:
                time.sleep(0.2)
        raise AssertionError(f"Airflow did not start: {(self.folder / 'api.log').read_text()[-3000:]}")


def installed(folder: Path, *, lineage_url: str, key: str) -> Installed:
    """Return an Airflow with an empty database that tells `lineage_url` of its runs."""
    assert PROGRAM.exists(), f"Airflow is not installed: {HOW_TO_GET}"
    (folder / "dags").mkdir()
    (folder / "dags" / "nightly.py").write_text(DAG)
    transport = {
        "type": "http", "url": lineage_url, "endpoint": "api/v1/lineage", "auth": {"type": "api_key", "apiKey": key},
    }  # fmt: skip
    env = {
        "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(transport),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    done = subprocess.run([PROGRAM, "db", "migrate"], env=env, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return Installed(folder, env)
