"""What the demo says while it runs: steps, the live board, the end.

On a terminal the board is drawn in place; otherwise a line is written every few seconds.
"""

import sys
from time import monotonic
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.live import Live

from dialer.demo.board import Glance, drawing, line

_LINE_EVERY_S: Final = 5.0


class Teller:
    """Speaks to the person at the terminal; ``with`` ends the drawing."""

    def __init__(self, *, errors: bool) -> None:
        """Args:
        errors: Speak on standard error, because standard output is for a program.
        """
        self._console = Console(file=sys.stderr if errors else sys.stdout, highlight=False)
        self._live: Live | None = None
        self._last_line_at = -_LINE_EVERY_S

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.put_away()

    def say(self, sentence: str) -> None:
        """Say one thing."""
        self._console.print(sentence, markup=False, soft_wrap=True)

    def show(self, seen: Glance, *, note: str) -> None:
        """Show the board."""
        if not self._console.is_terminal:
            if monotonic() - self._last_line_at >= _LINE_EVERY_S:
                self._last_line_at = monotonic()
                self.say(line(seen))
            return
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(drawing(seen, note=note), refresh=True)

    def put_away(self) -> None:
        """Stop showing the board."""
        if self._live is not None:
            self._live.stop()
            self._live = None
