"""Examples of the simulations of money: the circuits, and the bonus of the territory."""


def of_row(kind):
    """A row of the sheet of that kind, which both conventions have, each with its own name."""

    def found(cast):
        from ansanm.conventions.finance import sheets
        from ansanm.conventions.finance.sheet_views import SPECS

        convention = cast.convention
        spec = SPECS[kind]
        sheet = sheets.load(convention, spec)
        if not sheet.content["rows"]:
            texts = dict.fromkeys(spec.columns, "") | {
                "name": f"Crèche Vétiver {convention.source_title}".strip(),
                "operator": "Les Filaos",
                "city": "Ville",
                "territory": "Ville",
                "year": "2025",
                "places": "40",
                "psej_eur": "20000",
                "subsidy_eur": "40000",
                "bonus_eur": "32000",
                "field": "eaje",
                "units": "40",
                "inherited_eur": "20000",
                "new_units": "10",
                "priority": "yes",
            }
            rows = sheets.with_row(sheet, {name: texts[name] for name in spec.columns})
            officer = convention.roles.get(role="city_officer").user
            sheet = sheets.save(
                by=officer, convention=convention, spec=spec, base_version=sheet.version, rows=rows
            )
        return {"slug": convention.slug, "key": sheet.content["rows"][0]["key"]}

    return found


def of_sheet(kind):
    return lambda cast: {"slug": of_row(kind)(cast)["slug"]}


def of_plan(cast):
    """A convention with a line of money of its own."""
    from ansanm.conventions.models import FinancingLine, PlanActor

    convention = cast.convention
    if not convention.financing_lines.exists():
        name = f"Caf {convention.source_title}".strip()
        funder, _ = PlanActor.objects.get_or_create(convention=convention, name=name)
        FinancingLine.objects.create(
            convention=convention,
            funder=funder,
            year=2025,
            amount_eur=345_000,
            common_law="beyond",
            paid_eur=100_000,
            device="Plan crèche",
        )
    return {"slug": convention.slug}


def of_export(kind):
    return lambda cast: of_sheet(kind)(cast) | {"format": "csv"}


PAGES = ("", "_add", "_take", "_import", "_keep", "_template", "_settings")
EXAMPLES = {
    "circuit_example_export": lambda cast: {"format": "csv"},
    "financing_plan": of_plan,
    "financing_plan_export": lambda cast: of_plan(cast) | {"format": "csv"},
}
for _kind in ("circuit", "territory"):
    EXAMPLES |= {f"funding_{_kind}{page}": of_sheet(_kind) for page in PAGES}
    EXAMPLES |= {f"funding_{_kind}{page}": of_row(_kind) for page in ("_row", "_remove")}
    EXAMPLES[f"funding_{_kind}_export"] = of_export(_kind)
NO_PAGE = {
    "circuit_example_export",
    "financing_plan_export",
    *(
        f"funding_{kind}_{page}"
        for kind in ("circuit", "territory")
        for page in ("export", "template", "take", "keep", "remove")
    ),
}
