"""Calendar feeds: one address whatever the language, which is that of its owner."""

from django.urls import path

from ansanm.conventions.plan import feed_views

urlpatterns = [path("<str:token>.ics", feed_views.calendar_feed, name="calendar_feed")]
