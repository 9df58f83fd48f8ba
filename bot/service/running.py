"""The running bot: starts the parts from the bottom up, watches them, and drains them from the top down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Final, TextIO

import msgspec
import structlog

from bot.clock import Clock
from bot.errors import StoreFailedError
from bot.metrics import Metrics
from bot.pipeline import Batch, Pipeline
from bot.service.acting import Acting
from bot.service.answering import Questions
from bot.service.cli_token import CommandToken
from bot.service.explaining import in_short
from bot.service.fetching import Fetching
from bot.service.reloading import Reloading, RuleParts
from bot.service.rulesets import RuleSets
from bot.service.senders import manners_of, open_clicking, open_sender
from bot.service.setup import Setup
from bot.service.status import Status, Watched
from bot.service.summaries import wire_digests
from bot.service.troubles import Troubles
from bot.service.upkeep import keep_probed, keep_pruned, learn_memories
from bot.slack.relay import Relay
from bot.slack.sender import Sender
from bot.slack.setting import setting_of
from bot.sources import Reading
from bot.sources.fetch import INTERNET, Reach
from bot.store import Store
from bot.web import Actions, Api, DigestPosts, Front, Health, Hooks, HttpServer, Limits, Tokens

# How long each step of an orderly end may take; what does not fit goes on at the next start (seconds).
ANSWERS_S: Final = 10.0
DECIDING_S: Final = 5.0
SENDING_MARGIN_S: Final = 1.0

_LOG = structlog.get_logger()


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What the bot does not choose itself: the clock, the terminal, how senders are limited, what may be fetched."""

    clock: Clock
    out: TextIO
    limits: Limits
    reach: Reach = INTERNET


class Bot:
    """All parts of one running bot, wired. Made inside the loop, over an open store."""

    def __init__(self, setup: Setup, store: Store, around: Surroundings) -> None:
        config, clock = setup.config, around.clock
        self._setup, self._store, self._around = setup, store, around
        self._stop = asyncio.Event()
        self._failure: StoreFailedError | None = None
        self._metrics = Metrics()
        self._command_token = CommandToken(config.folder)
        self._sender: Sender = open_sender(config, clock, around.out)
        self._troubles = Troubles(store, _admin_channel(setup), self._wake_pipeline)
        self._acting = self._wire_acting()
        self._clicking = open_clicking(config, store, self._acting, clock, self._metrics)
        people = None if self._clicking is None else self._clicking.people.ids
        self._relay = Relay(
            store.outbox,
            self._sender,
            clock,
            config.timezone,
            manners=manners_of(config, self._metrics, partial(setting_of, config, people)),
            on_trouble=self._troubles.delivery,
        )
        self._fetching = self._wire_fetching()
        self._rule_sets = RuleSets(store, setup.rule_set)
        self._pipeline = Pipeline(
            store,
            setup.rule_set,
            clock,
            on_saved=self._saved,
            may_fetch=self._fetching.may_fetch,
            rule_set_of=self._rule_sets.of,
        )
        self._digesting = wire_digests(setup, store, clock, self._pipeline.caught_up, self._relay.wake)
        rules = RuleParts(store, self._pipeline, self._rule_sets, self._troubles, self._sender)
        self._reloading = Reloading(setup, rules, clock, self._metrics)
        watched = Watched(store, self._pipeline, self._relay, self._trouble_lines, lambda: self._server.connections)
        self._status = Status(watched, clock, self._metrics)
        self._server = self._wire_server()

    async def run(self, on_ready: Callable[[int], None]) -> None:
        """Serve until `stop`, then drain. Raises StoreFailedError when the process must end at once.

        It listens before any part runs: a start that ends with an address in use has tried nothing. /readyz says
        `starting` until the parts run.
        """
        server = self._setup.config.server
        try:
            port = await self._server.start(server.host, server.port)
            self._command_token.show()
            async with asyncio.TaskGroup() as tasks:
                parts = [tasks.create_task(part, name=name) for name, part in self._parts().items()]
                relay = tasks.create_task(self._relay.run(), name="relay")
                self._status.describe_rules(self._setup.rule_set, self._around.clock.now_ms())
                self._status.obstacle = None
                on_ready(port)
                await self._stop.wait()
                await self._drain(relay)
                for part in (*parts, relay):
                    part.cancel()
        finally:
            self._command_token.forget()
            await self._server.drain(0)
            await self._sender.close()
            if self._clicking is not None:
                await self._clicking.close()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Begin to drain."""
        self._status.obstacle = "draining"
        self._stop.set()

    def reload(self) -> None:
        """Look whether files of rules changed, now."""
        self._reloading.ask()

    def stored(self, seq: int, reading: Reading) -> None:
        """Let the pipeline decide an event."""
        del seq, reading
        self._pipeline.wake()

    def quarantined(self, source: str, event_id: str) -> None:
        """Tell the admin channel that a source sends what cannot be read."""
        self._troubles.unreadable(source, event_id)

    def failed(self, error: StoreFailedError) -> None:
        """Stop without draining: nothing may be believed of the store any more."""
        self._failure = error
        self.stop()

    def _wire_fetching(self) -> Fetching:
        return Fetching(
            self._store,
            self._setup.sources,
            self._around.clock,
            self._metrics,
            limit=self._around.limits.max_body,
            on_stored=self._wake_pipeline,
            reach=self._around.reach,
        )

    def _wire_server(self) -> HttpServer:
        limits, clock = self._around.limits, self._around.clock
        hooks = Hooks(self._setup.sources, self._store, clock, limits, self._metrics, news=self)
        health = Health(self._status.look, self._status.refresh, self._metrics)
        tokens = Tokens(self._setup.config.api_tokens, self._command_token.value)
        fronts: list[Front] = [
            Actions(self._acting, tokens, limits, self._metrics),
            DigestPosts(self._digesting, tokens, limits, self._metrics),
        ]
        questions = Questions(
            store=self._store,
            pipeline=self._pipeline,
            rule_sets=self._rule_sets,
            reloading=self._reloading,
            clock=clock,
            zone=self._setup.config.timezone,
        )
        fronts.append(Api(questions, tokens, limits, self._metrics))
        clicks = self._clicking.front(limits) if self._clicking is not None else None
        return HttpServer(hooks, health, limits, self._metrics, fronts if clicks is None else [*fronts, clicks])

    def _wire_acting(self) -> Acting:
        return Acting(
            store=self._store,
            config=self._setup.config,
            clock=self._around.clock,
            rule_set=lambda: self._rule_sets.newest,
            explained=self._explained,
            wake=self._wake_pipeline,
        )

    async def _explained(self, card_id: str) -> str:
        """Say in short why a card is there."""
        return await in_short(self._acting.subject(card_id), self._rule_sets.newest, self._store)

    def _trouble_lines(self) -> list[str]:
        clicks = [] if self._clicking is None else self._clicking.troubles()
        return [*self._reloading.trouble_lines(), *clicks]

    def _parts(self) -> dict[str, Coroutine[None, None, None]]:
        return {
            "pipeline": self._decide(),
            "fetching": self._fetching.run(),
            "troubles": self._troubles.run(),
            "upkeep": keep_pruned(self._store, self._pipeline.view.swept),
            "probe": keep_probed(self._store),
            "learning": learn_memories(self._store),
            "reloading": self._reloading.run(),
            "digests": self._digesting.run(),
            **({} if self._clicking is None else self._clicking.parts()),
        }

    async def _decide(self) -> None:
        """Journal that another rule set is in force, where it is, and run the pipeline."""
        since = await self._reloading.begin()
        self._status.describe_rules(self._setup.rule_set, since)
        await self._pipeline.run()

    async def _drain(self, relay: asyncio.Task[None]) -> None:
        """Finish what is under way, from the top down, each step within its time."""
        if self._failure is not None:
            return
        await self._server.drain(ANSWERS_S)
        if self._clicking is not None:
            await _within(ANSWERS_S, self._clicking.settled(), "clicked")
        await _within(DECIDING_S, self._pipeline.caught_up(), "decided")
        self._relay.stop()
        await _within(self._sending_s(), asyncio.shield(relay), "sent")

    def _sending_s(self) -> float:
        slack = self._setup.config.slack
        return SENDING_MARGIN_S + (slack.timeout_ms / 1_000 if slack else 0.0)

    def _saved(self, batch: Batch) -> None:
        """Pass on what was decided and saved."""
        decisions = batch.decisions
        for transition in decisions.transitions:
            self._metrics.transitions.labels(transition.change.value).inc()
        for fault in decisions.faults:
            self._metrics.rule_faults.labels(fault.rule).inc()
        for notification in decisions.notifications:
            self._metrics.notifications.labels(notification.reason.value).inc()
        if decisions.notifications:
            self._relay.wake(decisions.notifications)
        if batch.fetches:
            self._fetching.wake()
        if batch.taken_up is not None:
            self._status.describe_rules(*batch.taken_up)

    def _wake_pipeline(self) -> None:
        self._pipeline.wake()


def _admin_channel(setup: Setup) -> str | None:
    return setup.config.slack.admin_channel if setup.config.slack else None


async def _within(seconds: float, work: Awaitable[None], what: str) -> None:
    """Wait for a step of the end; what is not done by then is on disk and goes on at the next start."""
    try:
        async with asyncio.timeout(seconds):
            await work
    except TimeoutError:
        _LOG.warning("stopping before everything was finished", left=f"not all {what}", after_s=seconds)
