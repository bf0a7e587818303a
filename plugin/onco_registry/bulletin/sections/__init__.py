"""The sections of the canonical document, a module each, from plain records of the results frames.

None holds an identifier of a person or row, but `worklist`, which only the internal edition has.
"""
