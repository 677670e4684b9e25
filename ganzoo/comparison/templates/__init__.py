"""The page of a comparison, which `report` fills in."""
