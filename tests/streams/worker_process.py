"""A real worker of the counting domain as a process of its own: `python -m tests.streams.worker_process BOOTSTRAP DOMAIN ...`."""

import json
import sys

from schemas.journal import Clock
from streams.app import WorkerConfig, run_worker
from tests.streams.counting import register

if __name__ == "__main__":
    settings = json.loads(sys.argv[1])
    settings["clock"] = Clock(settings["clock"])
    run_worker(WorkerConfig(**settings), domain=register(settings["domain"]))
