"""Why the projector stops. Each has a stable ``code``; none carries personal data, only positions and names of our own."""


class ProjectionError(RuntimeError):
    """The rows cannot go on following the journal; the process ends and says what to do."""

    code = "projection_error"

    def __init__(self, detail: str) -> None:
        super().__init__(f"{self.code}: {detail}")


class AnotherProjector(ProjectionError):
    """Somebody else writes the same domain's rows. One of the two must end; the rows of both never interleave."""

    code = "another_projector"


class RowsRefused(ProjectionError):
    """PostgreSQL takes everything before this journal record, but not what this record says."""

    code = "rows_refused"

    def __init__(self, domain: str, partition: int, offset: int, cause: str) -> None:
        super().__init__(f"{domain}.decisions[{partition}] offset {offset}: {cause}; rows and position stand just before it")
        self.partition = partition
        self.offset = offset


class FactUnprojectable(ProjectionError):
    """A fact contradicts the facts before it, or nobody declared what to do with its type: broken code, found at this record."""

    code = "fact_unprojectable"


class PositionAhead(ProjectionError):
    """The rows have seen more than the journal holds: the journal was replaced or restored from an old copy."""

    code = "position_ahead_of_journal"


class OtherJournal(ProjectionError):
    """The rows were made from another journal than this one."""

    code = "other_journal"


class SchemaMissing(ProjectionError):
    """The tables are not those of this release."""

    code = "schema_missing"


REBUILD = "rebuild the rows from the journal (laoxiao rebuild)"
"""The way out of `PositionAhead` and `OtherJournal`: rows are never the truth, so nothing is lost by it."""
