"""From facts to rows: pure functions that copy what the journal says, one module a domain. No business rule lives here."""
