"""A day of childcare: sites and families, arrivals and departures, what goes wrong, and the policies in force."""
