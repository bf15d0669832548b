"""A version of the agreement as a document, from its content alone: never from what stands today.

In French whatever the language of who prints: the text that binds is the French one.
"""

from collections.abc import Iterator
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from ansanm.conventions.agreement import snapshot
from ansanm.conventions.agreement.difference import Section, action_name, compare, total_words
from ansanm.conventions.agreement.words import fte, label_of, signatory, value_of
from ansanm.conventions.models import AgreementVersion
from ansanm.conventions.papers.document import annexes, articles, parties_and_visas
from ansanm.conventions.papers.letterhead import document_with
from ansanm.conventions.plan import wording
from ansanm.conventions.plan.content import OPERATION
from ansanm.conventions.plan.wording import amount_of, plain
from ansanm.ui.documents import pdf, word
from ansanm.ui.documents.blocks import Block, Document, Heading, Item, Listing, Paragraph, Table
from ansanm.ui.formats import format_day, format_period, format_vague, listed_apart

WRITERS = {"pdf": pdf.write, "docx": word.write}
# In the order a fiche is printed; the rows follow, each as a table.
TEXTS = (
    "status",
    "is_priority",
    "themes",
    "node",
    "lead_house",
    "pilot",
    "pilot_person",
    "caf_counterpart",
    "elected_referent",
    "partners",
    "context",
    "objective",
    "description",
    "publics",
    "n_people_target",
    "places",
    "place_note",
    "starts",
    "ends",
    "staff_fte",
    "means",
    "caf_devices",
    "funding_note",
    "expected_results",
    "risks",
    "levers",
    "status_reason",
    "source_title",
)


def written(version: AgreementVersion, kind: str) -> bytes:
    return WRITERS[kind](document_of(version))


def document_of(version: AgreementVersion) -> Document:
    """The version as it was taken or signed; an amendment begins with what it changes."""
    with override("fr"):
        content = snapshot.read(version)
        moment = version.frozen_at or version.created_at
        day = moment.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
        territories = listed_apart(one["name"] for one in content["territories"])
        papers = content.get("papers")
        return document_with(
            papers["letterhead"] if papers else {},
            title=version.title,
            subtitle=" · ".join(one for one in (content["facts"]["name"], territories) if one),
            produced_on=day,
            foot=_("%(title)s · empreinte %(seal)s")
            % {"title": version.title, "seal": version.content_sha256[:16]},
            blocks=list(blocks(version, content, day)),
            contents_title=_("Sommaire"),
            contents_depth=2 if papers else 1,
        )


def blocks(version, content, day) -> Iterator[Block]:
    yield from opening(version, content, day)
    if amended := amended_by(version):
        yield Heading(1, _("Ce que change cet avenant"))
        yield Paragraph(
            _("Par rapport à «\u00a0%(title)s\u00a0», %(signed)s.")
            % {"title": amended.title, "signed": signed_words(amended)}
        )
        sections = compare(snapshot.read(amended), content)
        if not sections:
            yield Paragraph(_("Rien d’autre que ce que dit son objet."))
        for one in sections:
            yield from changes(one)
    if "papers" in content:
        yield from parties_and_visas(content, party_row)
        yield from articles(content)
        yield from signatures(content)
        yield from annexes(content, fiches)
        return
    yield from around(content)
    yield from plan(content)
    yield from financing(content)
    yield from signatures(content)


def amended_by(version) -> AgreementVersion | None:
    """The signed version that this one amends."""
    if version.kind != AgreementVersion.Kind.AMENDMENT:
        return None
    signed = AgreementVersion.objects.filter(
        convention=version.convention_id, state=AgreementVersion.State.SIGNED, number__lt=version.number
    )
    return signed.order_by("-number").first()


def signed_words(version) -> str:
    is_a_day = len(version.signed_on) == len("2021-12-03")
    told = _("signé le %(day)s") if is_a_day else _("signé en %(day)s")
    return told % {"day": format_period(version.signed_on)}


def opening(version, content, day) -> Iterator[Block]:
    if version.state == AgreementVersion.State.SIGNED:
        yield Paragraph(signed_words(version).capitalize() + ".", kind="lead")
    else:
        yield Paragraph(
            _("pris le %(day)s\u00a0: il n’engage personne tant qu’il n’est pas signé.")
            % {"day": format_day(day)},
            kind="warning",
            mark=_("Projet"),
        )
    if version.effective_on:
        yield Paragraph(_("Il prend effet\u00a0: %(day)s.") % {"day": format_period(version.effective_on)})
    if version.purpose:
        yield Heading(1, _("Objet"))
        for text in version.purpose.splitlines():
            if text.strip():
                yield Paragraph(text)


def changes(section: Section) -> Iterator[Block]:
    yield Heading(2, section.title)
    rows = []
    for change in section.changes:
        if not change.details:
            rows.append([change.name, change.words.capitalize(), "", ""])
        for detail in change.details:
            same = detail.label == change.name
            rows.append(
                [change.name, "" if same else detail.label, detail.before or "–", detail.after or "–"]
            )
    rows += [[one.label, _("Total"), one.before, one.after] for one in section.totals]
    yield Table(
        caption=_("Avant et après"),
        header=[_("Quoi"), _("Rubrique"), _("Avant"), _("Après")],
        rows=rows,
        widths=[1.2, 1, 1.4, 1.4],
    )


def around(content) -> Iterator[Block]:
    yield Heading(1, _("La convention"))
    facts = content["facts"]
    rows = [
        [label_of("facts", name), value_of("facts", name, facts[name]) or _("non publié")]
        for name in ("starts_on", "ends_on", "duration_years")
    ]
    if facts["extended_to"]:
        rows.append(
            [label_of("facts", "extended_to"), value_of("facts", "extended_to", facts["extended_to"])]
        )
    if facts["source_title"]:
        rows.append([label_of("facts", "source_title"), facts["source_title"]])
    yield two_columns(_("Dates et durée"), rows)
    yield Heading(2, _("Parties"))
    yield Table(
        caption=_("Les parties et leurs délibérations"),
        header=[_("Partie"), _("Qualité"), _("Délibération"), _("Signataires")],
        rows=[party_row(one) for one in content["parties"]],
        widths=[1.3, 0.8, 1.1, 1.6],
    )
    if content["visas"]:
        yield Heading(2, _("Visas"))
        yield Listing(
            [Item(_("Vu %(text)s") % {"text": one["text"]}, one["url"]) for one in content["visas"]]
        )
    if content["contracts"]:
        yield Heading(2, _("Contrats liés"))
        yield Table(
            caption=_("Contrats avec lesquels la convention s’articule"),
            header=[_("Nature"), _("Intitulé"), _("Avec qui"), _("Période"), _("Précisions")],
            rows=[
                [
                    value_of("contracts", "kind", one["kind"]),
                    one["title"],
                    one["partners"],
                    span(one),
                    one["note"],
                ]
                for one in content["contracts"]
            ],
        )
    if content["posts"]:
        yield Heading(2, _("Chargés de coopération"))
        total = sum((Decimal(one["fte_share"]) for one in content["posts"]), start=Decimal(0))
        yield Table(
            caption=_("Postes et quotités"),
            header=[_("Qui"), _("Employeur"), _("Mission"), _("Période"), _("Quotité")],
            rows=[
                [one["holder"], one["employer"], one["mission"], span(one), fte(one["fte_share"])]
                for one in content["posts"]
            ]
            + [[_("Ensemble"), "", "", "", fte(format(total.normalize(), "f"))]],
            numeric=frozenset({4}),
            strong_rows=frozenset({len(content["posts"])}),
        )


def two_columns(caption, rows) -> Table:
    return Table(caption=caption, header=[_("Rubrique"), _("Contenu")], rows=rows, widths=[1, 2.4])


def span(row) -> str:
    """« 2023 – 2027 »."""
    if not row["starts_on"] and not row["ends_on"]:
        return ""
    return f"{format_period(row['starts_on']) or '…'} – {format_period(row['ends_on']) or '…'}"


def party_row(party) -> list[str]:
    deliberation = " · ".join(
        one
        for one in (
            party["deliberation_number"],
            format_period(party["deliberation_on"]),
            party["deliberation_file"] and party["deliberation_file"]["name"],
        )
        if one
    )
    name = party["name"]
    if party["joined_on"]:
        name += _(" (entrée\u00a0: %(day)s)") % {"day": format_period(party["joined_on"])}
    if party["left_on"]:
        name += _(" (sortie\u00a0: %(day)s)") % {"day": format_period(party["left_on"])}
    return [
        name,
        value_of("parties", "kind", party["kind"]),
        deliberation or "–",
        listed_apart(signatory(one) for one in party["signatures"]) or "–",
    ]


def plan(content) -> Iterator[Block]:
    yield Heading(1, _("Le plan d’actions"))
    if content["themes"]:
        yield Paragraph(
            listed_apart(one["label"] for one in content["themes"]) + ".", mark=_("Thématiques\u00a0:")
        )
    words = snapshot.FrozenWords(content)
    if content["nodes"]:
        yield Table(
            caption=_("Enjeux et objectifs"),
            header=[_("Niveau"), _("Intitulé"), _("Description")],
            rows=[
                [value_of("nodes", "kind", one["kind"]), words.nodes[int(one["key"])], one["description"]]
                for one in content["nodes"]
            ],
            widths=[0.8, 2, 2],
        )
    yield Paragraph(
        _("%(n)s fiches actions.") % {"n": len(content["actions"])}
        if len(content["actions"]) != 1
        else _("1 fiche action.")
    )
    if content["actions"]:
        yield Heading(1, _("Fiches actions"))
    yield from fiches(content)


def fiches(content) -> Iterator[Block]:
    words = snapshot.FrozenWords(content)
    for action in content["actions"]:
        yield from fiche(action, words)


def fiche(action, words) -> Iterator[Block]:
    yield Heading(2, action_name(action))
    yield two_columns(
        _("La fiche"),
        [
            [wording.label_of(field), value]
            for field in TEXTS
            if (value := words.value(field, action[field] or None))
        ]
        or [["–", "–"]],
    )
    if action["operations"]:
        yield operations_table(action["operations"])
    if action["milestones"]:
        yield Table(
            caption=wording.label_of("milestones"),
            header=[_("Jalon"), _("Échéance"), _("Atteint")],
            rows=[
                [one["title"], format_vague(one["due"]) or "–", format_period(one["done_on"]) or "–"]
                for one in action["milestones"]
            ],
            widths=[3, 1, 1],
        )
    if action["indicators"]:
        yield Table(
            caption=wording.label_of("indicators"),
            header=[_("Indicateur"), _("Ce qu’il mesure"), _("Départ"), _("Cibles")],
            rows=[indicator_row(one, words) for one in action["indicators"]],
            widths=[2.4, 1, 1, 1.4],
        )
    if action["financing"]:
        yield financing_table(wording.label_of("financing"), action["financing"], words)


def operations_table(operations) -> Table:
    """The fiche as it is printed: fields × operations."""
    fields = [field for field in OPERATION if field != "title" and any(one[field] for one in operations)]
    return Table(
        caption=wording.label_of("operations"),
        header=[_("Rubrique"), *(one["title"] for one in operations)],
        rows=[
            [wording.cell_label("operations", field), *(one[field] or "–" for one in operations)]
            for field in fields
        ]
        or [[_("Intitulé"), *(one["title"] for one in operations)]],
    )


def indicator_row(one, words) -> list[str]:
    start = plain("baseline_value", one["baseline_value"]) if one["baseline_value"] is not None else ""
    if start and one["baseline_on"]:
        start += f" ({format_period(one['baseline_on'])})"
    label = f"{one['label']} ({one['unit']})" if one["unit"] else one["label"]
    return [
        label,
        plain("nature", one["nature"]),
        start or "–",
        words.cell("indicators", "targets", one["targets"]) or "–",
    ]


def financing_table(caption, lines, words) -> Table:
    return Table(
        caption=caption,
        header=[_("Financeur"), _("Année"), _("Montant"), _("Périmètre"), _("Source")],
        rows=[
            [
                words.cell("financing", "funder", row["funder"]),
                str(row["year"] or "–"),
                amount_of(row),
                " · ".join(one for one in (row["scope"], words.money_details(row)) if one) or "–",
                row["source_title"] or "–",
            ]
            for row in lines
        ],
        numeric=frozenset({2}),
        widths=[1.3, 0.6, 1.1, 1.3, 1.3],
    )


def financing(content) -> Iterator[Block]:
    totals = snapshot.money(content)
    if not any(one.n_lines for one in totals.values()):
        return
    yield Heading(1, _("Financement"))
    yield Paragraph(
        _(
            "Les fiches et la convention entière sont comptées à part\u00a0: un montant d’ensemble peut "
            "comprendre ceux des fiches."
        )
    )
    rows = [
        [label, total_words(totals[key])]
        for key, label in (
            ("actions", _("Inscrit dans les fiches")),
            ("whole", _("Inscrit pour toute la convention")),
        )
    ]
    yield two_columns(_("Totaux"), rows)
    if content["financing"]:
        yield financing_table(
            _("Financement de toute la convention"), content["financing"], snapshot.FrozenWords(content)
        )


def signatures(content) -> Iterator[Block]:
    yield Heading(1, _("Signatures"))
    signing = content["signing"]
    if signing is None:
        rows = [
            [party["name"], signatory(one), ""]
            for party in snapshot.current_parties(content)
            for one in party["signatures"]
        ]
        if rows:
            yield Table(
                caption=_("Signatures demandées"),
                header=[_("Partie"), _("Signataire"), _("Date et signature")],
                rows=rows,
            )
        return
    yield Table(
        caption=_("Ont signé"),
        header=[_("Partie"), _("Signataire"), _("Signé")],
        rows=[
            [one["party"], signatory(one), format_period(one["signed_on"] or signing["signed_on"])]
            for one in signing["signed_by"]
        ],
    )
    absent = [f"{one['party']}, {signatory(one)}" for one in signing["missing"]] + signing["silent"]
    if absent:
        yield Paragraph(
            _("%(who)s. Motif\u00a0: %(reason)s")
            % {"who": listed_apart(absent), "reason": signing["reason"]},
            kind="warning",
            mark=_("Sans la signature de"),
        )
