"""Views of one snapshot for the ``check`` command: pure, from facts to text."""
