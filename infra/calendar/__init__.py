"""The working-day calendar as policy data: made by a command from a maintained package, kept in the tree, needed by nobody at run time."""
