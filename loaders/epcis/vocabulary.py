"""The Core Business Vocabulary: its words, and the many ways in which they are spelt.

A standard word is kept bare (``shipping``); any other term is kept as its URI.
Source: GS1 Core Business Vocabulary 2.0, sections 7.1 to 7.6.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache


class Term(StrEnum):
    """The vocabularies that an event draws words from."""

    STEP = "bizStep"
    DISPOSITION = "disposition"
    TRANSACTION = "bizTransaction type"
    PARTY = "source or destination type"
    REASON = "error reason"


_STEPS = """accepting arriving assembling collecting commissioning consigning
creating_class_instance cycle_counting decommissioning departing destroying disassembling
dispensing encoding entering_exiting holding inspecting installing killing loading other
packing picking receiving removing repackaging repairing replacing reserving retail_selling
sampling sensor_reporting shipping staging_outbound stock_taking stocking storing transporting
unloading unpacking void_shipping"""
_DISPOSITIONS = """active available completeness_inferred completeness_verified conformant
container_closed container_open damaged destroyed dispensed disposed encoded expired in_progress
in_transit inactive mismatch_class mismatch_instance mismatch_quantity needs_replacement
no_pedigree_match non_conformant non_sellable_other partially_dispensed recalled reserved
retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable unknown"""
_TRANSACTIONS = """bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres
upevt"""

WORDS: Mapping[Term, frozenset[str]] = {
    Term.STEP: frozenset(_STEPS.split()),
    Term.DISPOSITION: frozenset(_DISPOSITIONS.split()),
    Term.TRANSACTION: frozenset(_TRANSACTIONS.split()),
    Term.PARTY: frozenset({"owning_party", "possessing_party", "location"}),
    Term.REASON: frozenset({"did_not_occur", "incorrect_data"}),
}
_STANDARD = re.compile(
    r"(?:urn:epcglobal:cbv:(?:bizstep|disp|btt|sdt|er):"
    r"|https?://(?:ref|ns)\.gs1\.org/cbv/(?:BizStep|Disp|BTT|SDT|ER)-"
    r"|cbv:(?:BizStep|Disp|BTT|SDT|ER)-)",
    re.IGNORECASE,
)

#: Prefixes that every EPCIS 2.0 document may use without declaring them.
PREFIXES: Mapping[str, str] = {
    "cbv": "https://ref.gs1.org/cbv/",
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": "https://gs1.org/voc/",
    "epcis": "https://ref.gs1.org/epcis/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "schema": "http://schema.org/",
}

#: Steps by which goods leave for, and arrive from, somewhere else.
DISPATCH = frozenset({"shipping", "consigning", "departing"})
RECEIPT = frozenset({"receiving", "arriving", "accepting"})
VOID_DISPATCH = "void_shipping"
#: Steps by which goods reach an end user, beyond whom nothing is traced.
END_USE = frozenset({"dispensing", "retail_selling"})
RETURNED = "returned"
REPACKAGING = "repackaging"


@lru_cache(maxsize=10_000)
def word(text: str) -> str:
    """A standard term as its bare word; any other text as it stands."""
    return _STANDARD.sub("", text.strip(), count=1)


def is_known(text: str, vocabulary: Term) -> bool:
    """Whether a term is a standard word, or a URI of the user's own vocabulary."""
    return ":" in text or word(text) in WORDS[vocabulary]


def expanded(name: str, prefixes: Mapping[str, str]) -> str:
    """A prefixed name such as ``cbvmda:lotNumber`` as one spelling for JSON and XML."""
    prefix, colon, local = name.partition(":")
    if not colon or local.startswith("//") or prefix not in prefixes:
        return name
    return joined(prefixes[prefix], local)


def joined(namespace: str, local: str) -> str:
    """A name in a namespace; whatever separator the namespace ends with, one spelling."""
    return f"{namespace.rstrip(':/#')}#{local}"


def local_name(name: str) -> str:
    """The part of an expanded name after its namespace."""
    return re.split(r"[#/:]", name)[-1]
