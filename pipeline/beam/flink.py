"""Flink's REST interface: resources of a cluster, progress of a job, cancellation.

Beam's job server has none of this for Flink: its metrics are empty until the end, and a cancelled
job goes on running on the cluster.
"""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from pipeline.errors import NewsieveError

ANSWER_S = 10
"""Seconds to wait for a reply of Flink."""

ENDED = {"FINISHED", "FAILED", "CANCELED"}


@dataclass(frozen=True, slots=True)
class Flink:
    """A cluster; *master* is its address as an option of Beam: ``host:port``, or with ``http://``."""

    master: str

    @property
    def url(self) -> str:
        """The address of its REST interface and its web pages."""
        master = self.master.rstrip("/")
        return master if re.match("https?://", master) else f"http://{master}"

    def overview(self) -> dict[str, Any]:
        """Return version, task managers and slots."""
        found = self._ask("/overview")
        if "flink-version" not in found:
            raise NewsieveError(f"{self.master}: another program than Flink replies")
        return found

    def wait_for_slots(self, count: int, patience_s: float) -> int:
        """Wait at most *patience_s* until *count* slots are free; return how many are."""
        deadline = time.monotonic() + patience_s
        while (free := int(self.overview()["slots-available"])) < count:
            if time.monotonic() > deadline:
                break
            time.sleep(0.5)
        return free

    def jobs(self, name: str) -> list[str]:
        """Return the ids of jobs that have not ended and whose names begin with *name*."""
        named = (job for job in self._all_jobs() if job["name"].startswith(name))
        return [job["jid"] for job in named if job["state"] not in ENDED]

    def progress(self, job: str, stages: Sequence[str]) -> str:
        """Describe the progress of a job: how many tasks ended, and which *stages* are running.

        Flink fuses steps, so a task may belong to several stages.
        """
        vertices = self._ask(f"/jobs/{job}").get("vertices", [])
        ended = sum(each["status"] == "FINISHED" for each in vertices)
        names = " ".join(each["name"] for each in vertices if each["status"] == "RUNNING")
        at_work = [stage for stage in stages if re.search(rf"\b{stage}\b", names)]
        text = f"{ended} of {len(vertices)} tasks finished"
        return f"{text}; running: {', '.join(at_work)}" if at_work else text

    def failure(self, name: str) -> str:
        """Return the traceback of the newest job called *name* if it has failed, else ""."""
        named = [job for job in self._all_jobs() if job["name"] == name]
        newest = max(named, key=lambda job: job["start-time"], default=None)
        if newest is None or newest["state"] != "FAILED":
            return ""
        found = self._ask(f"/jobs/{newest['jid']}/exceptions")
        entries = found.get("exceptionHistory", {}).get("entries", [])
        return str(entries[0].get("stacktrace", "")) if entries else ""

    def cancel(self, job: str, patience_s: float) -> bool:
        """Cancel a job and wait until it has ended; return whether it has within *patience_s*."""
        deadline = time.monotonic() + patience_s
        self._ask(f"/jobs/{job}?mode=cancel", "PATCH")
        while time.monotonic() < deadline:
            if self._ask(f"/jobs/{job}")["state"] in ENDED:
                return True
            time.sleep(0.5)
        return False

    def _all_jobs(self) -> list[dict[str, Any]]:
        jobs: list[dict[str, Any]] = self._ask("/jobs/overview").get("jobs", [])
        return jobs

    def _ask(self, path: str, method: str = "GET") -> dict[str, Any]:
        request = Request(self.url + path, method=method)  # noqa: S310 - the user's own
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=ANSWER_S) as answer:
                content = answer.read()
            found = json.loads(content or b"{}")
        except HTTPError as error:
            raise NewsieveError(f"{self.master}: {path}: Flink answers {error.code}") from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            cause = error.reason if isinstance(error, URLError) else error
            reason = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
            raise NewsieveError(f"{self.master}: Flink cannot be reached ({reason})") from None
        return found if isinstance(found, dict) else {}
