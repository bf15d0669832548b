"""Which function does which kind of job. Apps above register theirs when Django starts."""

from collections.abc import Callable

_handlers: dict[str, Callable] = {}


class Cancelled(Exception):
    """Raised in a handler, where it reports its progress, once somebody asked to stop."""


def handler(kind: str):
    """Make `f(progress, **arguments) -> report` do the jobs of this kind.

    `progress(done, total, message)` is where the handler lets itself be cancelled: call it often,
    and only where stopping leaves nothing half done.
    """

    def register(function):
        if kind in _handlers and _handlers[kind] is not function:
            raise ValueError(f"Two handlers for jobs of kind {kind!r}.")
        _handlers[kind] = function
        return function

    return register


def handler_of(kind: str) -> Callable | None:
    return _handlers.get(kind)


def is_known(kind: str) -> bool:
    return kind in _handlers
