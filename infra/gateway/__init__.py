"""The way in over HTTP, the answers, and the living page."""
