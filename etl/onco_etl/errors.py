"""What can go wrong, and the exit code that says so.

    OncoError                 1  anything below, unspecified
    ├── ConfigurationError    2  registry.toml, a registry definition or a concept map is wrong
    ├── InputError            3  nothing could be read from the given path; nothing changed
    ├── StateError            4  the data folder is missing, damaged, or of another release
    │   └── InUseError        4  another run holds the data folder, or the replica that it is to bring along
    ├── MappingError          5  a mapping broke one of its own rules; the run was rolled back
    ├── ServerError           7  a FHIR server cannot be read, or does not keep to its protocol; what was received stays
    ├── ReplicaError          8  the Postgres replica could not be brought up to date; all else is done and stays
    │   └── ReplicaInUseError 8  because another holds a lock in its database
    └── ReleaseError          9  a bulletin was not released, or a release was not sent; what was released stays

A resource that cannot be read is none of these: it is quarantined and the run goes on.
"""


class OncoError(Exception):
    """Base of every error that a user is meant to read; its text is one line without patient data."""

    exit_code = 1


class ConfigurationError(OncoError):
    """A configuration, definition or concept map is wrong; names the file and the place."""

    exit_code = 2


class InputError(OncoError):
    """The given path cannot be read; nothing was changed."""

    exit_code = 3


class StateError(OncoError):
    """The data folder cannot be used as it is."""

    exit_code = 4


class InUseError(StateError):
    """Another run holds the data folder, or the replica that it is to bring along; later it may be free."""


class MappingError(OncoError):
    """A mapping gave rows that break its contract; the run was rolled back."""

    exit_code = 5


class ServerError(OncoError):
    """A FHIR server cannot be read: names method, address without query, status and what to do.

    `status` is that of its answer, None where it gave none; `passing`: it may be well again later.
    """

    exit_code = 7

    def __init__(self, message: str, *, status: int | None = None, passing: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.passing = passing


class ReplicaError(OncoError):
    """The Postgres replica is behind or in use; workspace and published file stay, the next publish catches up."""

    exit_code = 8


class ReplicaInUseError(ReplicaError):
    """Another holds a lock in the replica's database: the server is there, and later it may be free."""


class ReleaseError(OncoError):
    """A bulletin was not released, or not taken by all it goes to; releases that were made stay."""

    exit_code = 9
