"""The deeds on signatures in ink: prepare a sheet, bring its scan, place it, take it off.

None of them signs: the officer says who signed and when, as for any signature.
"""

import base64
import secrets

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.conventions import files
from ansanm.conventions.agreement import snapshot
from ansanm.conventions.models import AgreementVersion, Convention, SignatureScan, SignatureSheet
from ansanm.conventions.papers import scans, sheets
from ansanm.ui.documents import pages

MAX_SCANS = 500


class AlreadyBrought(Exception):
    """The same file is there already; `scan` is where."""

    def __init__(self, scan: SignatureScan):
        super().__init__(str(scan))
        self.scan = scan


def sheet_of(*, by, version: AgreementVersion) -> SignatureSheet:
    """The sheet of the text as it stands, prepared once: printed again, it carries the same code."""
    seal = sheets.text_seal(version)
    if found := version.signature_sheets.filter(content_sha256=seal).first():
        return found
    code = base64.b32encode(secrets.token_bytes(8)).decode()[:12]
    # Set before the transaction: nobody else waits for it.
    n_pages = pages.count(sheets.written(version, code))
    with transaction.atomic():
        current = AgreementVersion.objects.select_for_update().get(pk=version.pk)
        if sheets.text_seal(current) != seal:
            raise ValidationError(_("Le projet vient d’être repris\u00a0: imprimez sa nouvelle feuille."))
        if found := current.signature_sheets.filter(content_sha256=seal).first():
            return found
        sheet = SignatureSheet.objects.create(
            agreement_version=current, code=code, content_sha256=seal, n_pages=n_pages, printed_by=by
        )
        record(
            "sheet.print",
            by=by,
            target=sheet,
            convention=current.convention,
            after={"version_title": current.title},
        )
        return sheet


def bring_scan(*, by, convention, upload) -> tuple[SignatureScan, str]:
    """Keep a scanned file and say what it is; complete, it goes to its version, else it waits."""
    content = files.read_upload(upload)
    # Seconds of work on a long file: before the transaction.
    read = scans.read(content)
    with transaction.atomic():
        convention = Convention.objects.select_for_update().get(pk=convention.pk)
        held = convention.signature_scans
        if twin := held.filter(file__sha256=snapshot.seal_of(content)).first():
            raise AlreadyBrought(twin)
        if held.count() >= MAX_SCANS:
            raise ValidationError(_("%(n)s numérisations au plus par convention.") % {"n": MAX_SCANS})
        verdict, sheet, found = sheets.judged(convention, read.codes)
        scan = SignatureScan.objects.create(
            convention=convention,
            sheet=sheet,
            file=files.keep(by=by, convention=convention, name=upload.name, content=content),
            pages=found,
            placed="read" if verdict == "complete" else "",
            by=by,
        )
        if verdict == "complete":
            # The last page completes those that were waiting for it.
            sheet.scans.filter(placed="").update(placed="read")
        after = {"pages": found} | ({"version_title": sheet.agreement_version.title} if sheet else {})
        record("scan.bring", by=by, target=scan, convention=convention, after=after)
        return scan, verdict


def place_scan(*, by, scan: SignatureScan, version: AgreementVersion) -> SignatureScan:
    """Put by hand a scan that waits on the version somebody recognised."""
    if version.convention_id != scan.convention_id:
        raise ValidationError(_("Cette version n’est pas de cette convention."))
    known = scan.sheet
    sheet = known if known and known.agreement_version_id == version.pk else sheet_of(by=by, version=version)
    with transaction.atomic():
        current = SignatureScan.objects.select_for_update().get(pk=scan.pk)
        if current.sheet_id != sheet.pk:
            current.sheet, current.pages = sheet, []
        current.placed = "by_hand"
        current.save(update_fields=["sheet", "pages", "placed"])
        record(
            "scan.place",
            by=by,
            target=current,
            convention=current.convention,
            after={"version_title": version.title},
        )
        return current


@transaction.atomic
def remove_scan(*, by, scan: SignatureScan) -> None:
    """Take off a file brought by mistake; the trail keeps that it was there."""
    current = (
        SignatureScan.objects.select_for_update(of=("self",))
        .select_related("file", "convention", "sheet__agreement_version")
        .get(pk=scan.pk)
    )
    held = current.sheet.agreement_version if current.placed and current.sheet else None
    if held and held.state == AgreementVersion.State.SIGNED:
        raise ValidationError(
            _("«\u00a0%(title)s\u00a0» est signée\u00a0: sa numérisation reste avec elle.")
            % {"title": held.title}
        )
    record(
        "scan.remove",
        by=by,
        target=current,
        convention=current.convention,
        before={"pages": current.pages},
    )
    file = current.file
    current.delete()
    files.remove(by=by, stored=file)
