"""What the graph holds: names, identifiers, times, quantities and facts."""
