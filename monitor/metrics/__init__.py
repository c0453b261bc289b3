"""A snapshot as a page of metrics: families as data, one renderer, one body for both formats."""
