"""A user's mistake or a model's refusal -> one clear message, never a traceback."""


class BoardworkError(Exception):
    """What failed, where (module path) and what to try next.

    Attributes:
        message: what was tried and what went wrong, in one or two sentences.
        where: path of the module or argument concerned, or "".
        hint: what to try next, or "".
    """

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        self.message, self.where, self.hint = message, where, hint
        parts = [message]
        if where:
            parts.append(f"  where: {where}")
        if hint:
            parts.append(f"  try:   {hint}")
        super().__init__("\n".join(parts))


class TargetError(BoardworkError):
    """The target or its inputs name nothing that can be built."""


class TraceError(BoardworkError):
    """The model's forward could not be run."""


class FormatError(BoardworkError):
    """An unknown format, or a file that is no sheet."""


class KnowledgeError(BoardworkError):
    """A knowledge file uses a word that no fact defines, or a formula that cannot be evaluated."""


class DrawingError(BoardworkError):
    """A sheet could not be drawn or written."""


class CheckError(BoardworkError):
    """A statement could not be made, or could not be run against the module."""
