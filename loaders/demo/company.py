"""Who and what there is in the demo company; every name is invented.

GS1 numbers use company prefix 9506000, which lies in a range that GS1 keeps for
its own demonstrations.
"""

from __future__ import annotations

from dataclasses import dataclass

from genealogy.model.identifiers import with_check_digit

PREFIX = "9506000"


@dataclass(frozen=True, slots=True)
class Product:
    """One material; with a reference number it is a GTIN product."""

    code: str
    name: str
    name_zh: str
    uom: str
    kind: str
    line: str = ""

    @property
    def has_gtin(self) -> bool:
        """Whether its lots and items are named by GTIN."""
        return len(self.code) == 14


@dataclass(frozen=True, slots=True)
class Party:
    """A supplier, distributor, hospital or carrier; zone is hours east of Greenwich."""

    code: str
    name: str
    name_zh: str
    roles: str
    country: str
    zone: int = 8


def gtin(reference: int) -> str:
    """A GTIN-14 of the demo prefix."""
    return with_check_digit(f"0{PREFIX}{reference:05}")


def gln(reference: int) -> str:
    """A GLN of the demo prefix."""
    return with_check_digit(f"{PREFIX}{reference:05}")


def sscc(serial: int) -> str:
    """An SSCC of the demo prefix; serials beyond nine digits go on in the extension digit."""
    extension, reference = divmod(serial, 10**9)
    return with_check_digit(f"{extension}{PREFIX}{reference:09}")


PVC = Product("RM-201", "Medical PVC compound", "医用聚氯乙烯粒料", "KGM", "raw")
ABS = Product("RM-204", "ABS resin, clear", "透明 ABS 树脂", "KGM", "raw")
DYE = Product("RM-215", "Masterbatch, amber", "琥珀色母粒", "KGM", "raw")
GLUE = Product("RM-230", "UV adhesive", "紫外固化胶", "GRM", "raw")
MEMBRANE = Product("RM-241", "Filter membrane 15 µm", "15 微米滤膜", "MTK", "raw")
BOARD = Product("CP-305", "Pump control board", "注射泵控制板", "H87", "component")
MOTOR = Product("CP-311", "Stepper motor", "步进电机", "H87", "component")
POUCH = Product("PK-402", "Sterile pouch", "灭菌纸塑袋", "H87", "packaging")
GRANULATE = Product("SF-101", "Granulate, amber", "琥珀色造粒料", "KGM", "semi_finished")
CHAMBER = Product("SF-120", "Drip chamber", "滴斗", "H87", "semi_finished")
CONNECTOR = Product("SF-124", "Luer connector", "鲁尔接头", "H87", "semi_finished")
HOUSING = Product("SF-128", "Pump housing", "注射泵外壳", "H87", "semi_finished")
TUBE = Product("SF-140", "Tubing 3.0 x 4.1 mm", "软管 3.0 x 4.1 毫米", "MTR", "semi_finished")
DRIP_SET = Product("SF-160", "Drip chamber with filter", "带滤膜滴斗组件", "H87", "semi_finished")
SET_RAW = Product("SF-180", "Infusion set, unsterile", "未灭菌输液器", "H87", "semi_finished")
LINE_RAW = Product("SF-184", "Extension line, unsterile", "未灭菌延长管", "H87", "semi_finished")
SET = Product(gtin(101), "Infusion set LD-150", "避光输液器 LD-150", "H87", "finished", "infusion")
SET_OEM = Product(gtin(102), "Infusion set Solvita", "索维塔输液器", "H87", "finished", "infusion")
LINE = Product(gtin(110), "Extension line EL-90", "延长管 EL-90", "H87", "finished", "infusion")
PUMP = Product(gtin(201), "Syringe pump SP-7", "注射泵 SP-7", "H87", "finished", "pumps")

PRODUCTS = (
    PVC,
    ABS,
    DYE,
    GLUE,
    MEMBRANE,
    BOARD,
    MOTOR,
    POUCH,
    GRANULATE,
    CHAMBER,
    CONNECTOR,
    HOUSING,
    TUBE,
    DRIP_SET,
    SET_RAW,
    LINE_RAW,
    SET,
    SET_OEM,
    LINE,
    PUMP,
)

MAKER = "CQ"
SUPPLIERS = (
    Party("SUP-017", "Rheinharz Polymer GmbH", "莱茵树脂有限公司", "supplier", "DE", 1),
    Party("SUP-022", "Ningbo Haisu Plastics", "宁波海塑新材料", "supplier", "CN"),
    Party("SUP-031", "Colorin Masterbatch", "科乐母粒", "supplier", "NL", 1),
    Party("SUP-036", "Brightbond Adhesives", "亮邦胶粘剂", "supplier", "US", -5),
    Party("SUP-040", "Membrana Nord AB", "北方膜材", "supplier", "SE", 1),
    Party("SUP-052", "Shenzhen Xinlu Electronics", "深圳芯路电子", "supplier", "CN"),
    Party("SUP-055", "Kawabe Motor", "川边电机", "supplier", "JP", 9),
    Party("SUP-061", "Suzhou Jiebao Packaging", "苏州洁包", "supplier", "CN"),
)
#: Who supplies what; two suppliers of one resin date their lots alike, as happens.
SOURCES: dict[Product, tuple[Party, ...]] = {
    PVC: (SUPPLIERS[0], SUPPLIERS[1]),
    ABS: (SUPPLIERS[0], SUPPLIERS[1]),
    DYE: (SUPPLIERS[2],),
    GLUE: (SUPPLIERS[3],),
    MEMBRANE: (SUPPLIERS[4],),
    BOARD: (SUPPLIERS[5],),
    MOTOR: (SUPPLIERS[6],),
    POUCH: (SUPPLIERS[7],),
}
CARRIERS = (
    Party("CAR-1", "Yunda Cold Chain", "云达冷链", "carrier", "CN"),
    Party("CAR-2", "Hansa Medical Freight", "汉萨医药物流", "carrier", "DE", 1),
)
DISTRIBUTORS = (
    Party("DIS-01", "Huadong Meditrade", "华东医贸", "customer", "CN"),
    Party("DIS-02", "Lingnan Healthcare Supply", "岭南医疗供应链", "customer", "CN"),
    Party("DIS-03", "Medikontor Nord GmbH", "北方医疗贸易", "customer", "DE", 1),
    Party("DIS-04", "Iberomed Distribución", "伊比利亚医疗分销", "customer", "ES", 1),
)
_TOWNS = (
    ("Linjiang", "临江", "CN", 8),
    ("Qinghe", "清河", "CN", 8),
    ("Baiyun", "白云", "CN", 8),
    ("Nanhu", "南湖", "CN", 8),
    ("Birkenau", "比肯瑙", "DE", 1),
    ("Valmora", "瓦尔莫拉", "ES", 1),
)
_HOUSES = (
    ("People's Hospital", "人民医院"),
    ("Women and Children's Hospital", "妇幼保健院"),
    ("Chest Hospital", "胸科医院"),
    ("General Hospital", "总医院"),
    ("University Clinic", "大学附属医院"),
)


def hospital(number: int) -> Party:
    """The hospital of that number (0 = first); any number exists."""
    town, town_zh, country, zone = _TOWNS[number % len(_TOWNS)]
    house, house_zh = _HOUSES[number // len(_TOWNS) % len(_HOUSES)]
    series = number // (len(_TOWNS) * len(_HOUSES))
    name = f"{town} {house}" + (f" No. {series + 1}" if series else "")
    name_zh = f"{town_zh}{house_zh}" + (f"第{series + 1}院区" if series else "")
    return Party(f"HOS-{number + 1:04}", name, name_zh, "customer", country, zone)
