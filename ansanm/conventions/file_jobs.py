"""Files that nothing names any more, deleted every night."""

from ansanm.conventions.files import sweep
from ansanm.jobs.registry import handler

KIND = "files.sweep"


@handler(KIND)
def clean(progress) -> dict:
    progress(0, 1)
    return {"n_deleted": sweep()}
