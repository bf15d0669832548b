"""What a kind of job is called on its page; the apps that have handlers add theirs."""

from django.utils.functional import Promise

titles: dict[str, Promise] = {}


def title_of(job) -> str:
    return str(titles.get(job.kind, job.kind))
