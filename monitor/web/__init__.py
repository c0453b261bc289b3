"""What the monitor serves over HTTP: metrics, probes and the page for people."""
