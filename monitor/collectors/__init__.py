"""What is read on which schedule. Each collector reads (I/O) and leaves the making of facts to pure functions."""
