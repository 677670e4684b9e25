"""The page of a comparison: what `report` fills in."""
