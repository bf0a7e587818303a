"""The replica study: a fictional hospital whose record agrees with the published abstract."""

from onco_registry.demo.compare import compare, disagreements, statements
from onco_registry.demo.hospital import HospitalSummary, build_hospital

__all__ = ["HospitalSummary", "build_hospital", "compare", "disagreements", "statements"]
