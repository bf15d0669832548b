"""What one's own comments allow, and the button that follows a fiche."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.forms import with_errors
from ansanm.conventions.models import Comment
from ansanm.conventions.plan import follows, talk
from ansanm.conventions.plan.fiche_views import find_action
from ansanm.conventions.plan.houses import house_of
from ansanm.conventions.plan.news_forms import CommentForm
from ansanm.conventions.plan.news_views import COMMENT_FIELDS, small_form
from ansanm.conventions.plan.operations import NotYours, TooLate
from ansanm.conventions.plan.telling import page_of
from ansanm.conventions.views import find


def find_comment(request, pk) -> Comment:
    """One that this person may read; a private note of the other house is not there."""
    readable = Comment.objects.visible_to_house(house_of(request.user, request.convention))
    standing = readable.filter(action__convention=request.convention, action__deleted_at__isnull=True)
    return get_object_or_404(standing.select_related("action__convention"), pk=pk)


def back(request, comment):
    return redirect(page_of(comment, request.convention))


@requires(Permission.PLAN_COMMENT, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, slug, pk):
    comment = find_comment(request, pk)
    shown = {"text": comment.text, "cited": [one.pk for one in comment.mentions.all()]}
    form = CommentForm(
        request.POST or None,
        convention=request.convention,
        user=request.user,
        comment=comment,
        initial=shown,
    )
    if comment.by_id != request.user.pk or comment.deleted_at:
        messages.error(request, _("Seule la personne qui a écrit un commentaire peut le corriger."))
        return back(request, comment)
    if request.method == "POST" and form.is_valid():
        try:
            talk.edit_comment(by=request.user, comment=comment, **form.cleaned_data)
        except ValidationError as error:
            with_errors(form, error)
        except TooLate:
            messages.error(
                request,
                _("Plus de dix minutes ont passé, d’autres ont pu répondre\u00a0: écrivez un autre message."),
            )
            return back(request, comment)
        else:
            messages.success(request, _("Votre commentaire est corrigé."))
            return back(request, comment)
    return small_form(
        request,
        comment.action,
        form,
        _("Corriger mon commentaire"),
        _("Enregistrer ce commentaire"),
        fields=COMMENT_FIELDS,
    )


@requires(Permission.PLAN_COMMENT, on=find)
@require_POST
def remove(request, slug, pk):
    comment = find_comment(request, pk)
    try:
        talk.remove_comment(by=request.user, comment=comment)
    except NotYours:
        messages.error(request, _("Seule la personne qui l’a écrit peut le retirer."))
    else:
        messages.success(request, _("Votre commentaire est retiré\u00a0: ses mots sont effacés."))
    return back(request, comment)


@requires(Permission.CONVENTION_READ, on=find)
@require_POST
def follow(request, slug, pk):
    action = find_action(request, pk)
    if request.POST.get("follow") == "1":
        follows.follow(by=request.user, action=action)
        messages.success(request, _("Vous suivez cette fiche\u00a0: vous saurez ce qui y change."))
    else:
        follows.unfollow(by=request.user, action=action)
        messages.success(request, _("Vous ne suivez plus cette fiche."))
    # Asked from the list of what one follows, back to it.
    back_to = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back_to, allowed_hosts=None):
        return redirect(back_to)
    return redirect(action)
