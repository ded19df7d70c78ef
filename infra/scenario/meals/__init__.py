"""A day of meals: places and people, what they send, what goes wrong, and the policies in force."""
