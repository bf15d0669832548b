"""A plan as others wrote it: a workbook, a CSV, the tables of a Word document, read into drafts.

guards refuses what must not be opened; xlsx, csv and docx give grids of cells with their addresses;
source finds the list or the fiches in them; matching says which heading is which field; values read
what a cell says; drafts makes fiches of it all. Nothing here touches the database.
"""
