"""The reference under ``deploy/reference/``, made from the code: ``python -m tests.reference`` writes it.

It stands outside the product: what it needs is read from the registries that the product itself works with. What
lacks its documentation there is refused here, so that nothing can be built and left undocumented.
"""
