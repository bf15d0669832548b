"""The COF of the cast: declared, validated, paid and booked, on both conventions."""

from decimal import Decimal


def of_convention(cast):
    return {"slug": cast.convention.slug}


def named(cast, text):
    return f"{text} {cast.convention.source_title}".strip()


def deciding(cast):
    """Whoever holds the widest role on this convention."""
    roles = cast.convention.roles
    return (roles.filter(role="caf_adviser").first() or roles.get(role="city_officer")).user


def cof(cast):
    """A COF whose year goes to its second update, with all who may declare as its managers."""
    from ansanm.conventions.finance import operations
    from ansanm.conventions.models import Equipment, FundingAgreement

    found = FundingAgreement.objects.filter(convention=cast.convention).first()
    if found:
        return found
    by = deciding(cast)
    equipment, _ = Equipment.objects.get_or_create(
        convention=cast.convention,
        kind="laep",
        name=named(cast, "Maison Vacoa"),
        is_fictitious=True,
    )
    declaring = ("city_officer", "caf_adviser", "childcare_manager")
    users = [one.user for one in cast.convention.roles.filter(role__in=declaring)]
    agreement = operations.open_agreement(
        by=by,
        convention=cast.convention,
        equipment=equipment,
        device="pars",
        year=2025,
        reference="PARS-1",
        beneficiary=named(cast, "Les Filaos"),
        is_fictitious=True,
    )
    content = {"meals": "10000", "expenses_eur": "60000", "participations_eur": "20000"}
    for phase in ("forecast", "update_1"):
        sent = operations.save_declaration(
            by=by, agreement=agreement, phase=phase, content=content, base_version=0, send=True
        )
        if phase == "forecast":
            operations.validate_declaration(by=by, declaration=sent, base_version=sent.version)
    # Last: who declares for an equipment validates nothing of it.
    operations.set_managers(by=by, equipment=equipment, users=users)
    return agreement


def of_cof(cast):
    return of_convention(cast) | {"pk": cof(cast).pk}


def of_declaration(cast):
    return of_cof(cast) | {"phase": "forecast"}


def of_sent(cast):
    return of_cof(cast) | {"phase": "update_1"}


def of_next(cast):
    return of_cof(cast) | {"phase": "update_2"}


def of_paper(cast):
    return of_cof(cast) | {"paper": cof(cast).due_documents.first().pk}


def of_file(cast):
    """A paper whose file was given."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from ansanm.conventions.finance import operations

    agreement = cof(cast)
    paper = agreement.due_documents.last()
    if paper.file_id is None:
        said = named(cast, "Budget").encode()
        upload = SimpleUploadedFile("budget.pdf", b"%PDF-1.4\n" + said + b"\n%%EOF\n")
        operations.give_paper(by=deciding(cast), document=paper, base_version=paper.version, upload=upload)
    return of_cof(cast) | {"paper": paper.pk}


def payments(cast):
    """Two payments: one matched, one that resembles nothing."""
    from ansanm.conventions.finance import payments as deeds
    from ansanm.conventions.models import Payment

    found = Payment.objects.filter(convention=cast.convention)
    if not found:
        agreement = cof(cast)
        advance = Decimal(agreement.planned_payments.first().amount_cents) / 100
        table = [
            ["Date de paiement", "Montant en euros", "Bénéficiaire", "Référence"],
            ["03/03/2025", str(advance), named(cast, "Les Filaos"), "PARS-1"],
            ["04/03/2025", "12,50", named(cast, "Inconnu"), "X"],
        ]
        reading = deeds.understand("liste.csv", table, convention=cast.convention)
        deeds.save(reading, by=deciding(cast), convention=cast.convention)
    return found


def of_payment(cast):
    return of_convention(cast) | {"pk": payments(cast).filter(agreement=None).first().pk}


def of_matched(cast):
    return of_convention(cast) | {"pk": payments(cast).exclude(agreement=None).first().pk}


def of_books(cast):
    payments(cast)
    return of_convention(cast)


def of_entry(cast):
    payments(cast)
    return of_convention(cast) | {"pk": cast.convention.ledger_entries.order_by("pk").last().pk}


def of_export(arguments):
    return lambda cast: arguments(cast) | {"format": "csv"}


def of_seen(cast):
    cof(cast)
    return of_convention(cast)


def of_published(cast):
    from ansanm.conventions.models import FinancePublication

    cof(cast)
    FinancePublication.objects.get_or_create(convention=cast.convention, defaults={"is_public": True})
    return of_convention(cast)


EXAMPLES = {
    "finance_home": of_seen,
    "finance_caf": of_books,
    "finance_caf_export": of_export(of_books),
    "finance_city": of_seen,
    "finance_city_export": of_export(of_seen),
    "finance_elected": of_seen,
    "finance_elected_export": of_export(of_seen),
    "finance_public": of_published,
    "finance_public_export": of_export(of_published),
    "finance_publication": of_seen,
    "finance_accrue": of_seen,
    "finance_calendar": of_seen,
    "finance_calendar_ics": of_seen,
    "finance_agreement_open": of_seen,
    "finance_agreement": of_cof,
    "finance_agreement_edit": of_cof,
    "finance_agreement_reopen": of_cof,
    "finance_managers": of_cof,
    "finance_paper_add": of_cof,
    "finance_paper_judge": of_paper,
    "finance_paper_file": of_file,
    "finance_declaration": of_declaration,
    "finance_declaration_decide": of_sent,
    "finance_declaration_export": of_export(of_declaration),
    "finance_mine": of_seen,
    "finance_mine_export": of_export(of_seen),
    "finance_mine_ics": of_seen,
    "finance_template": of_seen,
    "finance_import": of_seen,
    "finance_import_keep": of_seen,
    "finance_mine_agreement": of_cof,
    "finance_paper_give": of_paper,
    "finance_mine_paper_file": of_file,
    "finance_declare": of_next,
    "finance_mine_declaration_export": of_export(of_declaration),
    "finance_payments": of_books,
    "finance_payments_export": of_export(of_books),
    "finance_payments_import": of_seen,
    "finance_payments_keep": of_seen,
    "finance_payment": of_payment,
    "finance_payment_match": of_payment,
    "finance_payment_unmatch": of_matched,
    "finance_ledger": of_books,
    "finance_ledger_export": of_export(of_books),
    "finance_entry": of_entry,
}
# Files, and addresses that answer a POST alone.
NO_PAGE = {
    "finance_accrue",
    "finance_calendar_ics",
    "finance_caf_export",
    "finance_city_export",
    "finance_declaration_decide",
    "finance_declaration_export",
    "finance_elected_export",
    "finance_import_keep",
    "finance_ledger_export",
    "finance_mine_declaration_export",
    "finance_mine_export",
    "finance_mine_ics",
    "finance_mine_paper_file",
    "finance_paper_file",
    "finance_payment_match",
    "finance_payment_unmatch",
    "finance_payments_export",
    "finance_payments_keep",
    "finance_public_export",
    "finance_template",
}
