"""The address plan. Each app owns its own part; languages are prefixes, French has none."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

urlpatterns = [
    path("langue/", include("ansanm.ui.language_urls")),
    path("api/v1/", include("ansanm.territories.api_urls")),
    path("calendrier/", include("ansanm.conventions.plan.feed_urls")),
    *i18n_patterns(
        path("", include("ansanm.pages.urls")),
        path("compte/", include("ansanm.accounts.urls")),
        path("territoires/", include("ansanm.territories.urls")),
        path("financements/", include("ansanm.funding.urls")),
        path("travaux/", include("ansanm.jobs.urls")),
        path("conventions/", include("ansanm.conventions.urls")),
        path("contribuer/", include("ansanm.conventions.plan.contributor_urls")),
        path("convocation/", include("ansanm.conventions.governance.answer_urls")),
        path("consultation/", include("ansanm.conventions.concertation.public_urls")),
        path("courrier/", include("ansanm.conventions.plan.mail_urls")),
        path("vues/", include("ansanm.conventions.saved_view_urls")),
        path("ui/", include("ansanm.ui.urls")),
        prefix_default_language=False,
    ),
]
handler400 = "ansanm.ui.views.bad_request"
handler403 = "ansanm.ui.views.forbidden"
handler404 = "ansanm.ui.views.not_found"
# Not one of Django's: allauth looks for it.
handler429 = "ansanm.ui.views.too_many_requests"
handler500 = "ansanm.ui.views.server_error"
