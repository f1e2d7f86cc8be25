"""FoodChain-Lab: the JSON files of FCL-Web and of the desktop program."""

from loaders.fcl.load import KIND, load_fcl, recognises

__all__ = ["KIND", "load_fcl", "recognises"]
