"""Examples of the addresses of a convention's documents and of its supported equipment."""


def of_convention(cast):
    return {"slug": cast.convention.slug}


def named(cast, words):
    """Told apart between the two conventions, as tests/examples.py does."""
    return f"{words} {cast.convention.source_title}".strip()


def officer_of(cast):
    return cast.convention.roles.get(role="city_officer").user


def of_text(cast):
    """The text of the convention, started by its officer on first use."""
    from ansanm.conventions.papers import operations

    if not cast.convention.articles.exists():
        operations.start_text(by=officer_of(cast), convention=cast.convention)
        article = cast.convention.articles.first()
        operations.update_article(
            by=officer_of(cast),
            article=article,
            base_version=article.version,
            heading=named(cast, article.heading),
        )
    return of_convention(cast)


def of_article(cast):
    of_text(cast)
    return of_convention(cast) | {"kind": "article", "pk": cast.convention.articles.first().pk}


def of_kind(cast):
    return of_text(cast) | {"kind": "annexe"}


def of_party(cast):
    return of_convention(cast) | {"party": cast.convention.parties.first().pk}


def of_deliberation(cast):
    from ansanm.conventions.papers import operations

    party = cast.convention.parties.first()
    row = party.deliberations.first() or operations.start_deliberation(by=officer_of(cast), party=party)
    return of_convention(cast) | {"pk": row.pk}


def of_equipment(cast):
    from ansanm.conventions.papers.equipment_operations import add_equipment

    row = cast.convention.equipment.standing().first() or add_equipment(
        by=officer_of(cast),
        convention=cast.convention,
        kind="creche",
        name=named(cast, "Les Filaos"),
        n_units_existing=30,
    )
    return of_convention(cast) | {"pk": row.pk}


def of_list(cast):
    of_equipment(cast)
    return of_convention(cast)


def of_version(cast):
    from tests.examples import of_draft

    return of_draft(cast)


def of_sheet(cast):
    from ansanm.conventions.papers import sheet_operations

    version = cast.convention.versions.get(number=of_version(cast)["number"])
    sheet = sheet_operations.sheet_of(by=officer_of(cast), version=version)
    return of_convention(cast) | {"code": sheet.code, "format": "pdf"}


def of_scan(cast):
    """A picture without any code, waiting to be placed."""
    import io

    from django.core.files.uploadedfile import SimpleUploadedFile
    from PIL import Image

    from ansanm.conventions.papers import sheet_operations

    of_version(cast)
    scan = cast.convention.signature_scans.first()
    if scan is None:
        target = io.BytesIO()
        Image.new("L", (40, 60), 255).save(target, "PNG")
        upload = SimpleUploadedFile(f"{named(cast, 'page')}.png", target.getvalue())
        scan, _verdict = sheet_operations.bring_scan(
            by=officer_of(cast), convention=cast.convention, upload=upload
        )
    return of_convention(cast) | {"pk": scan.pk}


def of_signing(cast):
    of_scan(cast)
    return of_convention(cast)


def of_template_kind(cast):
    return of_convention(cast) | {"kind": "convention"}


def of_starting_template(cast):
    return of_template_kind(cast) | {"format": "docx"}


def of_template(cast):
    from datetime import date

    from django.core.files.uploadedfile import SimpleUploadedFile

    from ansanm.conventions.papers.template_operations import bring_template
    from ansanm.conventions.papers.word_filling import starting_template

    template = cast.convention.document_templates.filter(retired_at__isnull=True).first()
    if template is None:
        content = starting_template("deliberation", date(2026, 1, 1))
        upload = SimpleUploadedFile(f"{named(cast, 'modele')}.docx", content)
        template = bring_template(
            by=officer_of(cast), convention=cast.convention, kind="deliberation", upload=upload
        )
    return of_convention(cast) | {"pk": template.pk}


def of_templates(cast):
    of_template(cast)
    return of_convention(cast)


def printed(function):
    return lambda cast: function(cast) | {"format": "pdf"}


def sheet(cast):
    return of_list(cast) | {"format": "csv"}


EXAMPLES = {
    "papers": of_text,
    "papers_start": of_convention,
    "papers_print": printed(of_text),
    "papers_letterhead": of_convention,
    "paper_row_add": of_kind,
    "paper_row": of_article,
    "paper_row_move": of_article,
    "paper_row_remove": of_article,
    "deliberations": of_convention,
    "deliberation": of_deliberation,
    "deliberation_remove": of_deliberation,
    "deliberation_print": printed(of_deliberation),
    "deliberation_start": of_party,
    "deliberation_voted": of_party,
    "equipment": of_list,
    "equipment_export": sheet,
    "equipment_add": of_convention,
    "equipment_import": of_convention,
    "equipment_import_keep": of_convention,
    "equipment_edit": of_equipment,
    "equipment_delete": of_equipment,
    "equipment_restore": of_equipment,
    "signature_sheets": of_signing,
    "signature_sheet_prepare": of_version,
    "signature_sheet": of_sheet,
    "signature_scan_bring": of_convention,
    "signature_scan": of_scan,
    "signature_scan_remove": of_scan,
    "paper_templates": of_templates,
    "paper_template_start": of_starting_template,
    "paper_template_bring": of_template_kind,
    "paper_template_retire": of_template,
}
# They take a POST only, or give a file.
NO_PAGE = {
    "papers_start",
    "papers_print",
    "paper_row_move",
    "deliberation_print",
    "deliberation_start",
    "equipment_export",
    "equipment_import_keep",
    "equipment_delete",
    "equipment_restore",
    "signature_sheet_prepare",
    "signature_sheet",
    "signature_scan_bring",
    "signature_scan_remove",
    "paper_template_start",
    "paper_template_bring",
    "paper_template_retire",
}
