from django.urls import path

from ansanm.jobs import views

urlpatterns = [
    path("", views.job_list, name="jobs"),
    path("<int:pk>/", views.job, name="job"),
    path("<int:pk>/annuler/", views.job_cancel, name="job_cancel"),
    path("<int:pk>/relancer/", views.job_again, name="job_again"),
]
