"""Every night, the contact details whose day has come are deleted, whoever thinks of it or not."""

from ansanm.conventions.concertation.answering import delete_due
from ansanm.jobs.registry import handler

KIND = "concertation.delete_contacts"


@handler(KIND)
def delete(progress) -> dict:
    progress(0, 1)
    return {"n_deleted": delete_due()}
