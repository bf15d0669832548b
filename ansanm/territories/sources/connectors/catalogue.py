"""The connectors there are: importing a module registers its own."""
