"""From judged journal records to the rows of one batch: pure, no I/O."""

from collections.abc import Iterator
from contextlib import contextmanager

from schemas.decisions import Decision
from schemas.drill import is_drill
from schemas.journal import Decided, Failed, Opened
from streams.projections import decisions
from streams.projections.errors import FactUnprojectable, ProjectionError
from streams.projections.registry import Projection
from streams.projections.rows import Key, Place, Rows, Table
from streams.tail import Judged


def decision_count(judged: Judged) -> int:
    """Decisions of one record that count."""
    return len(judged.record.decisions) if judged.valid and isinstance(judged.record, Decided) else 0


def keys_of(projection: Projection, batch: list[Judged]) -> dict[Table, set[Key]]:
    """The entities that the valid facts of a batch touch, to be read before `fold`. Raises `FactUnprojectable`."""
    keys: dict[Table, set[Key]] = {}
    for judged in batch:
        if judged.valid and isinstance(judged.record, Decided):
            with _blaming(projection, judged):
                for index, decision in _real(judged.record):
                    place = _place(projection, judged, index, decision)
                    for reasoned in decision.facts:
                        how = projection.fold_of(reasoned.fact)
                        if how is not None:
                            for table, key in how.needs(place, reasoned.fact):
                                keys.setdefault(table, set()).add(key)
    return keys


def fold(projection: Projection, rows: Rows, batch: list[Judged]) -> None:
    """Write every valid record of the batch into `rows`, in order; invalid ones (an owner that had lost its partition) say nothing.

    Raises `FactUnprojectable` with the record's position when a fact contradicts those before it.
    """
    for judged in batch:
        if judged.valid:
            with _blaming(projection, judged):
                _record(projection, rows, judged)


@contextmanager
def _blaming(projection: Projection, judged: Judged) -> Iterator[None]:
    """Any mistake of ours names the record that met it."""
    try:
        yield
    except Exception as error:
        what = str(error) if isinstance(error, ProjectionError) else type(error).__name__
        raise FactUnprojectable(f"{projection.domain}.decisions[{judged.partition}] offset {judged.offset}: {what}") from error


def _record(projection: Projection, rows: Rows, judged: Judged) -> None:
    domain, partition, offset = projection.domain, judged.partition, judged.offset
    match judged.record:
        case Opened():
            decisions.opened(rows, domain, partition, offset, judged.record)
        case Failed():
            decisions.failed(rows, domain, partition, offset, judged.record)
        case Decided():
            for index, decision in _real(judged.record):
                place = _place(projection, judged, index, decision)
                decisions.decided(rows, place, decision)
                for fact_index, reasoned in enumerate(decision.facts):
                    how = projection.fold_of(reasoned.fact)
                    if how is not None:
                        here = place if fact_index == 0 else place._replace(fact_index=fact_index)
                        how.apply(rows, here, reasoned.fact, reasoned.why)
            decisions.set_aside(rows, domain, partition, offset, judged.record)


def _real(record: Decided) -> Iterator[tuple[int, Decision]]:
    """Its decisions with their places, drills left out: no statistic, list or page may ever count one."""
    return ((index, decision) for index, decision in enumerate(record.decisions) if not is_drill(decision.area))


def _place(projection: Projection, judged: Judged, index: int, decision: Decision) -> Place:
    return Place(projection.domain, judged.partition, judged.offset, index, decision.area, decision.time_ms, decision.event_id)
