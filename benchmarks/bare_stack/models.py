from django.db import models


class Action(models.Model):
    title = models.CharField(max_length=200)
    owner = models.CharField(max_length=100)
    starts_on = models.DateField()
    ends_on = models.DateField()
    amount = models.FloatField()
    status = models.CharField(max_length=20)

    class Meta:
        app_label = "bare_stack"

    def __str__(self):
        return self.title
