"""stub"""

from dialer.reporting.record import Record
from dialer.reporting.report import Report


def page(record: Record, report: Report) -> str:
    return ""
