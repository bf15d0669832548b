"""What anybody may read and answer, without an account."""

urlpatterns: list = []
