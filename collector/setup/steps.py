"""How far something came on its way, step by step."""

from dataclasses import dataclass, field

_MOST_SHOWN = 300  # characters of what a stranger's server says


@dataclass(frozen=True, slots=True)
class Step:
    """`name`: dns, mx, accepted (the server took it), stored. `ok` None: it is waited for, or was left out."""

    name: str
    ok: bool | None
    text: str


@dataclass(slots=True)
class Way:
    """One `rua` and its steps so far; a step that is not well ends it."""

    rua: str
    steps: list[Step] = field(default_factory=list)

    def note(self, name: str, ok: bool | None, text: str) -> None:
        self.steps.append(Step(name, ok, text))

    @property
    def is_accepted(self) -> bool:
        """Whether the last server on our side of it took the report."""
        return any(step.name == "accepted" and step.ok for step in self.steps)

    def as_json(self) -> dict[str, object]:
        steps = [{"name": step.name, "ok": step.ok, "text": step.text} for step in self.steps]
        return {"rua": self.rua, "steps": steps}


def shown(text: str | bytes) -> str:
    """What a server said, as it may stand on a page or a terminal."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    one_line = " ".join(text.split())
    return "".join(char if char.isprintable() else "?" for char in one_line)[:_MOST_SHOWN]
