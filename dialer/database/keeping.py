"""Our own PostgreSQL as a child that a supervisor keeps."""

import signal
from datetime import timedelta

from dialer.child import CannotStart, Child, ChildProcess, NotReady
from dialer.database.launcher import Cluster
from dialer.database.pool import DatabaseUnavailable
from dialer.places import UnusableDirectory


class Postgres(Child):
    """A cluster, started again on the same data whenever it dies."""

    name = "postgresql"
    stop_signal = signal.SIGINT  # fast: connections end, committed work stays
    stop_within = timedelta(seconds=30)

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    async def start(self) -> ChildProcess:
        """Return the server once it answers."""
        try:
            await self.cluster.start()
        except DatabaseUnavailable as error:
            if error.retriable:
                raise NotReady(str(error)) from None
            raise CannotStart(str(error), exit_code=3) from None
        except UnusableDirectory as error:
            raise CannotStart(str(error), exit_code=2) from None
        return self.cluster.child

    async def let_go(self) -> None:
        """Release the data directory."""
        await self.cluster.stop()
