"""Districts as data, a synthetic world in them, a day of it, and the player that sends the day to real servers.

Read in this order: `districts` (what the seeds say), `world` (people and places, seeded), `day` (the day's events), `player`.
"""
