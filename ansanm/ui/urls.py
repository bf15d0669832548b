from django.urls import path

from ansanm.ui import views

urlpatterns = [path("", views.gallery, name="gallery")]
