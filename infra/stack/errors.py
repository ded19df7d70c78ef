"""What can go wrong when the local stack starts, each with a name and a remedy."""

from enum import StrEnum


class StackReason(StrEnum):
    """One name per kind of trouble; names are never used again for something else."""

    JAVA_MISSING = "java_missing"
    JAVA_TOO_OLD = "java_too_old"
    MAVEN_MISSING = "maven_missing"
    MAVEN_FAILED = "maven_failed"
    KAFKA_JARS_MISSING = "kafka_jars_missing"
    KAFKA_FORMAT_FAILED = "kafka_format_failed"
    KAFKA_DIED = "kafka_died"
    KAFKA_NOT_READY = "kafka_not_ready"
    POSTGRES_MISSING = "postgres_missing"
    POSTGRES_USER_MISSING = "postgres_user_missing"
    POSTGRES_INIT_FAILED = "postgres_init_failed"
    POSTGRES_DIED = "postgres_died"
    POSTGRES_NOT_READY = "postgres_not_ready"
    DATA_OF_OTHER_SHAPE = "data_of_other_shape"
    DATA_IN_USE = "data_in_use"
    NO_FREE_PORT = "no_free_port"


class StackError(Exception):
    """The stack cannot start or has stopped.

    `reason` is stable and meant for code; `detail` says what was seen; `remedy` says what a person can do about it.
    """

    def __init__(self, reason: StackReason, detail: str, remedy: str) -> None:
        super().__init__(f"{reason}: {detail}\n-> {remedy}")
        self.reason = reason
        self.detail = detail
        self.remedy = remedy
