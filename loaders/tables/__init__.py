"""The canonical tables: a folder or zip of CSV files, one table per kind of record."""
