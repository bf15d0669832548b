"""An example of each address that takes arguments: url name -> function of the cast -> its arguments.

The rights matrix and the accessibility tests visit every address of the resolver; the owner of a view
adds its line here, and a missing one fails. Where an address belongs to a convention, say it of
`cast.convention` alone: the matrix exchanges the two conventions of the cast to get the other's.
"""

from datetime import date

from tests import subjects


def of_convention(cast):
    return {"slug": cast.convention.slug}


def of_member(cast):
    return of_convention(cast) | {"pk": cast.convention.roles.last().pk}


def of_party(cast):
    return of_convention(cast) | {"pk": cast.convention.parties.first().pk}


def of_action(cast):
    """A fiche of the convention, opened by its officer on first use."""
    from ansanm.conventions.plan.operations import create_action

    action = cast.convention.actions.standing().first()
    if action is None:
        action = create_action(
            by=cast.convention.roles.get(role="city_officer").user,
            convention=cast.convention,
            title=f"Ludothèque mobile {cast.convention.source_title}".strip(),
        )
    return of_convention(cast) | {"pk": action.pk}


def of_plan(cast):
    """The plan of the convention: a stake, themes, an actor, and a fiche with dates that holds them."""
    from ansanm.conventions.plan.operations import update_action

    action = cast.convention.actions.standing().get(pk=of_action(cast)["pk"])
    if not action.starts:
        update_action(
            by=cast.convention.roles.get(role="city_officer").user,
            action=action,
            base_version=action.version,
            starts="2026-S1",
            ends="2027",
            is_priority=True,
            node=of_node(cast)["pk"],
            pilot=of_actor(cast)["pk"],
            themes=[cast.convention.themes.get(pk=of_theme(cast)["pk"]).slug],
        )
    return of_convention(cast)


def of_node(cast):
    node, _ = cast.convention.nodes.get_or_create(
        kind="stake", label=f"Grandir {cast.convention.source_title}".strip()
    )
    return of_convention(cast) | {"pk": node.pk}


def of_theme(cast):
    label = f"Petite enfance {cast.convention.source_title}".strip()
    theme, _ = cast.convention.themes.get_or_create(slug="early_childhood", defaults={"label": label})
    return of_convention(cast) | {"pk": theme.pk}


def of_actor(cast):
    actor, _ = cast.convention.actors.get_or_create(
        name=f"Direction de la petite enfance {cast.convention.source_title}".strip()
    )
    return of_convention(cast) | {"pk": actor.pk}


def of_tree(cast):
    of_plan(cast)
    return of_convention(cast)


def of_themes(cast):
    of_theme(cast)
    return of_convention(cast)


def of_actors(cast):
    of_actor(cast)
    return of_convention(cast)


def of_import(cast):
    """An import of the fiche of the convention."""
    from ansanm.conventions.models import BulkEdit

    officer = cast.convention.roles.get(role="city_officer").user
    versions = {str(of_action(cast)["pk"]): [0, 1]}
    deed, _ = BulkEdit.objects.get_or_create(
        convention=cast.convention, kind="import", defaults={"versions": versions, "by": officer}
    )
    return of_convention(cast) | {"pk": deed.pk}


def of_bulk(cast):
    """A deed on several fiches, which its author may take back."""
    from ansanm.conventions.models import BulkEdit
    from ansanm.conventions.plan.operations import delete_actions

    deed = BulkEdit.objects.filter(convention=cast.convention).first()
    if deed is None:
        of_binned(cast)
        deed = BulkEdit.objects.filter(convention=cast.convention).first() or delete_actions(
            by=cast.convention.roles.get(role="city_officer").user, convention=cast.convention, actions=[]
        )
    return of_convention(cast) | {"pk": deed.pk}


def of_binned(cast):
    """A fiche that is in the bin."""
    from ansanm.conventions.plan.operations import create_action, delete_actions

    officer = cast.convention.roles.get(role="city_officer").user
    action = cast.convention.actions.binned().first()
    if action is None:
        title = f"Halte-jeux {cast.convention.source_title}".strip()
        action = create_action(by=officer, convention=cast.convention, title=title)
        delete_actions(by=officer, convention=cast.convention, actions=[action])
    return of_convention(cast) | {"pk": action.pk}


def of_bin(cast):
    of_binned(cast)
    return of_convention(cast)


def of_file(cast):
    """A file of the convention, brought by its officer on first use."""
    from ansanm.conventions import files

    stored = cast.convention.files.first()
    if stored is None:
        stored = files.keep(
            by=cast.convention.roles.get(role="city_officer").user,
            convention=cast.convention,
            name=f"Délibération {cast.convention.source_title}.pdf",
            # The canary of the other convention, if it has one.
            content=f"%PDF-1.7\n% {cast.convention.source_title}\n%%EOF".encode(),
        )
    return of_convention(cast) | {"pk": stored.pk}


def of_comment(cast):
    """A comment on the fiche, of the officer of its convention."""
    from ansanm.conventions.models import Comment
    from ansanm.conventions.plan.news import add_comment

    action = cast.convention.actions.get(pk=of_action(cast)["pk"])
    comment = Comment.objects.filter(action=action, house="").first() or add_comment(
        by=cast.convention.roles.get(role="city_officer").user,
        action=action,
        text=f"Vu mardi {cast.convention.source_title}".strip(),
    )
    return of_convention(cast) | {"pk": comment.pk}


def of_mail_stop(cast):
    from ansanm.conventions.plan.preferences import preference_of

    return {"token": preference_of(cast.reader).token}


def of_feed(cast):
    """A calendar of the officer of the convention; only its hash is kept, so each call makes the same."""
    from ansanm.conventions.models import FeedAddress
    from ansanm.conventions.plan.feeds import digest

    of_plan(cast)
    owner = cast.convention.roles.get(role="city_officer").user
    FeedAddress.objects.get_or_create(token_sha256=digest("essai"), defaults={"user": owner})
    return {"token": "essai"}


def of_own_feed(cast):
    """Whoever asks has one: it is found among their own alone."""
    from ansanm.conventions.models import FeedAddress
    from ansanm.conventions.plan.feeds import digest

    owner = cast.city_officer
    return {
        "pk": FeedAddress.objects.get_or_create(token_sha256=digest("mien"), defaults={"user": owner})[0].pk
    }


def of_mail(cast):
    from ansanm.jobs.outbox import post

    return {"pk": post(key="essai", to="marie@example.org", subject="Essai", text="Essai").pk}


def of_reported(cast):
    """An amount published about the convention, entered on first use."""
    from ansanm.conventions.plan.reported import add_figure

    figure = cast.convention.reported_figures.first()
    if figure is None:
        figure = add_figure(
            by=cast.convention.roles.get(role="city_officer").user,
            convention=cast.convention,
            kind="money",
            label="Cofinancement",
            value=300000,
            unit="€",
            source_title=cast.convention.source_title or "Communiqué",
        )
    return of_convention(cast) | {"pk": figure.pk}


def of_fiche(cast):
    """The fiche with something in each of its parts."""
    from ansanm.conventions.plan import news, operations

    officer = cast.convention.roles.get(role="city_officer").user
    arguments = of_action(cast)
    action = cast.convention.actions.get(pk=arguments["pk"])
    canary = cast.convention.source_title
    if not action.indicators.exists():
        words = f"Peu de jeux au Chaudron {canary}".strip()
        operations.update_action(
            by=officer,
            action=action,
            base_version=action.version,
            context=words,
            operations=[
                {"title": "Tournée", "description": words, "calendar": "2026"},
                {"title": "Formation", "funding_note": "4 500 € la session"},
            ],
            milestones=[
                {"title": "Camion acheté", "due": "2026-T1", "done_on": ""},
                {"title": "Première tournée", "due": ">2026-S2", "done_on": ""},
            ],
            indicators=[
                {
                    "label": f"Séances {canary}".strip(),
                    "unit": "séances",
                    "baseline_value": "4",
                    "baseline_on": "2024",
                    "targets": [{"value": "12", "text": "", "due": "2026"}],
                }
            ],
        )
        news.add_measure(by=officer, indicator=action.indicators.get(), measured_on="2025", value="8")
        news.add_progress(by=officer, action=action, text=f"Camion choisi {canary}", happened_on="2026-01")
        news.add_comment(by=officer, action=action, text=f"À revoir ensemble {canary}")
    return arguments


def of_note(cast):
    arguments = of_fiche(cast)
    return arguments | {"note": cast.convention.actions.get(pk=arguments["pk"]).progress_notes.first().pk}


def of_measure(cast):
    from ansanm.conventions.models import IndicatorMeasure

    arguments = of_fiche(cast)
    return arguments | {
        "measure": IndicatorMeasure.objects.filter(indicator__action=arguments["pk"]).first().pk
    }


def of_document(cast):
    from ansanm.conventions.models import ActionDocument, StoredFile

    arguments = of_fiche(cast)
    stored, _ = StoredFile.objects.get_or_create(
        convention=cast.convention,
        name=f"Bilan {cast.convention.source_title}.pdf",
        defaults={"content_type": "application/pdf", "n_bytes": 9, "sha256": "0" * 64},
    )
    document, _ = ActionDocument.objects.get_or_create(action_id=arguments["pk"], file=stored)
    return arguments | {"document": document.pk}


def of_contributor(cast):
    from datetime import timedelta

    from django.utils import timezone

    from ansanm.conventions.models import ContributorLink
    from ansanm.conventions.plan.contributors import digest

    arguments = of_fiche(cast)
    link, _ = ContributorLink.objects.get_or_create(
        token_sha256=digest(f"jeton-{cast.convention.slug}"),
        defaults={
            "action_id": arguments["pk"],
            "name": f"Les Filaos {cast.convention.source_title}".strip(),
            "expires_at": timezone.now() + timedelta(days=30),
        },
    )
    return arguments | {"link": link.pk}


def of_contribution(cast):
    of_contributor(cast)
    return {"token": f"jeton-{cast.convention.slug}"}


def of_proposal(cast):
    """The officer of the city proposes the Caf its own counterpart."""
    from ansanm.conventions.models import Proposal
    from ansanm.conventions.plan.operations import update_action

    arguments = of_fiche(cast)
    found = Proposal.objects.filter(action=arguments["pk"]).first()
    if found is None:
        action = cast.convention.actions.get(pk=arguments["pk"])
        (found,) = update_action(
            by=cast.convention.roles.get(role="city_officer").user,
            action=action,
            base_version=action.version,
            message=f"Pôle Nord, de source sûre {cast.convention.source_title}".strip(),
            caf_counterpart="Le pôle Nord",
        ).proposals
    return of_convention(cast) | {"pk": found.pk}


def of_proposed_fiche(cast):
    of_proposal(cast)
    of_document(cast)
    return of_fiche(cast)


def of_proposal_list(cast):
    of_proposal(cast)
    return of_convention(cast)


def of_contributor_page(cast):
    of_contributor(cast)
    return of_fiche(cast)


def of_draft(cast):
    """The text of the convention, taken by its officer on first use."""
    from ansanm.conventions.agreement import operations

    draft = operations.draft_of(cast.convention)
    if draft is None:
        draft = operations.take_draft(
            by=cast.convention.roles.get(role="city_officer").user,
            convention=cast.convention,
            title=f"Convention {cast.convention.source_title}".strip(),
        )
    return of_convention(cast) | {"number": draft.number}


def of_copy(cast):
    """The convention before, of which the same two officers are members."""
    from ansanm.conventions.models import Convention, ConventionRole

    before, is_new = Convention.objects.get_or_create(
        slug=f"{cast.convention.slug}-avant",
        defaults={"name": f"Convention précédente {cast.convention.source_title}".strip()},
    )
    if is_new:
        ConventionRole.objects.bulk_create(
            ConventionRole(convention=before, user=one.user, role=one.role)
            for one in cast.convention.roles.filter(role__in=["city_officer", "caf_adviser"])
        )
    return of_convention(cast) | {"previous": before.slug}


def of_contract(cast):
    title = f"Contrat de ville {cast.convention.source_title}".strip()
    contract, _ = cast.convention.linked_contracts.get_or_create(kind="contrat_de_ville", title=title)
    return of_convention(cast) | {"kind": "contrat", "pk": contract.pk}


def of_figure(cast):
    """A figure of the convention, declared by its officer on first use."""
    from ansanm.territories import declared

    figure = cast.convention.figures().first()
    if figure is None:
        figure = declared.declare_figure(
            by=cast.convention.roles.get(role="city_officer").user,
            territory=cast.convention.territories.get(),
            variable="eaje_places",
            period="2023-06",
            value=1895,
            # The canary of the other convention, if it has one.
            source_title=cast.convention.source_title or "Rapport d’activité",
            source_on=date(2023, 12, 31),
            convention=cast.convention,
        )
    return of_convention(cast) | {"pk": figure.pk}


def of_zoning(cast):
    from ansanm.territories.models import Zoning

    place = cast.convention.territories.get()
    zoning, _ = Zoning.objects.get_or_create(
        slug=f"{place.code}-quartiers",
        # The canary of the other convention, if it has one.
        defaults={
            "name": cast.convention.source_title or "Quartiers",
            "kind": "quartier",
            "scope_level": place.level,
            "scope_code": place.code,
        },
    )
    return of_convention(cast) | {"pk": zoning.pk}


def of_zonings(cast):
    of_zoning(cast)
    return of_convention(cast)


def of_lost_second_factor(cast):
    from allauth.mfa.models import Authenticator

    Authenticator.objects.get_or_create(user=cast.reader, type="totp", defaults={"data": {"secret": "x"}})
    return {"pk": cast.reader.pk}


def of_territory(cast, **more):
    return {"level": "commune", "slug": "97411-saint-denis"} | more


def of_zoning_file(cast):
    of_zoning(cast)
    return of_territory(cast, zoning="97411-quartiers", format="csv")


def of_saved_view(cast):
    from ansanm.conventions.models import SavedView

    view, _ = SavedView.objects.get_or_create(
        owner=cast.city_officer,
        name="Communes de l’île",
        defaults={
            "query": "niveau=commune&dans=departement:974&i=population",
            "convention": cast.convention,
        },
    )
    return {"pk": view.pk}


def of_job(cast):
    from ansanm.jobs.models import Job

    return {"pk": Job.objects.create(kind="data.ingest", requested_by=cast.administrator).pk}


EXAMPLES = subjects.EXAMPLES | {
    "action": of_proposed_fiche,
    "action_comment": of_fiche,
    "action_compare": of_fiche,
    "action_document": of_fiche,
    "action_document_remove": of_document,
    "action_edit": of_fiche,
    "action_history": of_fiche,
    "action_measure": of_fiche,
    "action_measure_remove": of_measure,
    "action_merge": of_fiche,
    "action_new": of_plan,
    "action_progress": of_fiche,
    "action_progress_remove": of_note,
    "action_restore": of_fiche,
    "contribute": of_contribution,
    "contributor_revoke": of_contributor,
    "contributors": of_contributor_page,
    "proposal": of_proposal,
    "proposal_accept": of_proposal,
    "proposal_discuss": of_proposal,
    "proposal_refuse": of_proposal,
    "proposal_withdraw": of_proposal,
    "proposals": of_proposal_list,
    "saved_view_change": of_saved_view,
    "saved_view_delete": of_saved_view,
    "saved_view_restore": of_saved_view,
    "job": of_job,
    "job_again": of_job,
    "job_cancel": of_job,
    # Its page has the most to show: what is synced has forms.
    "source": lambda cast: {"dataset": "cnaf_s_ben_com"},
    "source_import": lambda cast: {"dataset": "cnaf_s_ben_com"},
    "source_schedule": lambda cast: {"dataset": "cnaf_s_ben_com"},
    "source_sync": lambda cast: {"dataset": "etalab_decoupage"},
    "territory": of_territory,
    "territory_theme": lambda cast: of_territory(cast, theme="petite_enfance"),
    "territory_indicator": lambda cast: of_territory(cast, indicator="coverage_rate"),
    "territory_indicators": of_territory,
    "territory_members": of_territory,
    "territory_similar": of_territory,
    "api_similar": lambda cast: {"level": "commune", "code": "97411"},
    "api_territory": lambda cast: {"level": "commune", "code": "97411"},
    "explorer_export": lambda cast: {"format": "csv"},
    "territory_zonings": of_territory,
    "zoning_export": of_zoning_file,
    "funding_parameters_export": lambda cast: {"format": "csv"},
    "territory_export": lambda cast: of_territory(cast, format="json"),
    "agreement": of_convention,
    "agreement_copy": of_copy,
    "agreement_discard": of_draft,
    "agreement_draft": of_convention,
    "agreement_move": of_convention,
    "agreement_print": lambda cast: of_draft(cast) | {"format": "docx"},
    "agreement_row_add": lambda cast: of_convention(cast) | {"kind": "contrat"},
    "agreement_row_edit": of_contract,
    "agreement_row_remove": of_contract,
    "agreement_sign": of_draft,
    "agreement_start": of_convention,
    "agreement_start_themes": of_convention,
    "agreement_version": of_draft,
    "convention": of_convention,
    "convention_edit": of_convention,
    "convention_figures": of_convention,
    "convention_file": of_file,
    "convention_journal": of_convention,
    "convention_member_change": of_member,
    "convention_member_remove": of_member,
    "convention_members": of_convention,
    "convention_zonings": of_zonings,
    "zoning_compose": of_convention,
    "zoning_delete": of_zoning,
    "zoning_import": of_convention,
    "zoning_keep": of_convention,
    "zoning_restore": of_zoning,
    "figure": of_figure,
    "figure_correct": of_figure,
    "figure_declare": of_convention,
    "figure_withdraw": of_figure,
    "figures_export": lambda cast: of_convention(cast) | {"format": "csv"},
    "figures_import": of_convention,
    "figures_import_keep": of_convention,
    "figures_import_marked": of_convention,
    "figures_template": of_convention,
    "plan": of_plan,
    "action_export": lambda cast: of_action(cast) | {"format": "docx"},
    "plan_actor": of_actor,
    "plan_actor_delete": of_actor,
    "plan_actor_merge": of_actor,
    "plan_actors": of_actors,
    "plan_bin": of_bin,
    "plan_board": of_plan,
    "plan_bulk": of_plan,
    "plan_calendar": of_plan,
    "plan_cell": lambda cast: of_action(cast) | {"field": "status"},
    "plan_cell_back": lambda cast: of_action(cast) | {"field": "status"},
    "plan_delete": of_plan,
    "plan_export": lambda cast: of_plan(cast) | {"format": "xlsx"},
    "plan_consistency": of_plan,
    "plan_consistency_export": lambda cast: of_plan(cast) | {"format": "csv"},
    "plan_import": of_convention,
    "plan_import_again": of_convention,
    "plan_import_done": of_import,
    "plan_import_keep": of_convention,
    "plan_import_marked": of_convention,
    "plan_import_template": of_convention,
    "plan_map": of_plan,
    "plan_move": of_plan,
    "plan_node": of_node,
    "plan_node_delete": of_node,
    "plan_node_new": of_convention,
    "plan_pilots": of_plan,
    "plan_progress": of_plan,
    "plan_restore": of_binned,
    "plan_shift": of_convention,
    "plan_status": of_action,
    "plan_table": of_plan,
    "plan_theme": of_theme,
    "plan_theme_delete": of_theme,
    "plan_themes": of_themes,
    "plan_timeline": of_plan,
    "plan_tree": of_tree,
    "plan_undo": of_bulk,
    "conventions_export": lambda cast: {"format": "csv"},
    "mail_again": of_mail,
    "action_follow": of_action,
    "calendar_feed": of_feed,
    "comment_edit": of_comment,
    "comment_remove": of_comment,
    "feed_revoke": of_own_feed,
    "mail_stop": of_mail_stop,
    "reported_figures": of_convention,
    "reported_add": of_convention,
    "reported_edit": of_reported,
    "reported_remove": of_reported,
    "party_add": of_convention,
    "party_edit": of_party,
    "party_remove": of_party,
    "account_reset_password_from_key": lambda cast: {"uidb36": "1", "key": "set-password"},
    "mfa_remove_webauthn": lambda cast: {"pk": 1},
    "mfa_edit_webauthn": lambda cast: {"pk": 1},
    "organisation": lambda cast: {"pk": cast.reader.organisation.pk},
    "person": lambda cast: {"pk": cast.reader.pk},
    "person_invite": lambda cast: {"pk": cast.reader.pk},
    "person_second_factor": of_lost_second_factor,
    "person_state": lambda cast: {"pk": cast.reader.pk},
}
