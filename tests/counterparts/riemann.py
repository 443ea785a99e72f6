"""Senders that none of us wrote, pointed at a server of ours on loopback; each ends with its test."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.counterparts.registry import environment_of, found

COLLECTD = """
Hostname "db-7"
FQDNLookup false
Interval 0.2
PIDFile "{folder}/collectd.pid"
BaseDir "{folder}"
PluginDir "/usr/lib/collectd"
LoadPlugin logfile
LoadPlugin load
LoadPlugin threshold
LoadPlugin write_riemann
<Plugin logfile>
  LogLevel warning
  File "{folder}/collectd.log"
</Plugin>
<Plugin write_riemann>
  <Node "ours">
    Host "{host}"
    Port "{port}"
    Protocol TCP
    Batch true
    BatchFlushTimeout 1
    StoreRates true
    CheckThresholds true
    TTLFactor 3.0
    EventServicePrefix "collectd "
  </Node>
  Tag "from-collectd"
  Attribute "dc" "fra"
</Plugin>
<Plugin threshold>
  <Plugin "load">
    <Type "load">
      FailureMax -1.0
      Persist true
    </Type>
  </Plugin>
</Plugin>
"""

SYSLOG_NG = """
@version: 3.38
options {{ keep-hostname(yes); }};
source s_in {{ unix-dgram("{folder}/log"); }};
destination d_riemann {{
  riemann(server("{host}") port({port}) type("tcp") flush-lines(1)
    ttl("60") description("$MSG") service("$PROGRAM") state("$LEVEL") metric(int("7")) tags("from-syslog")
    attributes(scope("nv-pairs")));
}};
log {{ source(s_in); destination(d_riemann); }};
"""


@contextmanager
def _running(command: list[str], folder: Path) -> Iterator[None]:
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [found(command[0]) or command[0], *command[1:]], stdout=output, stderr=output, cwd=folder
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


@contextmanager
def collectd(folder: Path, host: str, port: int) -> Iterator[None]:
    """Run a collectd that sends the load of this machine, and says that any load is too much."""
    config = folder / "collectd.conf"
    config.write_text(COLLECTD.format(folder=folder, host=host, port=port), encoding="utf-8")
    with _running(["collectd", "-f", "-C", str(config)], folder):
        yield


@contextmanager
def syslog_ng(folder: Path, host: str, port: int) -> Iterator[Path]:
    """Run a syslog-ng that passes on what is written to the socket it yields."""
    config = folder / "syslog-ng.conf"
    config.write_text(SYSLOG_NG.format(folder=folder, host=host, port=port), encoding="utf-8")
    files = ["-R", str(folder / "persist"), "-p", str(folder / "pid"), "-c", str(folder / "control")]
    with _running(["syslog-ng", "-F", "--no-caps", "-f", str(config), *files], folder):
        yield folder / "log"


def in_c(*arguments: str) -> str:
    """Run the C client to its end; return what it prints."""
    done = subprocess.run(["riemann-client", *arguments], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def in_python(code: str, *arguments: str) -> str:
    """Run `code` where the Python clients live; return what it prints."""
    python = environment_of("riemann-python") / "bin" / "python"
    done = subprocess.run(
        [str(python), "-W", "ignore", "-c", code, *arguments], capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
