"""GS1 EPCIS: JSON and XML documents, events and lists, versions 1.2 and 2.0."""

from loaders.epcis.load import Options, load_epcis, recognises

__all__ = ["Options", "load_epcis", "recognises"]
