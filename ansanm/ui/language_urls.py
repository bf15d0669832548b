from django.urls import path

from ansanm.ui import views

urlpatterns = [path("", views.set_language, name="set_language")]
