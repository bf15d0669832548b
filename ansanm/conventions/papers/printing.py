"""Documents written with the city's Word template where it brought one, and with ours otherwise."""

from django.utils import timezone
from django.utils.translation import override

from ansanm.conventions.agreement import documents, snapshot
from ansanm.conventions.models import AgreementVersion, Convention
from ansanm.conventions.papers import deliberations, equipment


def convention_of_today(convention: Convention, format: str) -> bytes:
    """The agreement as it stands, without taking a draft of it."""
    return documents.written(version_of_today(convention), format)


def version_of_today(convention: Convention) -> AgreementVersion:
    text = snapshot.written(snapshot.snapshot(convention))
    with override("fr"):
        return AgreementVersion(
            convention=convention,
            number=0,
            kind=AgreementVersion.Kind.INITIAL,
            state=AgreementVersion.State.DRAFT,
            title=convention.name,
            content_json=text,
            content_sha256=snapshot.seal(text),
            created_at=timezone.now(),
        )


def deliberation(row, format: str) -> bytes:
    return documents.WRITERS[format](deliberations.document(row))


def equipment_list(convention: Convention, format: str) -> bytes:
    return documents.WRITERS[format](equipment.document(convention))
