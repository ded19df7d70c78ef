"""On what the figures were measured."""

import os
import platform
import subprocess
import sys
from pathlib import Path

from infra.stack.home import PROJECT_ROOT
from infra.stack.kafka.jars import kafka_version


def header() -> dict[str, str]:
    """Machine, Python, Kafka, commit and how busy the machine is."""
    return {
        "machine": f"{_cpu()}, {os.cpu_count()} cores, {_memory_gb():.0f} GB, {platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {sys.version.split()[0]}",
        "kafka": f"Apache Kafka {kafka_version()}, one broker on this machine, acks=all",
        "commit": commit(),
        "load": load(),
    }


def load() -> str:
    """The load averages of 1, 5 and 15 minutes: whoever else works here is in every figure."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def commit() -> str:
    """The commit of the tree, and whether files differ from it."""
    found = _git("rev-parse", "--short=12", "HEAD")
    if not found:
        return "no git tree"
    return f"{found} (dirty)" if _git("status", "--porcelain", "--untracked-files=no") else found


def _git(*arguments: str) -> str:
    try:
        answer = subprocess.run(["git", "-C", str(PROJECT_ROOT), *arguments], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
