"""How a look at a published policy ends early."""

from collector.monitor.model import Problem

_MOST_DETAIL = 500  # characters
_WHY = "Senders that hold no policy yet send as if there were none."


class Failed(Exception):
    """Ends the look. `code` is one of monitor.model.ERRORS, the text says what was met.

    `problems` name it for the domain's owner; without them it is one, of `name` (else the code), with `fix`.
    """

    def __init__(
        self, code: str, detail: str, *, name: str = "", fix: str = "", problems: tuple[Problem, ...] = ()
    ) -> None:
        detail = "".join(char if char.isprintable() else "?" for char in detail)[:_MOST_DETAIL]
        super().__init__(detail)
        self.code = code
        self.problems = problems or (Problem(name or code, "error", f"{detail}. {_WHY}", fix),)
