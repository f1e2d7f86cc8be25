"""Every spelling of a thing's name leads to one canonical id, and wrong ones are refused."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genealogy.model.facts import NodeId
from genealogy.model.identifiers import (
    InvalidIdentifier,
    canonical,
    code_key,
    has_check_digit,
    item_id,
    lot_id,
    product_of,
    readings,
    spellings,
    unlotted_id,
    with_check_digit,
)
from genealogy.model.identifiers.urn import to_urn
from genealogy.model.names import Label

GS1_TEXT = "".join(chr(c) for c in range(0x21, 0x7F) if chr(c) not in '#$@[\\]^`{|}~"')
codes = st.text(GS1_TEXT, min_size=1, max_size=20)
gtin_bodies = st.text("0123456789", min_size=13, max_size=13)
company_lengths = st.integers(6, 12)

SAME_THING = [
    ("urn:epc:id:sgtin:0614141.107346.2017", "(01)10614141073464(21)2017", Label.ITEM),
    ("https://id.gs1.org/01/10614141073464/21/2017", "(01)10614141073464(21)2017", Label.ITEM),
    ("urn:epc:class:lgtin:4012345.012345.998877", "(01)04012345123456(10)998877", Label.LOT),
    ("http://shop.example/x/gtin/4012345123456/lot/998877", "(01)04012345123456(10)998877", None),
    ("010401234512345610998877", "(01)04012345123456(10)998877", Label.LOT),
    ("]d2010401234512345610998877", "(01)04012345123456(10)998877", Label.LOT),
    ("(01) 04012345123456 (10) 998877", "(01)04012345123456(10)998877", Label.LOT),
    ("lot:S-1:4012345123456:998877", "(01)04012345123456(10)998877", Label.LOT),
    ("https://id.gs1.org/414/0614141073467/254/0", "(414)0614141073467", Label.PLACE),
    ("urn:epc:id:gid:95100000.12345.400", "item:urn:epc:id:gid:95100000.12345.400", None),
    ("urn:epc:id:bic:CSQU3054383", "unit:urn:epc:id:bic:CSQU3054383", None),
    ("urn:epc:idpat:sgtin:0614141.107346.*", "(01)10614141073464", Label.PRODUCT),
    ("urn:epc:id:sscc:0614141.1234567890", "(00)106141412345678908", Label.UNIT),
    ("https://id.gs1.org/00/106141412345678908?exp=1", "(00)106141412345678908", Label.UNIT),
    ("00106141412345678908", "(00)106141412345678908", Label.UNIT),
    ("urn:epc:id:sgln:0614141.07346.1234", "(414)0614141073467(254)1234", Label.PLACE),
    ("urn:epc:id:sgln:0614141.07346.0", "(414)0614141073467", Label.PLACE),
    ("https://id.gs1.org/414/0614141073467/254/1234", "(414)0614141073467(254)1234", Label.PLACE),
    ("urn:epc:id:pgln:9520001.11111", "(417)9520001111112", Label.PARTY),
    ("urn:epc:id:pgln:999999999999.", "(417)9999999999994", Label.PARTY),
    ("urn:epc:id:grai:4012345.02222.987", "(8003)04012345022223987", Label.UNIT),
    ("https://id.gs1.org/8003/4012345022223987", "(8003)04012345022223987", Label.UNIT),
    ("urn:epc:idpat:grai:4012345.66666.*", "(8003)04012345666663", Label.PRODUCT),
    ("urn:epc:id:giai:123456.7", "(8004)1234567", Label.ITEM),
    ("urn:epc:id:cpi:3813667.83201294-5A.489332", "(8010)381366783201294-5A(8011)489332", None),
    ("urn:epc:id:gdti:4012345.00009.PO-4711", "(253)4012345000092PO-4711", Label.ITEM),
    ("urn:epc:id:gsrn:4012345.0000006765", "(8018)401234500000067657", Label.PARTY),
    ("urn:epc:id:gsrnp:4012345.0000000007", "(8017)401234500000000074", Label.PARTY),
    ("urn:epc:id:ginc:0614141.xyz47%2F11", "(401)0614141xyz47/11", Label.UNIT),
    ("urn:epc:id:gsin:4012345.222333444", "(402)40123452223334442", Label.UNIT),
    ("urn:epc:id:itip:4012345.011111.01.02.987", "(8006)040123451111180102(21)987", None),
    ("urn:epc:id:upui:4012345.012345.AB12", "(01)04012345123456(235)AB12", Label.ITEM),
    ("urn:epc:id:sgcn:4012345.99999.44", "(255)401234599999044", Label.ITEM),
    ("batch:WO-1", "batch:WO-1", Label.BATCH),
    ("event:urn:uuid:1", "event:urn:uuid:1", Label.EVENT),
    ("unlotted:(01)04012345123456", "unlotted:(01)04012345123456", Label.LOT),
    ("unlotted:4012345123456", "unlotted:(01)04012345123456", Label.LOT),
    (
        "urn:gdst:x.org:product:lot:class:hatchery.1u.tf1",
        "lot:urn:gdst:x.org:product:lot:class:hatchery.1u.tf1",
        Label.LOT,
    ),
]


@pytest.mark.parametrize(("text", "node_id", "kind"), SAME_THING)
def test_each_form_leads_to_the_canonical_id(text: str, node_id: str, kind: Label | None) -> None:
    found = canonical(text)

    assert found.node_id == node_id
    assert kind in (None, found.kind)
    assert found.spelling == text


@pytest.mark.parametrize(("text", "node_id", "kind"), SAME_THING)
def test_the_canonical_id_is_its_own_canonical_id(
    text: str, node_id: str, kind: Label | None
) -> None:
    assert canonical(node_id).node_id == node_id
    assert canonical(node_id).kind is canonical(text).kind


@pytest.mark.parametrize(
    ("body", "digit"),
    [("061414110734", "6"), ("401234500000", "9"), ("10614141234567890", "8")],
)
def test_check_digits_match_published_vectors(body: str, digit: str) -> None:
    assert with_check_digit(body) == body + digit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(01)09520123456789(10)A1", "8"),
        ("https://id.gs1.org/01/09520123456789/10/A1", "8"),
        ("(00)106141412345678901", "8"),
        ("https://id.gs1.org/414/0614141073461", "7"),
        ("https://id.example.com/8003/030013450007718765", "6"),
    ],
)
def test_a_wrong_check_digit_is_refused_and_the_right_one_told(text: str, expected: str) -> None:
    with pytest.raises(InvalidIdentifier) as caught:
        canonical(text)

    assert caught.value.error_code == "identifier_check_digit"
    assert caught.value.params["expected"] == expected
    assert expected in str(caught.value)
    assert expected in caught.value.message("zh")


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("", None, "empty"),
        ("   ", Label.LOT, "empty"),
        ("x" * 600, Label.LOT, "too_long"),
        ("A\x00B", Label.LOT, "control_character"),
        ("9.5E+12", Label.LOT, "excel_number"),
        ("24A0871", None, "no_kind"),
        ("https://example.org/material/copper", None, "no_kind"),
        ("(10)A1", None, "no_key"),
        ("(01)04012345123456", Label.LOT, "wrong_kind"),
        ("item:A:1", Label.LOT, "wrong_kind"),
        ("(01)0401234512345X(10)1", None, "digits"),
        ("(01)04012345123456(10)" + "9" * 21, None, "length"),
        ("urn:epc:id:sgtin:0614141", None, "urn"),
        ("urn:epc:id:consumer", None, "urn"),
        ("]C1ZZZ", None, "scan"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(
    text: str, kind: Label | None, reason: str
) -> None:
    with pytest.raises(InvalidIdentifier) as caught:
        canonical(text, kind)

    assert caught.value.params["reason"] == reason
    assert caught.value.message("en") != caught.value.message("zh")


@pytest.mark.parametrize(
    ("text", "kind", "node_id"),
    [
        ("WO-1", Label.BATCH, "batch:WO-1"),
        ("batch:WO-1", Label.BATCH, "batch:WO-1"),
        ("SUP-017:RM-204:24A0871", Label.LOT, "lot:SUP-017:RM-204:24A0871"),
        ("SUP%3A17:RM-204:24:A", Label.LOT, "lot:SUP%3A17:RM-204:24:A"),
        ("24A0871", Label.LOT, "lot:24A0871"),
        ("4012345000009", Label.PLACE, "(414)4012345000009"),
        ("4012345000009", Label.PARTY, "(417)4012345000009"),
        ("4012345000001", Label.PARTY, "party:4012345000001"),
        ("urn:epc:id:sgln:4012345.00000.0", Label.PARTY, "(417)4012345000009"),
        ("urn:epc:id:pgln:4012345.00000", Label.PLACE, "(414)4012345000009"),
        ("4012345123456", Label.PRODUCT, "(01)04012345123456"),
        ("4012345123455", Label.PRODUCT, "product:4012345123455"),
        ("106141412345678908", Label.UNIT, "(00)106141412345678908"),
        ("urn:epc:id:giai:4000001.123", Label.PLACE, "place:(8004)4000001123"),
        ("place:(8004)4000001123", Label.PLACE, "place:(8004)4000001123"),
        ("geo:47.5,11.1", Label.PLACE, "place:geo:47.5,11.1"),
        ("urn:epc:id:consumer", Label.PARTY, "party:urn:epc:id:consumer"),
        (
            "urn:epc:id:gdti:4012345.55555.1234",
            Label.BATCH,
            "batch:urn:epc:id:gdti:4012345.55555.1234",
        ),
        ("批次1", Label.LOT, "lot:批次1"),
        ("RM-204:S1", Label.ITEM, "item:RM-204:S1"),
        ("item:4012345123456:S1", Label.ITEM, "(01)04012345123456(21)S1"),
    ],
)
def test_a_typed_column_takes_bare_text(text: str, kind: Label, node_id: str) -> None:
    assert canonical(text, kind).node_id == node_id
    assert canonical(text, kind).kind is kind


def test_a_urn_whose_numbers_make_no_key_keeps_its_own_name() -> None:
    found = canonical("urn:epc:id:sscc:08600031303.0004")

    assert found.node_id == "unit:urn:epc:id:sscc:08600031303.0004"
    assert found.kind is Label.UNIT


def test_a_lot_of_a_product_named_by_urn_knows_its_product_and_short_code() -> None:
    found = canonical("urn:gdst:x.org:product:lot:class:hatchery.1u.tf1")

    assert found.code == "tf1"
    assert found.product == canonical("urn:gdst:x.org:product:class:hatchery.1u").node_id


def test_an_item_scanned_with_its_lot_names_both() -> None:
    found = canonical("(01)04012345123456(10)L1(21)S1")

    assert found.node_id == "(01)04012345123456(21)S1"
    assert found.lot == "(01)04012345123456(10)L1"
    assert found.product == "(01)04012345123456"


def test_a_lot_of_a_gtin_is_a_gs1_lot_and_others_keep_assigner_and_product() -> None:
    assert lot_id("S", "4012345123456", "A").node_id == "(01)04012345123456(10)A"
    assert lot_id("S:1", "RM:2", "A:B").node_id == "lot:S%3A1:RM%3A2:A:B"
    assert lot_id("S", "4012345123456", "批次").node_id == "lot:S:(01)04012345123456:批次"
    assert lot_id("S", "RM-2", "A").product == "product:RM-2"


@pytest.mark.parametrize("code", ["A1", "批次"])
@pytest.mark.parametrize(
    "product",
    [
        "04012345123456",
        "(01)04012345123456",
        "urn:epc:idpat:sgtin:4012345.012345.*",
        "https://id.gs1.org/01/04012345123456",
        "product:4012345123456",
    ],
)
def test_a_product_in_any_spelling_makes_the_same_lot_and_item(product: str, code: str) -> None:
    assert lot_id("S", product, code).node_id == lot_id("S", "4012345123456", code).node_id
    assert item_id(product, code).node_id == item_id("4012345123456", code).node_id


def test_an_own_product_with_its_prefix_makes_the_same_lot_and_item() -> None:
    assert lot_id("S", "product:RM-2", "A").node_id == "lot:S:RM-2:A"
    assert item_id("product:RM-2", "A").node_id == "item:RM-2:A"


def test_equal_lot_codes_of_two_suppliers_are_two_lots() -> None:
    assert lot_id("S-1", "RM", "0871").node_id != lot_id("S-2", "RM", "0871").node_id


@given(codes, codes, codes)
def test_an_own_lot_reads_back_as_itself(assigner: str, product: str, code: str) -> None:
    lot = lot_id(assigner, product, code)

    assert canonical(lot.node_id) == canonical(lot.node_id, Label.LOT)
    assert canonical(lot.node_id).node_id == lot.node_id
    assert canonical(lot.node_id).code == code


@given(codes, codes)
def test_an_own_item_reads_back_as_itself(product: str, serial: str) -> None:
    item = item_id(product, serial)

    assert canonical(item.node_id).node_id == item.node_id


@given(gtin_bodies, codes, company_lengths, st.sampled_from(["10", "21"]))
def test_urn_link_and_brackets_of_one_key_meet(
    body: str, code: str, company_length: int, ai: str
) -> None:
    elements = {"01": with_check_digit(body), ai: code}
    company = elements["01"][1 : 1 + company_length]
    urn = to_urn(elements, company)
    assert urn is not None

    from_urn = canonical(urn)
    link = f"https://x.example/p/01/{elements['01']}/{ai}/{quote(code, safe='')}"

    assert has_check_digit(elements["01"])
    assert canonical(link).node_id == from_urn.node_id
    assert {canonical(s).node_id for s in spellings(from_urn.node_id, [urn])} == {from_urn.node_id}
    assert from_urn.code == code


@given(
    st.text("0123456789", min_size=16, max_size=16), st.text("0123456789", min_size=1, max_size=1)
)
def test_urns_of_units_meet_their_links(body: str, extension: str) -> None:
    sscc = with_check_digit(extension + body)
    urn = to_urn({"00": sscc}, sscc[1:8])
    assert urn is not None

    assert canonical(urn).node_id == canonical(f"https://id.gs1.org/00/{sscc}").node_id


@given(gtin_bodies, codes)
def test_a_changed_last_digit_never_passes(body: str, code: str) -> None:
    gtin = with_check_digit(body)
    wrong = gtin[:-1] + str((int(gtin[-1]) + 1) % 10)

    with pytest.raises(InvalidIdentifier):
        canonical(f"(01){wrong}(10){code}")


@pytest.mark.parametrize("separator", ["\x1d", "<GS>", "{GS}", "^]", "\\x1d"])
def test_separators_are_read_in_every_spelling(separator: str) -> None:
    scan = f"]C1010401234512345610ABC123{separator}17260131"

    assert [r.node_id for r in readings(scan)] == ["(01)04012345123456(10)ABC123"]
    assert canonical(scan).node_id == "(01)04012345123456(10)ABC123"


def test_a_scan_without_separator_offers_every_split() -> None:
    found = [r.node_id for r in readings("010401234512345610ABC12317260131")]

    assert found[0] == "(01)04012345123456(10)ABC12317260131"
    assert "(01)04012345123456(10)ABC123" in found


def test_a_scan_of_lot_and_serial_without_separator_offers_the_item() -> None:
    found = {r.node_id for r in readings("010401234512345610AB21S9")}

    assert "(01)04012345123456(21)S9" in found
    assert "(01)04012345123456(10)AB21S9" in found


def test_a_unit_label_offers_the_unit_and_the_lot_inside() -> None:
    found = [
        r.node_id for r in readings("00106141412345678908" + "020401234512345637" + "12\x1d10L7")
    ]

    assert found == ["(00)106141412345678908", "(01)04012345123456(10)L7"]


@pytest.mark.parametrize(
    "text", ["10D9T", "24A0871", "", "(01)1", "]C1", "批次", "https://x.org/a"]
)
def test_what_is_no_identifier_has_no_readings(text: str) -> None:
    assert readings(text) == []


def test_bare_digits_are_read_as_every_key_whose_check_digit_holds() -> None:
    found = {(r.node_id, r.kind) for r in readings("4012345000009")}

    assert found == {
        ("(01)04012345000009", Label.PRODUCT),
        ("(414)4012345000009", Label.PLACE),
        ("(417)4012345000009", Label.PARTY),
    }
    assert readings("4012345000001") == []
    assert readings("]E04012345000009")[0].node_id == "(01)04012345000009"


def test_a_number_mangled_by_a_spreadsheet_is_told() -> None:
    with pytest.raises(InvalidIdentifier) as caught:
        readings("9.5E+12")

    assert "spreadsheet" in str(caught.value)
    assert caught.value.hint()


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_never_worse(text: str) -> None:
    no_kinds = (Label.ENTITY, Label.SCHEMA, Label.LOAD, Label.CHANGE)
    for kind in (None, *[k for k in Label if k not in no_kinds]):
        try:
            found = canonical(text, kind)
        except InvalidIdentifier:
            continue
        assert kind in (None, found.kind)
        assert canonical(found.node_id).kind is found.kind
        assert canonical(found.node_id).node_id == found.node_id


def test_a_lot_code_with_brackets_in_it_reads_back() -> None:
    for code in ("A(21)B", "A%28B", "(10)", "%2528(01)", "A(21)%25"):
        node_id = lot_id("", "4012345123456", code).node_id

        assert canonical(node_id).code == code
        assert canonical(node_id).kind is Label.LOT


@pytest.mark.parametrize(
    ("product", "lot"), [("RM-1", "A7"), ("4012345123456", "A7"), ("X:1", "A:7"), ("", "A7")]
)
def test_the_id_of_a_lot_or_item_names_its_product(product: str, lot: str) -> None:
    for named in (lot_id("SUP-1", product, lot), item_id(product, lot)):
        assert product_of(named.node_id) == named.product


@pytest.mark.parametrize("other", ["batch:B1", "(00)340123450000000013", "lot:A", "unlotted:x:y"])
def test_other_ids_name_no_product(other: str) -> None:
    assert product_of(NodeId(other)) is None


def test_the_unlotted_quantity_of_a_product_has_one_id() -> None:
    assert canonical("unlotted:04012345123456").node_id == unlotted_id(
        canonical("4012345123456", Label.PRODUCT).node_id
    )


def test_search_keys_ignore_case_width_and_punctuation() -> None:
    assert code_key("Lot-24/a 0871") == code_key("ＬＯＴ２４Ａ０８７１") == "lot24a0871"
    assert code_key("批次-１") == "批次1"
