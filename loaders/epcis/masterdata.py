"""Names of products, places and parties from the vocabularies of a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from genealogy.errors import InvalidIdentifier
from genealogy.model.facts import Fact, LinkFact, NodeFact, NodeId, Source, Value
from genealogy.model.identifiers import canonical
from genealogy.model.names import Label, Link
from loaders.epcis.fields import named_place
from loaders.epcis.nodes import mention
from loaders.epcis.raw import RawMasterData
from loaders.epcis.vocabulary import local_name

_KINDS = {
    "epcclass": Label.PRODUCT,
    "location": Label.PLACE,
    "businesslocation": Label.PLACE,
    "readpoint": Label.PLACE,
    "party": Label.PARTY,
    "sourcedest": Label.PARTY,
}
#: Which attribute becomes which property; for names the first that is given.
_NAMES = (
    "name",
    "productName",
    "organizationName",
    "tradeItemDescription",
    "descriptionShort",
    "regulatedProductName",
)
_PROPERTIES = {"countryCode": "country", "city": "city", "state": "state", "postalCode": "postcode"}


def master_facts(data: RawMasterData, source: Source) -> Iterator[Fact]:
    """What one vocabulary element says; nothing for kinds that the graph does not hold.

    Raises InvalidIdentifier when its id is none.
    """
    kind = _KINDS.get(local_name(data.vocabulary).lower())
    if kind is None:
        return
    thing = named_place(data.id, kind) or canonical(data.id, kind)
    told = {local_name(name): value.strip() for name, value in data.attributes.items()}
    yield mention(thing, source)
    properties = _properties(told)
    if properties:
        yield NodeFact(kind, thing.node_id, source, properties=properties)
    owner = told.get("owning_party")
    if owner and kind is Label.PLACE:
        yield from _owned(thing.node_id, owner, source)


def _properties(told: Mapping[str, str]) -> dict[str, Value]:
    found: dict[str, Value] = {new: told[old] for old, new in _PROPERTIES.items() if told.get(old)}
    name = next((told[key] for key in _NAMES if told.get(key)), None)
    return found | ({"name": name} if name else {})


def _owned(place: NodeId, owner: str, source: Source) -> Iterator[Fact]:
    try:
        party = named_place(owner, Label.PARTY) or canonical(owner, Label.PARTY)
    except InvalidIdentifier:
        return
    yield mention(party, source)
    yield LinkFact(Link.AT, place, Label.PLACE, party.node_id, Label.PARTY, source, part="party")
