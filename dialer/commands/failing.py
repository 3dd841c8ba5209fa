"""How a command ends when it cannot do its work: one sentence and an exit code."""

WRONG = 2  #: wrong arguments or settings
MISSING = 3  #: something needed is missing


class CommandFailed(Exception):
    """The command cannot do its work; the message says why and what to do."""

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
