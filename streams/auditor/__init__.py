"""The auditor: a process beside the workers that reads the journals and the clock, and says when what must happen does not.

It shares no code with `agents`: a mistake there must not be a mistake here (an import contract keeps it so). What a domain's facts
mean for it is declared in one table a domain (`tables`). Read `process.run_auditor` first.
"""
