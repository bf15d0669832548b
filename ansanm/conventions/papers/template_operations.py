"""The deeds on Word templates: bring one, checked at once; set one aside, so that the one before returns."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.conventions import files
from ansanm.conventions.models import DocumentTemplate
from ansanm.conventions.papers.word_checking import BrokenTemplate, Problem, check
from ansanm.conventions.papers.word_fields import FIELDS
from ansanm.conventions.papers.word_filling import filled, sample


def tried(content: bytes, kind: str) -> None:
    check(content, kind)
    filled(content, sample(FIELDS[kind]))


def problems_of(template: DocumentTemplate) -> list[Problem]:
    """What keeps a template in use from being filled in today: a field that went away, a lost file."""
    try:
        tried(files.read_bytes(template.file), template.kind)
    except BrokenTemplate as broken:
        return broken.problems
    except FileNotFoundError:
        return [Problem(_("Fichier"), _("Ce fichier n’est plus sur cette machine."))]
    return []


def bring_template(*, by, convention, kind: str, upload) -> DocumentTemplate:
    """Keep a template that was tried; BrokenTemplate, and the one in use stays, when it does not work."""
    content = files.read_upload(upload)
    tried(content, kind)
    with transaction.atomic():
        template = DocumentTemplate.objects.create(
            convention=convention,
            kind=kind,
            file=files.keep(by=by, convention=convention, name=upload.name, content=content),
            brought_by=by,
        )
        record("template.bring", by=by, target=template, convention=convention)
        return template


@transaction.atomic
def retire_template(*, by, template: DocumentTemplate) -> None:
    current = DocumentTemplate.objects.select_for_update().get(pk=template.pk)
    if current.retired_at is None:
        current.retired_at = timezone.now()
        current.save(update_fields=["retired_at"])
        record("template.retire", by=by, target=current, convention=current.convention)
