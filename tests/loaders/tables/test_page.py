"""The page that describes the tables says what the loader reads."""

from __future__ import annotations

from loaders.tables.declared import TABLES
from loaders.tables.dictionary import SPELLING, Type
from loaders.tables.facts import LINKS
from loaders.tables.movements import MOVEMENTS
from loaders.tables.page import PAGE, tables_page


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == tables_page(), "run: python -m loaders.tables.page"


def test_the_page_names_every_table_and_column() -> None:
    page = tables_page()
    for table in TABLES.values():
        assert f"## {table.name}\n" in page
        for column in table.columns:
            assert f"| {column.name} |" in page


def test_every_type_is_spelt_out() -> None:
    assert set(SPELLING) == set(Type)


def test_declarations_only_name_columns_that_exist() -> None:
    for table in TABLES.values():
        windows = [name for pair in table.windows for name in pair]
        for name in (*table.names, *table.instead, *windows, *LINKS.get(table.name, {})):
            assert table.column(name) is not None, (table.name, name)


def test_mappings_only_name_columns_that_exist() -> None:
    for name, movement in MOVEMENTS.items():
        used = (movement.source, movement.target, movement.occurred)
        for column in (*used, *filter(None, (movement.since, movement.until))):
            assert TABLES[name].column(column) is not None, (name, column)


def test_every_movement_table_has_a_mapping() -> None:
    special = {"vessel_moves"}
    assert {t.name for t in TABLES.values() if t.movement} == MOVEMENTS.keys() | special
