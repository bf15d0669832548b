"""A plan from the command line: read and judged without any convention, or brought into one."""

import json
from datetime import date
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ansanm.accounts.models import User
from ansanm.cli.output import Failure, complain, say
from ansanm.conventions.models import Convention
from ansanm.conventions.plan import consistency, importing
from ansanm.conventions.plan.reading import drafts, source
from ansanm.conventions.plan.reading.guards import MAX_BYTES, UnreadablePlan
from ansanm.conventions.plan.reading.matching import propose
from ansanm.ui.formats import labelled


def read(path: Path) -> drafts.Plan:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        found = source.read(path.name, content)
    except OSError as error:
        raise Failure(labelled(path, error.strerror)) from error
    except UnreadablePlan as problem:
        raise Failure(str(problem)) from problem
    return drafts.understand(found, propose([cell.text for cell in found.headings], found.samples()))


def check(options) -> int:
    """Say what a file holds and what does not hold together; 1 when a cell cannot be imported."""
    plan = read(Path(options.file))
    findings = consistency.of_plan(plan, on=date.today())
    if options.format == "json":
        say(json.dumps(in_full(plan, findings), ensure_ascii=False, indent=2))
    else:
        tell(plan, findings)
    return 1 if plan.errors else 0


def in_full(plan, findings) -> dict:
    def problem(one):
        return {"cell": one.address, "text": one.text, "message": one.message}

    return {
        "file": plan.source.name,
        "kind": plan.source.kind,
        "columns": {
            cell.text: key or None
            for cell, key in zip(plan.source.headings, plan.mapping, strict=True)
            if cell
        },
        "n_actions": len(plan.drafts),
        "n_operations": sum(len(draft.values.get("operations", ())) for draft in plan.drafts),
        "actions": [
            {"cell": draft.address, "number": draft.number, "title": draft.title} for draft in plan.drafts
        ],
        "errors": [problem(one) for one in plan.errors],
        "warnings": [problem(one) for one in plan.warnings],
        "notes": plan.source.notes,
        "findings": [
            {
                "rule": one.rule,
                "severity": one.severity,
                "title": one.title,
                "said": one.said,
                "where": one.where,
                "why": one.why,
                "do": one.do,
            }
            for one in findings
        ],
    }


def tell(plan, findings) -> None:
    n = len(plan.drafts)
    say(ngettext("%(n)s fiche lue.", "%(n)s fiches lues.", n) % {"n": n})
    left = [
        cell.text for cell, key in zip(plan.source.headings, plan.mapping, strict=True) if cell and not key
    ]
    if left:
        say(labelled(_("Colonnes laissées de côté"), ", ".join(left)))
    for title, problems in (
        (_("À corriger avant d’importer"), plan.errors),
        (_("Remarques"), plan.warnings),
    ):
        if problems:
            say(f"\n{labelled(title, len(problems))}")
        for one in problems:
            say(f"  {labelled(one.address, one.message)}")
    for note in plan.source.notes:
        say(f"  {note}")
    for group in consistency.grouped(findings):
        say(f"\n{group.rule.title} ({group.severity_words})")
        for one in group.findings:
            say(f"  {one.said}" + (f" [{one.where}]" if one.where and one.where != one.said else ""))


def bring(options) -> int:
    convention = Convention.objects.filter(slug=options.convention).first()
    if convention is None:
        known = ", ".join(Convention.objects.values_list("slug", flat=True)[:20]) or _("aucune")
        raise Failure(
            _("La convention « %(slug)s » n’existe pas. Conventions : %(known)s.")
            % {"slug": options.convention, "known": known}
        )
    by = None
    if options.by:
        by = User.objects.filter(email=User.clean_email(options.by)).first()
        if by is None:
            raise Failure(_("Aucun compte n’a l’adresse %(email)s.") % {"email": options.by})
    plan = read(Path(options.file))
    reading = importing.understand(plan, convention=convention, by=by)
    for one in reading.warnings:
        complain(labelled(one.address, one.message))
    if reading.errors:
        reasons = "".join(f"\n  {labelled(one.address, one.message)}" for one in reading.errors)
        raise Failure(_("Rien n’est enregistré.") + reasons)
    if reading.n("changed") and by is None:
        raise Failure(
            _("Ce fichier modifie des fiches qui ont une maison : dites au nom de qui, avec --by ADRESSE.")
        )
    counts = {"new": reading.n("new"), "changed": reading.n("changed"), "same": reading.n("unchanged")}
    say(_("%(new)s à ajouter, %(changed)s à modifier, %(same)s sans changement.") % counts)
    if options.dry_run:
        say(_("Essai : rien n’est enregistré."))
        return 0
    try:
        importing.save(reading, convention=convention, by=by)
    except importing.Changed as changed:
        raise Failure(
            _("Le plan a changé pendant l’import : recommencez. Rien n’est enregistré.")
        ) from changed
    say(_("C’est enregistré dans « %(convention)s ».") % {"convention": convention.name})
    return 0
