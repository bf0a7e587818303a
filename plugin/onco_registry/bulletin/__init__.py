"""The monthly outcome bulletin: one canonical JSON, everything else rendered from it."""

from onco_registry.bulletin.document import build
from onco_registry.bulletin.meta import BulletinMeta
from onco_registry.bulletin.page import render

__all__ = ["BulletinMeta", "build", "render"]
