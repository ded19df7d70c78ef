"""Settings from the environment, one frozen object; nothing else in the project reads the environment."""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from schemas.journal import Clock


class AccessMode(StrEnum):
    """Whom the gateway lets in."""

    OPEN = "open"
    TOKENS = "tokens"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the servers are and how this deployment runs. Every field has its variable's name in its comment."""

    kafka: str  # LAOXIAO_KAFKA: bootstrap servers; empty means our own local broker
    postgres: str  # LAOXIAO_POSTGRES: DSN; empty means our own local server
    home: Path  # LAOXIAO_HOME: jars, data directories, logs of the local stack
    partitions: int  # LAOXIAO_PARTITIONS: of the three topics of each domain
    clock: Clock  # LAOXIAO_CLOCK: wall | played
    http_host: str  # LAOXIAO_HTTP_HOST
    http_port: int  # LAOXIAO_HTTP_PORT
    metrics_port: int  # LAOXIAO_METRICS_PORT: of this process; 0 takes a free one
    quarantine_key: str  # LAOXIAO_QUARANTINE_KEY: base64 of 32 bytes; a reactor does not start without it
    process: str  # LAOXIAO_PROCESS: this process's name in the deployment, an opaque id; empty takes the host's name and process id
    session_timeout_s: float  # LAOXIAO_SESSION_TIMEOUT_S: without a heartbeat for so long a worker's partitions move; emergency: 6 at most
    snapshot_every: int  # LAOXIAO_SNAPSHOT_EVERY: input records of a partition between snapshots

    audit_step_s: float = 60.0  # LAOXIAO_AUDIT_STEP_S: a drill every so often; after two without an answer the dead man's alarm
    audit_grace_s: float = 120.0  # LAOXIAO_AUDIT_GRACE_S: so long after its deadline an open case is an alarm
    audit_progress_s: float = 20.0  # LAOXIAO_AUDIT_PROGRESS_S: so long with unanswered input and no answer is an alarm
    audit_door: str = ""  # LAOXIAO_AUDIT_DOOR: base address of a gateway that takes the drills; empty sends them straight to Kafka

    access: AccessMode = AccessMode.OPEN  # LAOXIAO_ACCESS: open (only while the gateway listens on loopback) | tokens
    token_keys: str = ""  # LAOXIAO_TOKEN_KEYS: file of the public keys that prove tokens (JWKS)
    token_revoked: str = ""  # LAOXIAO_TOKEN_REVOKED: file of the tokens that are called back; read again when it changes
    audit_token: str = ""  # LAOXIAO_AUDIT_TOKEN: the token with which the auditor's drills go through the gateway

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read once, at the start of a process."""
        env = os.environ.get
        return cls(
            kafka=env("LAOXIAO_KAFKA", ""),
            postgres=env("LAOXIAO_POSTGRES", ""),
            home=Path(env("LAOXIAO_HOME", "") or Path.cwd() / ".laoxiao"),
            partitions=int(env("LAOXIAO_PARTITIONS", "6")),
            clock=Clock(env("LAOXIAO_CLOCK", "wall")),
            http_host=env("LAOXIAO_HTTP_HOST", "127.0.0.1"),
            http_port=int(env("LAOXIAO_HTTP_PORT", "8600")),
            metrics_port=int(env("LAOXIAO_METRICS_PORT", "0")),
            quarantine_key=env("LAOXIAO_QUARANTINE_KEY", ""),
            process=env("LAOXIAO_PROCESS", ""),
            session_timeout_s=float(env("LAOXIAO_SESSION_TIMEOUT_S", "10")),
            snapshot_every=int(env("LAOXIAO_SNAPSHOT_EVERY", "50000")),
            audit_step_s=float(env("LAOXIAO_AUDIT_STEP_S", "60")),
            audit_grace_s=float(env("LAOXIAO_AUDIT_GRACE_S", "120")),
            audit_progress_s=float(env("LAOXIAO_AUDIT_PROGRESS_S", "20")),
            audit_door=env("LAOXIAO_AUDIT_DOOR", ""),
            access=AccessMode(env("LAOXIAO_ACCESS", "") or AccessMode.OPEN),
            token_keys=env("LAOXIAO_TOKEN_KEYS", ""),
            token_revoked=env("LAOXIAO_TOKEN_REVOKED", ""),
            audit_token=env("LAOXIAO_AUDIT_TOKEN", ""),
        )
