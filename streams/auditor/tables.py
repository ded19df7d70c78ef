"""Every domain's table. A domain without one is not audited, and a test says so."""

from streams.auditor import beds, childcare, emergency, meals
from streams.auditor.table import Table

TABLES: dict[str, Table] = {"beds": beds.TABLE, "meals": meals.TABLE, "emergency": emergency.TABLE, "childcare": childcare.TABLE}
