"""GS1 EPCIS: JSON and XML documents, events and lists, versions 1.2 and 2.0."""

from loaders.epcis.load import Options, load_epcis, recognises
from loaders.epcis.read import damage

__all__ = ["Options", "damage", "load_epcis", "recognises"]
