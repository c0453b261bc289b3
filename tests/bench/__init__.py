"""What the monitor costs, as medians and ratios of one run: ``python -m tests.bench``."""
