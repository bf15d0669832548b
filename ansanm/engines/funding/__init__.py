"""The money of a CTG: rates and amounts of the law, and rules that explain what they compute."""
