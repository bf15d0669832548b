"""Every night: who must do something about a decision is told, once when it is due and once when late."""

from ansanm.conventions.governance import decisions
from ansanm.jobs.registry import handler

KIND = "decisions.remind"


@handler(KIND)
def remind(progress) -> dict:
    progress(0, 1)
    return {"n_reminded": decisions.remind()}
