"""The fairness audit: who got what and who waited, judged on the journal as it grows by the independent checkers.

Not a yearly report: the auditor runs it beside its own books, and `laoxiao fairness` reads a journal from its beginning. It shares no
code with `agents`.
"""
