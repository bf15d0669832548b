"""Writers of documents and sheets: no model, no view, the same blocks whatever the format."""
