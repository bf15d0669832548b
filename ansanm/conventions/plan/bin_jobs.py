"""The bin of the plans, emptied every night of what has been there for thirty days."""

from ansanm.conventions.plan.operations import empty_bin
from ansanm.jobs.registry import handler

KIND = "plan.empty_bin"


@handler(KIND)
def empty(progress) -> dict:
    progress(0, 1)
    return {"n_deleted": empty_bin()}
