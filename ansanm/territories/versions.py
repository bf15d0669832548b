"""What is told when two people save the same thing: nobody's work is lost, nobody's is hidden."""


class StaleVersion(Exception):
    """Somebody saved first. `current` is what they saved; the caller still holds what it wanted."""

    def __init__(self, current):
        super().__init__(f"{current} is at version {current.version}: somebody saved it in between.")
        self.current = current
