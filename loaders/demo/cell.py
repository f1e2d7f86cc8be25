"""A production cell: its places, its stock between campaigns, and how it names things."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from loaders.demo.clock import day_code
from loaders.demo.company import MAKER, Party, Product, sscc
from loaders.demo.ledger import Node

#: What a campaign leaves behind is kept only this far: older leftovers are scrapped.
KEPT_LOTS = 3

LINES = (
    ("COMP", "Compounding line", "造粒线", "line"),
    ("MOLD1", "Moulding machine 1", "注塑机 1", "line"),
    ("MOLD2", "Moulding machine 2", "注塑机 2", "line"),
    ("EXTR", "Extrusion line", "挤出线", "line"),
    ("ASSY", "Assembly line", "装配线", "line"),
    ("PUMPS", "Pump line", "泵装配线", "line"),
    ("EO", "Ethylene oxide chamber", "环氧乙烷灭菌柜", "equipment"),
    ("PACK", "Packing line", "包装线", "line"),
    ("COLD", "Cold store", "冷库", "cold_store"),
    ("RETURNS", "Returns area", "退货区", "warehouse"),
    ("WH", "Warehouse", "成品仓库", "warehouse"),
)
_SITE_CELLS = 8


@dataclass(slots=True)
class Cell:
    """One cell of the maker's plants; ``stock`` is what earlier campaigns have left."""

    number: int
    stock: dict[str, list[Node]] = field(default_factory=dict)
    serials: int = 0

    def place(self, line: str) -> str:
        """The id of one of the cell's lines, machines or stores."""
        return f"place:{MAKER}-{self.number + 1:03}-{line}"

    @property
    def site(self) -> str:
        """The id of the site the cell belongs to."""
        return site_id(self.number)

    def unit(self) -> str:
        """The id of the next case or pallet: an SSCC of its own."""
        self.serials += 1
        return f"(00){sscc(self.number * 10**6 + self.serials)}"

    def lot(self, product: Product, at: int, letter: str) -> Node:
        """A lot of a product made here: coded by day, cell and letter."""
        code = f"{day_code(at)}{self.number + 1:03}{letter}"
        return Node(lot_ref(MAKER, product, code), 0, product)

    def bought(self, product: Product, supplier: Party, at: int, amount: int) -> Node:
        """A supplier's lot; suppliers of one material code their lots alike, by day."""
        code = f"{day_code(at)}{self.number + 1:04}"
        return Node(lot_ref(supplier.code, product, code), amount, product)

    def clear(self, kept: set[str]) -> None:
        """Scrap what is in stock of all products but those kept."""
        self.stock = {code: lots for code, lots in self.stock.items() if code in kept}

    def put(self, product: Product, lots: list[Node]) -> None:
        """Add lots to stock, the newest last; only the last few with anything left are kept."""
        held = [lot for lot in self.stock.get(product.code, []) if lot.left > 0]
        self.stock[product.code] = [*held, *lots][-KEPT_LOTS:]

    def take(self, product: Product, amount: int) -> Iterator[tuple[Node, int]]:
        """Lots, oldest first, and how much to take of each, up to the amount or all there is."""
        for lot in list(self.stock.get(product.code, [])):
            part = min(lot.left, amount)
            if part > 0:
                amount -= part
                yield lot, part


def site_id(cell: int) -> str:
    """The site of a cell: every site has a few cells."""
    return f"place:{MAKER}-SITE-{cell // _SITE_CELLS + 1}"


def lot_ref(assigner: str, product: Product, code: str) -> str:
    """The id of a lot, as the identity rules have it."""
    if product.has_gtin:
        return f"(01){product.code}(10){code}"
    return f"lot:{assigner}:{product.code}:{code}"


def lot_cells(lot: Node) -> dict[str, str]:
    """The columns that name a lot in the lots table."""
    if lot.product is not None and lot.product.has_gtin:
        code = lot.ref.rpartition("(10)")[2]
        return {"assigner_id": MAKER, "product_id": lot.product.code, "lot_code": code}
    _, assigner, product, code = lot.ref.split(":", 3)
    return {"assigner_id": assigner, "product_id": product, "lot_code": code}
