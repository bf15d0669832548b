from django.urls import path

from ansanm.conventions.finance import circuit_views, sheet_views


def of_sheet(kind: str, at: str) -> list:
    """The addresses of a sheet of rows, under `at`."""
    extra = {"kind": kind}
    name = f"funding_{kind}"
    return [
        path(f"{at}/ajouter/", sheet_views.edit, extra, name=f"{name}_add"),
        path(f"{at}/lignes/<slug:key>/", sheet_views.edit, extra, name=f"{name}_row"),
        path(f"{at}/lignes/<slug:key>/retirer/", sheet_views.remove, extra, name=f"{name}_remove"),
        path(f"{at}/equipements/", sheet_views.take, extra, name=f"{name}_take"),
        path(f"{at}/importer/", sheet_views.read, extra, name=f"{name}_import"),
        path(f"{at}/importer/enregistrer/", sheet_views.keep, extra, name=f"{name}_keep"),
        path(f"{at}/modele.xlsx", sheet_views.template, extra, name=f"{name}_template"),
    ]


urlpatterns = [
    path("circuit-court/", circuit_views.circuit, name="funding_circuit"),
    path("circuit-court/calendrier/", circuit_views.circuit_settings, name="funding_circuit_settings"),
    path("circuit-court/export.<slug:format>", circuit_views.circuit_export, name="funding_circuit_export"),
    *of_sheet("circuit", "circuit-court"),
    path("bonus-territoire/", circuit_views.territory, name="funding_territory"),
    path("bonus-territoire/reglages/", circuit_views.territory_settings, name="funding_territory_settings"),
    path(
        "bonus-territoire/export.<slug:format>",
        circuit_views.territory_export,
        name="funding_territory_export",
    ),
    *of_sheet("territory", "bonus-territoire"),
]
