"""L02 for beds."""

from infra.checkers.beds.model import Area
from infra.checkers.expected import Expected


class BedsExpected(Expected[Area]):
    """Rows every domain has; the domain's own tables come with their migration."""
