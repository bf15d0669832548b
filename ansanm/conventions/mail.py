"""What the conventions write to people leaves from here, once what it tells of is committed."""

import secrets

from ansanm.jobs.outbox import post


def send_later(*, to: list[str], subject: str, text: str, key: str = "", **more) -> None:
    """Write a message to each of `to`, with the deed in progress: rolled back, it tells nobody of it.

    The same `key` is the same message, sent once; `more` goes to `outbox.post`.
    """
    stem = key or secrets.token_urlsafe(16)
    for address in to:
        post(key=f"{stem}:{address}", to=address, subject=subject, text=text, **more)
