"""Resources of the API, one module a noun."""
