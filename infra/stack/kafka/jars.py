"""Java and the Kafka jars: find them, or bring them once with Maven.

Nothing is asked of the network when the stamp beside the jars fits the pom and the jars that lie there.
"""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from infra.stack.errors import StackError, StackReason
from infra.stack.home import run_home

POM = Path(__file__).with_name("pom.xml")
JAVA_MAJOR_MIN = 17
_STAMP = "complete.sha256"
_INSTALL_REMEDY = (
    f"install Java {JAVA_MAJOR_MIN} or newer (Debian, Ubuntu: apt-get install openjdk-17-jre-headless; "
    "macOS: brew install openjdk@17) or name one with JAVA_HOME, then run infra/dev/setup again"
)


def kafka_version() -> str:
    """The Kafka version the pom pins."""
    found = re.search(r"<kafka\.version>([^<]+)</kafka\.version>", POM.read_text())
    assert found, "the pom names no kafka.version"
    return found.group(1)


def find_java(candidates: Sequence[Path] | None = None) -> Path:
    """The first Java of version 17 or newer; looked at are `JAVA_HOME`, `PATH`, then the usual places of Linux.

    Raises `java_missing` or `java_too_old`.
    """
    too_old: list[str] = []
    for candidate in _java_candidates() if candidates is None else candidates:
        major = java_major(candidate)
        if major is None:
            continue
        if major >= JAVA_MAJOR_MIN:
            return candidate
        too_old.append(f"{candidate} is Java {major}")
    if too_old:
        raise StackError(StackReason.JAVA_TOO_OLD, "; ".join(too_old), _INSTALL_REMEDY)
    raise StackError(StackReason.JAVA_MISSING, "no java in JAVA_HOME, PATH or the usual places", _INSTALL_REMEDY)


def java_major(java: Path) -> int | None:
    """The major version of this Java, None when it cannot be run."""
    try:
        answer = subprocess.run([str(java), "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', answer.stderr + answer.stdout)
    return int(found.group(1)) if found and answer.returncode == 0 else None


def jars_directory(home: Path | None = None) -> Path:
    """Where the jars of the pinned version lie; raises `kafka_jars_missing` when they do not lie there whole."""
    libs = _libs(home)
    if not _is_complete(libs):
        raise StackError(
            StackReason.KAFKA_JARS_MISSING,
            f"Kafka {kafka_version()} is not in {libs}, or not whole",
            "run infra/dev/setup (it brings the jars with Maven)",
        )
    return libs


def fetch_jars(home: Path | None = None) -> Path:
    """Bring the jars with Maven unless they are there; raises `maven_missing` or `maven_failed`."""
    libs = _libs(home)
    if _is_complete(libs):
        return libs
    maven = shutil.which("mvn")
    if maven is None:
        raise StackError(
            StackReason.MAVEN_MISSING,
            "no mvn in PATH",
            "install Maven 3.6.3 or newer (Debian, Ubuntu: apt-get install maven; macOS: brew install maven)",
        )
    fresh = libs.with_name("libs.part")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    java_home = find_java().resolve().parents[1]
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={fresh}", "-DincludeScope=runtime"]
    answer = subprocess.run(
        [maven, "--batch-mode", "--quiet", "--strict-checksums", "--file", str(POM), *goal],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "JAVA_HOME": str(java_home)},
        text=True,
        errors="replace",
        check=False,
    )
    if answer.returncode != 0:
        raise StackError(
            StackReason.MAVEN_FAILED,
            "\n".join(answer.stdout.splitlines()[-15:]),
            "Maven Central or the mirror in ~/.m2/settings.xml must be reachable; then run infra/dev/setup again",
        )
    shutil.rmtree(libs, ignore_errors=True)
    fresh.rename(libs)
    # The stamp comes last: an interrupted fetch is never taken for a whole one.
    (libs / _STAMP).write_text(_stamp(libs))
    return libs


def _libs(home: Path | None) -> Path:
    return (home or run_home()) / "kafka" / kafka_version() / "libs"


def _is_complete(libs: Path) -> bool:
    try:
        return (libs / _STAMP).read_text() == _stamp(libs)
    except OSError:
        return False


def _stamp(libs: Path) -> str:
    """The pom's hash and the names and sizes of the jars."""
    digest = hashlib.sha256(POM.read_bytes())
    for jar in sorted(libs.glob("*.jar")):
        digest.update(f"{jar.name} {jar.stat().st_size}\n".encode())
    return digest.hexdigest()


def _java_candidates() -> list[Path]:
    named = os.environ.get("JAVA_HOME")
    in_path = shutil.which("java")
    found = [Path(named) / "bin" / "java"] if named else []
    found += [Path(in_path)] if in_path else []
    found += sorted(Path("/usr/lib/jvm").glob("*/bin/java"), reverse=True)
    return found
