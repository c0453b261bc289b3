"""What keeps the monitor going: the store, the passes over Azure, their schedule, telemetry about ourselves."""
