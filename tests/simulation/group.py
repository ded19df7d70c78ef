"""The consumer group: who is assigned what, seen from the broker, which learns of a dead or paused member only by its silence."""

from tests.simulation.worker import Worker
from tests.simulation.world import World


class Group:
    """Eager rebalances over the members the broker believes in."""

    def __init__(self, world: World, workers: list[Worker]) -> None:
        self._world = world
        self._workers = workers
        self._members: list[int] = []
        self._turn = 0
        self._generation = 0
        world.on_append.append(self._heard)

    def join(self, index: int) -> None:
        """A started process joins."""
        if index not in self._members:
            self._members.append(index)
            self._members.sort()
        self.rebalance(0)

    def left(self, index: int) -> None:
        """A process was killed: after the session timeout the broker takes its partitions away, and a supervisor restarts it."""
        worker, world = self._workers[index], self._world
        incarnation = worker.starts
        world.later(world.now_ms + world.options.session_ms, lambda: self._expire(index, incarnation))
        if not worker.unstable:
            world.later(world.now_ms + world.options.restart_ms, lambda: self.restart(index, incarnation))

    def restart(self, index: int, incarnation: int) -> None:
        """The supervisor."""
        worker = self._workers[index]
        if not worker.alive and worker.starts == incarnation:
            worker.start()
            self.join(index)

    def silent(self, index: int) -> None:
        """A paused member: expelled when the pause outlasts the session."""
        world, incarnation = self._world, self._workers[index].starts
        world.later(world.now_ms + world.options.session_ms, lambda: self._expire(index, incarnation))

    def rebalance(self, turn: int) -> None:
        """Hand out all partitions anew. Members that answer commit first; a paused one hears of it when it goes on."""
        self._turn += turn
        self._generation += 1
        for index in self._members:
            if self._answers(index):
                self._workers[index].commit()
        members = [index for index in self._members if self._workers[index].alive]
        shares: dict[int, set[int]] = {index: set() for index in members}
        for partition in range(self._world.options.partitions):
            if members:
                shares[members[(partition + self._turn) % len(members)]].add(partition)
        for index, share in shares.items():
            self._tell(index, share)

    def _tell(self, index: int, share: set[int]) -> None:
        worker, incarnation, generation = self._workers[index], self._workers[index].starts, self._generation

        def take() -> None:
            if generation == self._generation:
                worker.assign(share)
            else:
                self._back(index, incarnation)  # it slept through a rebalance: the broker no longer knows its generation

        def tell() -> None:
            if worker.starts == incarnation and (worker.paused or generation == self._generation):
                worker.when_running(take)

        self._world.later(self._world.now_ms + 3, tell)

    def _expire(self, index: int, incarnation: int) -> None:
        worker = self._workers[index]
        if worker.starts != incarnation or index not in self._members:
            return
        if worker.alive and not worker.paused:
            return
        self._members.remove(index)
        self.rebalance(0)
        if worker.alive:
            worker.when_running(lambda: self._back(index, incarnation))

    def _back(self, index: int, incarnation: int) -> None:
        """A member that was expelled while it was paused decides a little more, then hears of it and joins again."""
        worker = self._workers[index]
        for partition in sorted(worker.assigned):
            worker.pump_soon(partition)
        self._world.later(self._world.now_ms + 500, lambda: self.join(index) if worker.alive and worker.starts == incarnation else None)

    def _answers(self, index: int) -> bool:
        return self._workers[index].alive and not self._workers[index].paused

    def _heard(self, partition: int) -> None:
        for worker in self._workers:
            if partition in worker.assigned:
                worker.pump_soon(partition)
