"""OpenLineage's events, which Airflow's provider (and others) push: START, RUNNING, COMPLETE, FAIL, ABORT."""
