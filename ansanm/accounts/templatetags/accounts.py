"""Form controls that wear the classes of the theme."""

from django import forms, template

register = template.Library()


@register.filter
def control(field):
    """The widget of a bound field, as the theme draws it."""
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return field.as_widget(attrs={"class": "form-check-input"})
    if isinstance(widget, forms.Select):
        return field.as_widget(attrs={"class": "form-select"})
    # allauth repeats the label as a placeholder, which vanishes once one types: the label stays alone.
    widget.attrs.pop("placeholder", None)
    return field.as_widget(attrs={"class": "form-control"})


@register.filter
def is_checkbox(field):
    return isinstance(field.field.widget, forms.CheckboxInput)
