"""Imported by the process that the trials are forked from: one small sync fills every cache that a sync uses."""

import tempfile
from pathlib import Path

from etl.site import Site, patient
from hostile.killed import quiet

quiet()
with tempfile.TemporaryDirectory() as _folder:
    Site(Path(_folder)).night(patient(), "{broken")
