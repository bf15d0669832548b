"""One fiche: read, written, merged, proposed, brought back."""

from django.urls import path

from ansanm.conventions.plan import (
    contributor_views,
    fiche_views,
    history_views,
    news_views,
    proposal_views,
)

FICHE = "fiches/<int:pk>/"
PROPOSAL = "propositions/<int:pk>/"

urlpatterns = [
    path("fiches/ouvrir/", fiche_views.action_new, name="action_new"),
    path(FICHE, fiche_views.action, name="action"),
    path(f"{FICHE}modifier/", fiche_views.action_edit, name="action_edit"),
    path(f"{FICHE}joindre/", fiche_views.action_merge, name="action_merge"),
    path(f"{FICHE}historique/", history_views.action_history, name="action_history"),
    path(f"{FICHE}historique/comparer/", history_views.action_compare, name="action_compare"),
    path(f"{FICHE}historique/reprendre/", history_views.action_restore, name="action_restore"),
    path(f"{FICHE}nouvelles/", news_views.progress, name="action_progress"),
    path(
        f"{FICHE}nouvelles/<int:note>/retirer/",
        news_views.progress_remove,
        name="action_progress_remove",
    ),
    path(f"{FICHE}mesures/", news_views.measure, name="action_measure"),
    path(
        f"{FICHE}mesures/<int:measure>/retirer/",
        news_views.measure_remove,
        name="action_measure_remove",
    ),
    path(f"{FICHE}documents/", news_views.document, name="action_document"),
    path(
        f"{FICHE}documents/<int:document>/retirer/",
        news_views.document_remove,
        name="action_document_remove",
    ),
    path(f"{FICHE}commenter/", news_views.comment, name="action_comment"),
    path(f"{FICHE}liens/", contributor_views.contributors_of, name="contributors"),
    path(
        f"{FICHE}liens/<int:link>/revoquer/", contributor_views.contributor_revoke, name="contributor_revoke"
    ),
    path("propositions/", proposal_views.proposals, name="proposals"),
    path(PROPOSAL, proposal_views.proposal, name="proposal"),
    path(f"{PROPOSAL}accepter/", proposal_views.proposal_accept, name="proposal_accept"),
    path(f"{PROPOSAL}refuser/", proposal_views.proposal_refuse, name="proposal_refuse"),
    path(f"{PROPOSAL}retirer/", proposal_views.proposal_withdraw, name="proposal_withdraw"),
    path(f"{PROPOSAL}discuter/", proposal_views.proposal_discuss, name="proposal_discuss"),
]
