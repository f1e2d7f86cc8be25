"""The demo company: invented, seeded, and with a truth file of planted causes."""
