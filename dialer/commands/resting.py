"""The database of an installation, whether the dialer runs or rests.

Rule: a dialer that runs is left alone and its database used. One that rests is not started, only
its PostgreSQL, and that only for as long as the command needs it.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from dialer.database.pool import DatabaseUnavailable
from dialer.places import private_directory
from dialer.serving import own_cluster
from dialer.settings import Settings
from dialer.supervisor import AlreadyRunning, owned


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[str]:
    """Yield the address of the installation's database, which answers.

    Raises:
        DatabaseUnavailable: There is none yet, or it does not start.
    """
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    cluster = own_cluster(settings)
    async with AsyncExitStack() as stack:
        try:
            stack.enter_context(owned(settings.state_dir))
        except AlreadyRunning:
            pass  # the dialer, or another command: its database answers
        else:
            if not (settings.state_dir / "postgresql" / "data").exists():
                raise DatabaseUnavailable(
                    f"there is no installation in {settings.state_dir} yet",
                    remedy="start it with `dialer serve` or `dialer run`, or name another "
                    "directory with --data",
                )
            private_directory(settings.runtime_dir)
            await stack.enter_async_context(cluster)
        yield cluster.dsn()
