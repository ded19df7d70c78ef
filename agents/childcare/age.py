"""Completed months of life on a civil day."""

from datetime import date, timedelta


def age_months(birth: date, day: date, *, month_end: bool) -> int:
    """Completed months on `day`; negative before the birth.

    A month is completed on the birth's own day of it. In a month that has no such day (born on the 31st, or on 29 February) it is
    completed on the month's last day with `month_end` (Civil Code, article 202), else on the first of the next month.
    """
    months = (day.year - birth.year) * 12 + day.month - birth.month
    if day.day >= birth.day:
        return months
    last_of_month = (day + timedelta(days=1)).month != day.month
    return months if month_end and last_of_month else months - 1
