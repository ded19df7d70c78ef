"""Mistakes planted on purpose into the real code, each to be caught by a checker: a checker that never failed is not a checker.

One module a place of mistakes; `catalogue.PLANTED` names them all. None of this is importable by the product.
"""
