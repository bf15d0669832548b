"""Where the « stop » link of a mail leads, with no account asked."""

from django.urls import path

from ansanm.conventions.plan import mail_views

urlpatterns = [path("<str:token>/", mail_views.mail_stop, name="mail_stop")]
