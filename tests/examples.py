"""An example of each address that takes arguments: url name -> function of the cast -> its arguments.

The rights matrix and the accessibility tests visit every address of the resolver; the owner of a view
adds its line here, and a missing one fails. Where an address belongs to a convention, say it of
`cast.convention` alone: the matrix exchanges the two conventions of the cast to get the other's.
"""

from datetime import date


def of_convention(cast):
    return {"slug": cast.convention.slug}


def of_member(cast):
    return of_convention(cast) | {"pk": cast.convention.roles.last().pk}


def of_party(cast):
    return of_convention(cast) | {"pk": cast.convention.parties.first().pk}


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


def of_job(cast):
    from ansanm.jobs.models import Job

    return {"pk": Job.objects.create(kind="data.ingest", requested_by=cast.administrator).pk}


EXAMPLES = {
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
    "funding_parameters_export": lambda cast: {"format": "csv"},
    "territory_export": lambda cast: of_territory(cast, format="json"),
    "convention": of_convention,
    "convention_edit": of_convention,
    "convention_figures": of_convention,
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
