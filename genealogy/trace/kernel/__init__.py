"""The walk itself, on whole numbers in columns.

Nodes, edges and labels are numbers, and what is known of them stands in columns:
lists where a database is read level by level, arrays where a snapshot is walked. The
text runs as Python and, with the same globals bound to compiled ones, under numba; so
it allocates nothing, calls nothing but what is here, and leaves room in columns to its
caller.

The edges of a node are its row: first those that rays walk, from ``begin`` to
``split``, then those that pieces walk inward, to ``stop``. Each part is sorted by when
its edges open, close, and by id. What is past ``settled`` edges from the end of the
first part has given all it can: it opens at or after a ray came.
"""
