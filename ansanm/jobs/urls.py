from django.urls import path

from ansanm.jobs import mail_views, views

urlpatterns = [
    path("", views.job_list, name="jobs"),
    path("messages/", mail_views.mails, name="mails"),
    path("messages/<int:pk>/renvoyer/", mail_views.again, name="mail_again"),
    path("<int:pk>/", views.job, name="job"),
    path("<int:pk>/annuler/", views.job_cancel, name="job_cancel"),
    path("<int:pk>/relancer/", views.job_again, name="job_again"),
]
