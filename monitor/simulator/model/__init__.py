"""Azure's own behaviour: what a change to one network or peering does to the others. No HTTP, no files."""
