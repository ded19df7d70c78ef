"""Who must hear of a decision: facts become notifications with deterministic ids, handed to a notifier at least once (E07).

A notification carries coded values and opaque ids only; whoever delivers it looks the person up in the registry.
"""

from streams.notifications.notice import JsonLinesNotifier, Notification, Notifier
from streams.notifications.telling import notifications_of, unread_of

__all__ = ["JsonLinesNotifier", "Notification", "Notifier", "notifications_of", "unread_of"]
