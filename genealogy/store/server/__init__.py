"""The parts of the embedded server; callers use ``genealogy.store.embedded``.

The watcher runs from here in a process of its own, so nothing in this package
but ``answers`` may import the driver or the settings.
"""
