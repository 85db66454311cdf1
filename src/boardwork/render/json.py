"""Sheet -> the JSON contract."""

from boardwork.options import Options
from boardwork.sheet import Sheet


def json(sheet: Sheet, options: Options) -> str:
    """The sheet as JSON; no option changes it."""
    return sheet.to_json()
