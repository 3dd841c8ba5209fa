"""What an operator may set: read once, checked whole, then handed down as narrow values.

    environment (DIALER_HTTP_PORT=8081)  over  a TOML file (http_port = 8081)  over  the default

Rule: :func:`load` is called by the command line alone and nothing else reads the environment.
A setting that does not exist is refused, because a misspelt one would silently not be set.
An empty environment variable counts as not set. Bare numbers for durations are seconds; ISO 8601
(``PT5M``) is understood too.
"""

import os
from datetime import timedelta
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from tomllib import TOMLDecodeError
from tomllib import loads as toml_loads
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from dialer.places import Sockets, runtime_directory

PREFIX: Final = "DIALER_"
FILE_NAME: Final = "dialer.toml"


class UnusableSettings(ValueError):
    """The settings cannot be used; :attr:`problems` says each thing that is wrong."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _default_state_dir() -> Path:
    home = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(home).expanduser() / "callwright"


def _default_spool_dir(data: dict[str, Any]) -> Path:
    memory = Path("/dev/shm")
    runtime: Path = data["runtime_dir"]
    return memory / runtime.name if memory.is_dir() else data["state_dir"] / "spool"


def _under_state(name: str) -> Any:
    return Field(default_factory=lambda data: data["state_dir"] / name)


def _absolute(path: Path) -> Path:
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        raise ValueError(f"a path, and there is no user {path.parts[0]}") from None


def _seconds(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        return value


def _database_url(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("postgresql://user:password@host:port/database")
    return url


Directory = Annotated[Path, AfterValidator(_absolute)]
Duration = Annotated[timedelta, BeforeValidator(_seconds), Field(ge=timedelta(0))]
Offset = Annotated[timedelta, BeforeValidator(_seconds)]
Port = Annotated[int, Field(ge=0, le=65535)]
Language = Annotated[str, Field(pattern="^[a-z]{2}$")]


class Settings(BaseModel):
    """The effective settings. Constructing one reads nothing but its arguments."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True
    )

    # Places
    state_dir: Directory = Field(
        default_factory=_default_state_dir, description="everything that must survive a restart"
    )
    runtime_dir: Directory = Field(
        default_factory=lambda data: runtime_directory(data["state_dir"]),
        description="sockets; short, and ours alone",
    )
    spool_dir: Directory = Field(
        default_factory=_default_spool_dir,
        description="audio of running calls; best in memory",
    )
    recordings_dir: Directory = _under_state("recordings")
    recordings_sealed: bool = Field(
        False, description="encrypt recordings on disk, each with a key of its own in the vault"
    )
    outbox_dir: Directory = _under_state("outbox")
    evidence_dir: Directory = _under_state("evidence")

    # Database
    database_url: Annotated[SecretStr, AfterValidator(_database_url)] | None = Field(
        None, description="a PostgreSQL server to use; without it we run one ourselves"
    )
    database_connections: int = Field(10, ge=2, le=500, description="at most, per process")
    postgres_bin_dir: Path | None = Field(
        None, description="where our PostgreSQL's programs are; without it they are looked for"
    )
    postgres_shared_buffers_mib: int = Field(128, ge=1, description="cache of our PostgreSQL, MiB")

    # Telephony
    sip_config: Directory | None = Field(None, description="the file of trunks (docs/trunks.md)")
    sip_host: str = Field("127.0.0.1", description="address SIP and RTP are bound to")
    sip_port: Port = Field(0, description="UDP port of the first worker; 0: any free one")
    rtp_port_first: Port = Field(20000, description="lowest UDP port for audio, even")
    rtp_port_last: Port = Field(29999, description="highest UDP port for audio, included")
    workers: int = Field(1, ge=1, le=16, description="telephony worker processes")
    worker_calls: int = Field(400, ge=1, le=512, description="calls per worker, both legs counted")
    identity_language: Language = Field(
        "en", description="language of the identity message if the callee's is not available"
    )

    # HTTP
    http_host: str = Field("127.0.0.1", description="address the API and the pages are served on")
    http_port: Port = Field(8080, description="0: any free one")
    http_public_url: str | None = Field(
        None, description="how browsers reach us, when through a proxy; begins with https://"
    )
    tls_certificate: Directory | None = Field(None, description="PEM chain; needs tls_key")
    tls_key: Directory | None = Field(None, description="PEM key; needs tls_certificate")

    # Dialing
    profiles_dir: Directory | None = Field(
        None, description="country profiles and layers, instead of those shipped"
    )
    claim_lease: Duration = Field(
        timedelta(minutes=5), description="after this a claimed lead is free again"
    )
    drain_limit: Duration = Field(
        timedelta(minutes=10), description="how long live calls may go on after a stop was asked"
    )

    # Meetings
    organizer: str = Field(
        "meetings@example.com",
        pattern=r"^[^@\s]+@[^@\s]+$",
        description="mailbox that meeting invitations come from",
    )

    # Log
    log_format: Literal["auto", "json", "pretty"] = Field(
        "auto", description="auto: pretty on a terminal, JSON otherwise"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info")

    # Laboratory
    lab: bool = Field(
        False, description="unapproved country profiles and another clock; private trunks only"
    )
    clock_offset: Offset = Field(
        timedelta(0), description="added to the machine's clock; only in a lab"
    )

    @property
    def sockets(self) -> Sockets:
        return Sockets(directory=self.runtime_dir)

    def environment(self, **changes: Any) -> dict[str, str]:
        """Return these settings, with *changes*, as environment variables: for a child process.

        >>> Settings(state_dir=Path("/s"), lab=True).environment(workers=2)["DIALER_LAB"]
        'true'
        """
        values = dict(self) | changes
        return {
            PREFIX + name.upper(): _written(value)
            for name, value in values.items()
            if value is not None
        }

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.clock_offset and not self.lab:
            raise ValueError("clock_offset is set but lab is not; only a lab has another clock")
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together; set both or neither")
        if self.rtp_port_first >= self.rtp_port_last:
            raise ValueError(
                f"rtp_port_first ({self.rtp_port_first}) is not below "
                f"rtp_port_last ({self.rtp_port_last})"
            )
        ports = (self.rtp_port_last - self.rtp_port_first + 1) // self.workers
        if ports < 8 * self.worker_calls:
            raise ValueError(
                f"the audio ports give {ports} per worker, and {self.worker_calls} calls need "
                f"{8 * self.worker_calls}; widen rtp_port_first to rtp_port_last or lower "
                "worker_calls"
            )
        if self.http_public_url is not None and not self.http_public_url.startswith("https://"):
            raise ValueError("http_public_url does not begin with https://")
        if not (_is_loopback(self.http_host) or self.tls_key or self.http_public_url):
            raise ValueError(
                f"http_host {self.http_host} can be reached by others without encryption; set "
                "tls_certificate and tls_key, or http_public_url when a proxy encrypts"
            )
        Sockets(directory=self.runtime_dir)
        return self


def _written(value: Any) -> str:
    match value:
        case SecretStr():
            return value.get_secret_value()
        case timedelta():
            return str(value.total_seconds())
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def load(path: Path | None = None, *, environ: dict[str, str] | None = None) -> Settings:
    """Return the effective settings.

    Args:
        path: The TOML file; ``None`` for ``dialer.toml`` in the working directory, if it is there.
        environ: Instead of the process's environment.

    Raises:
        UnusableSettings: With every problem found, each naming its place.
    """
    environment = dict(os.environ) if environ is None else environ
    from_file, file = _read_file(path)
    from_environment = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and value
    }

    def place(setting: str) -> str:
        if setting in from_environment:
            return f"environment variable {PREFIX}{setting.upper()}"
        return f"{file}, {setting}" if setting in from_file else setting

    values = from_file | from_environment
    problems = [
        f"{place(name)}: there is no such setting{_suggestion(name, name in from_environment)}"
        for name in values
        if name not in Settings.model_fields
    ]
    try:
        settings = Settings(
            **{name: value for name, value in values.items() if name in Settings.model_fields}
        )
    except ValidationError as error:
        problems += [_problem(each, values, place) for each in error.errors(include_input=False)]
    else:
        if not problems:
            return settings
    raise UnusableSettings(tuple(problems))


def _read_file(path: Path | None) -> tuple[dict[str, Any], Path]:
    file = path or Path(FILE_NAME)
    try:
        return toml_loads(file.read_text()), file
    except FileNotFoundError:
        if path is None:
            return {}, file
        raise UnusableSettings((f"{file}: there is no such file",)) from None
    except (OSError, UnicodeDecodeError) as error:
        found = getattr(error, "strerror", None) or "is not UTF-8 text"
        raise UnusableSettings((f"{file}: cannot be read: {found}",)) from None
    except TOMLDecodeError as error:
        raise UnusableSettings((f"{file}: is not TOML: {error}",)) from None


def _suggestion(name: str, of_environment: bool) -> str:
    if not (near := get_close_matches(name, Settings.model_fields, n=1)):
        return "; docs/operations.md lists them all"
    return f"; did you mean {PREFIX + near[0].upper() if of_environment else near[0]}?"


def _problem(error: Any, values: dict[str, Any], place: Any) -> str:
    message = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return str(message)
    name = str(error["loc"][0])
    found = "(secret)" if name == "database_url" else repr(values.get(name))
    expected = message.removeprefix("Input should be ").removeprefix("a valid ")
    return f"{place(name)}: found {found}, expected {expected}"
