"""Disclosure control: from the internal document to the public one, in which no count tells of a few persons.

rule        which counts, and which proportions, may be told
pooling     levels of a variable, or steps of a flow, put together until each may be
algebra     sets of patients whose unions and differences may be told, too
attrition, baseline, response, survival, safety, completeness  what each section has left
differences whether a release may follow the one before: by how many persons each count moved
edition     the public document
"""

from onco_registry.bulletin.disclosure.edition import public

__all__ = ["public"]
