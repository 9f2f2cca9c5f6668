"""How many bytes all mails in hand may hold together: from the first byte of their content until they are answered."""

# A typical report is far smaller. Large mails leave some room for such, however many of them there are.
_SMALL_MAIL = 64 * 1024
_FOR_LARGE = 3 / 4


class Budget:
    """Gives each mail its `Share`; what it has not got is refused at once. Used in one event loop: no locks."""

    def __init__(self, total: int, largest: int) -> None:
        """In bytes. `largest`: what a single mail may hold, which it gets if it is alone."""
        self._total = total
        self._for_large = max(int(total * _FOR_LARGE), min(total, largest))
        self.held = 0

    def share(self) -> "Share":
        """An empty share for one mail. To be released in the end."""
        return Share(self)

    def has_room_for(self, size: int) -> bool:
        """Whether a mail of `size` bytes would fit just now."""
        return self.held + size <= (self._total if size <= _SMALL_MAIL else self._for_large)


class Share:
    """What one mail holds of a budget."""

    __slots__ = ("_budget", "_held")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._held = 0

    def grow(self, size: int) -> bool:
        """Whether there was room for `size` bytes more; if not, nothing changes."""
        budget, held = self._budget, self._held + size
        budget.held -= self._held
        has_room = budget.has_room_for(held)
        if has_room:
            self._held = held
        budget.held += self._held
        return has_room

    def release(self) -> None:
        """Gives everything back. May be repeated."""
        self._budget.held -= self._held
        self._held = 0
