"""A day of emergencies: who is covered, who can be sent, who calls, and how operators, responders and families react.

The player cannot know beforehand whom the agent will send, so the day is rehearsed with the agent itself (`rehearsal`): everybody
reacts to what was decided there. Where the real run decides otherwise, a reaction that no longer fits is refused by its name.
"""
