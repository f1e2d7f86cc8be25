"""The flow graph as arrays in files: walked without asking the database."""
