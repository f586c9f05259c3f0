"""One run of newsieve an hour, for the logical date of its interval.

Airflow 3; in Airflow 2.9 and 2.10 the two imports are ``from airflow import DAG`` and
``from airflow.operators.bash import BashOperator``. newsieve itself is installed beside Airflow,
in an environment of its own: the two need other versions of the same libraries.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG(
    dag_id="newsieve",
    schedule="5 * * * *",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    # A run takes all that is new, whatever hour it came: the hours missed need no runs.
    catchup=False,
    # Two at once would not hurt, but the second would find the lock taken and be skipped.
    max_active_runs=1,
):
    BashOperator(
        task_id="run",
        bash_command=(
            "/opt/newsieve/bin/newsieve --log-format json"
            " run /etc/newsieve/config.yaml --logical-date {{ ds }}"
        ),
        cwd="/srv/newsieve",
        # 75: another run is in progress. 1 may pass by itself (a disk, a kill) and is tried again;
        # so are 2 and 3, which wait for somebody: a second try of them does nothing.
        skip_on_exit_code=75,
        retries=2,
        retry_delay=timedelta(minutes=10),
    )
