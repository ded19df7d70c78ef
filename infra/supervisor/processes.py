"""One process of ours, started again whenever it ends: exit-on-doubt needs somebody who starts it again."""

import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from infra.stack.child import Child, Launch
from infra.stack.home import PROJECT_ROOT

RESTART_WAIT_S = 0.2
"""Before the first restart; an area stands still meanwhile, so it is short."""
RESTART_WAIT_S_MAX = 5.0
STEADY_S = 10.0
"""A process that lived this long starts its waits anew."""
STOP_GRACE_S = 20.0


@dataclass(frozen=True, slots=True)
class Service:
    """What to run: `laoxiao` with these arguments, and the environment it needs beside ours."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    pulse: Path | None = None
    """A file the process touches while it works; ``pulse_s_max`` without that and it is killed and started again."""
    pulse_s_max: float = 60.0


class Supervised:
    """One service kept running. `tick` does all the work; nothing happens between ticks."""

    def __init__(self, service: Service, logs: Path, told: Callable[[str], None]) -> None:
        self.service = service
        self.restarts = 0
        self._logs = logs
        self._told = told
        self._child: Child | None = None
        self._started_s = 0.0
        self._wait_s = RESTART_WAIT_S
        self._start_at_s: float | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._child.pid if self._child is not None and self._child.running else None

    @property
    def log_file(self) -> Path:
        """Where the process's output goes."""
        return self._logs / f"{self.service.name}.log"

    def start(self) -> None:
        """Start it; it must not be running."""
        assert self.pid is None, f"{self.service.name} runs already"
        environment = {**os.environ, **self.service.environment, "PYTHONUNBUFFERED": "1"}
        self._child = Child(
            Launch(
                name=self.service.name,
                program=(sys.executable, "-m", "infra.cli.main", *self.service.arguments),
                log_file=self.log_file,
                working_dir=PROJECT_ROOT,
                death_signal=signal.SIGTERM,
                environment=environment,
            )
        )
        self._started_s = time.monotonic()
        self._start_at_s = None

    def tick(self) -> None:
        """Notice an end and start again when its wait is over."""
        now_s = time.monotonic()
        if self._start_at_s is not None:
            if now_s >= self._start_at_s:
                self.restarts += 1
                self.start()
            return
        if self._child is None:
            return
        if self._child.running:
            self._feel_pulse(now_s)
            return
        if now_s - self._started_s > STEADY_S:
            self._wait_s = RESTART_WAIT_S
        self._told(f"{self.service.name} ended with {self._child.exit_code}; starting it again in {self._wait_s:.1f} s")
        self._start_at_s = now_s + self._wait_s
        self._wait_s = min(self._wait_s * 2, RESTART_WAIT_S_MAX)

    def _feel_pulse(self, now_s: float) -> None:
        """A process that neither works nor ends (stopped, stuck) is ended here; the next tick sees its end."""
        pulse = self.service.pulse
        if pulse is None or self._child is None or now_s - self._started_s <= self.service.pulse_s_max:
            return
        silent_s = time.time() - pulse.stat().st_mtime if pulse.exists() else now_s - self._started_s
        if silent_s > self.service.pulse_s_max:
            self._told(f"{self.service.name} gave no sign of life for {silent_s:.0f} s; ending it")
            self._child.send(signal.SIGKILL)

    def send(self, number: signal.Signals) -> bool:
        """Send a signal to the running process; False when there is none."""
        if self._child is None or not self._child.running:
            return False
        self._child.send(number)
        return True

    def stop(self) -> None:
        """Ask it to end cleanly, wait, and see that it is gone. It is not started again."""
        self._start_at_s = None
        if self._child is not None:
            self._child.stop(signal.SIGTERM, STOP_GRACE_S)
            self._child = None


class Supervisor:
    """Services, kept running."""

    def __init__(self, logs: Path, told: Callable[[str], None]) -> None:
        self._logs = logs
        self._told = told
        self.running: dict[str, Supervised] = {}

    def add(self, service: Service) -> Supervised:
        """Start a service and keep it running."""
        assert service.name not in self.running, f"{service.name} is named twice"
        supervised = Supervised(service, self._logs, self._told)
        self.running[service.name] = supervised
        supervised.start()
        return supervised

    def tick(self) -> None:
        """Look at every service once."""
        for supervised in list(self.running.values()):
            supervised.tick()

    def stop(self, names: Collection[str] | None = None) -> None:
        """Stop these (without names: all) side by side: asked at the same moment, the last started first in line, and waited for."""
        chosen = [self.running.pop(name) for name in reversed(list(self.running)) if names is None or name in names]
        if chosen:
            with ThreadPoolExecutor(len(chosen)) as pool:
                for stopping in [pool.submit(one.stop) for one in chosen]:
                    stopping.result()
