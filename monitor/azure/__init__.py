"""The only code that knows Azure: credentials and clients, wire structs, paging, errors turned into reasons."""
