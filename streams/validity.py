"""Which journal records count: the one rule every reader uses (design, section 4, step 2).

A record is valid when its epoch is the offset of the latest `Opened` before it and its seq is the last valid seq + 1.
A paused old owner can still append; nothing it appends after its successor's `Opened` is believed by anybody.
"""

from dataclasses import dataclass

from schemas.journal import Decided, Failed, JournalRecord, Opened


@dataclass(slots=True)
class Validity:
    """Where one partition's journal stands. Feed every record in offset order to `accept`.

    ``source_offset`` is the last input offset answered by a valid record, -1 before the first: the next one to handle is
    one more, whatever the consumer group says. ``seq`` rises over all epochs of the partition; the first valid one is 1.
    """

    epoch: int = -1
    seq: int = 0
    source_offset: int = -1

    def accept(self, offset: int, record: JournalRecord) -> bool:
        """Whether this record counts; moves the position when it does."""
        match record:
            case Opened():
                self.epoch = offset
                return True
            case Failed():
                return record.epoch == self.epoch
            case Decided():
                if record.epoch != self.epoch or record.seq != self.seq + 1 or record.source_offset <= self.source_offset:
                    return False
                self.seq = record.seq
                self.source_offset = record.source_offset
                return True
