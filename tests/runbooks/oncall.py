"""An on-call runbook of the size and shape that real ones have: one file, 55 KB, sixty headings."""

ALERTS = (
    "Nightly DAG has not started", "Contract skipped in {{ $labels.dag }}", "Dataset built with 0 rows",
    "`AirflowSchedulerHeartbeatMissing`", "Kafka consumer lag is growing on <topic>", "KubePodCrashLooping",
    "Disk almost full on i-0a1b2c3d", "Spark executor lost", "Serving layer load is late (soft)",
    "Riemann: no events from shard s0", "S3 copy failed with AccessDenied", "Zookeeper quorum lost",
    "Databricks cluster cannot be started", "Metastore lock is held for more than 20 minutes",
    "Schema registry answers 500", "Transaction too large for the log", "Certificate expires in less than 14 days",
    "Backfill queue is not moving", "Mesos agent disconnected",
)  # fmt: skip
PROSE = (
    "This alert is raised by the watcher when the thing it looks at has not been seen for longer than it may. In most"
    " weeks it comes twice, and nearly always because of one node that was taken away by the provider. "
)
TABLE = "| where | what |\n|---|---|\n| board | https://boards.example.org/d/nightly |\n| logs | `service=nightly` |\n"


def text() -> str:
    """Return the runbook."""
    listed = "\n".join(f"- [{one}](#{number})" for number, one in enumerate(ALERTS))
    parts = [
        "On-call runbook\n===============\n\n> Keep the headings as the alerts say them.\n\n" + listed,
        "## Alerts\n\n" + PROSE,
    ]
    parts += [_section(number, one) for number, one in enumerate(ALERTS)]
    parts.append("General troubleshooting\n-----------------------\n\n" + PROSE * 12)
    return "\n\n".join(parts) + "\n"


def _section(number: int, heading: str) -> str:
    steps = "\n".join(
        f"{step}. Look at the log of worker {step}:\n\n   ```bash\n   # not a heading: a comment in a script\n"
        f"   kubectl logs nightly-{step} --since=1h | grep -i error\n   ```\n"
        for step in range(1, 4)
    )
    return (
        f"### {heading}\n\n{PROSE * 5}\n\n#### Verification\n\n{TABLE}\n{PROSE}\n\n"
        f"#### Action\n\n{steps}\nIf *that* does not help, restart it for shard {number}: **only once**.\n\n{PROSE * 3}"
    )
