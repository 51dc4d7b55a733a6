import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { RolloutFeeds, type FeedItem } from '../../../coordinator/api/rollout-feeds.ts';
import type { RolloutChange, RolloutView, StepView } from '../../../coordinator/rollout-view.ts';
import { errorOf } from '../../support/failure.ts';

const never = new AbortController().signal;
const atOnce = <T>(make: () => Promise<T>): Promise<T> => make();

/** A rollout whose changes are told by hand. */
class HandRollout {
  readonly #changes: RolloutChange[] = [];
  #end: { readonly error: UvsError | undefined } | undefined;
  #wake = Promise.withResolvers<void>();
  watches = 0;
  gets = 0;
  waitingFor = 'the first';

  view(): RolloutView {
    return {
      deadline: undefined,
      plan: {
        id: 'ro-1',
        spec: {
          goal: { kind: 'release', package: 'd' },
          selector: { all: true, nodes: [], roles: [], labels: {} },
          mode: 'rolling',
          budget: 1,
          stageDeadlineMs: 1,
          waitDeadlineMs: 1,
          stepDeadlineMs: 1,
          canary: undefined,
          onFailure: { action: 'pause', tolerated: 0 },
          rollBackAfterMs: undefined,
          acknowledgedChecks: [],
          reason: '',
        },
        version: '1',
        creator: 'operator/a',
        createdAt: 0,
        order: [],
        hostnames: [],
        canaries: 0,
        skipped: {},
      },
      state: {
        state: 'running',
        reason: '',
        pause: undefined,
        pausedAt: undefined,
        endedAt: undefined,
        attempt: 1,
        approvedBy: undefined,
        counts: undefined,
      },
      newcomers: [],
      counts: { succeeded: 0, failed: 0, skipped: 0 },
      waitingFor: this.waitingFor,
      steps: [],
    };
  }

  step(message: string): void {
    const step: StepView = {
      rollout: 'ro-1',
      uid: 'n1',
      state: 'begun',
      operation: 'op-1',
      attempt: 1,
      message,
      outcome: undefined,
      beganAt: undefined,
      endedAt: undefined,
      outputTail: '',
      earlier: [],
      hostname: 'osd-1',
      phase: '',
      percent: -1,
      isCanary: false,
      needsOperator: false,
    };
    this.#changes.push({ kind: 'step', step });
    this.#tell();
  }

  finish(error?: UvsError): void {
    this.#end = { error };
    this.#tell();
  }

  async *watch(): AsyncGenerator<RolloutChange> {
    this.watches += 1;
    yield { kind: 'snapshot', rollout: this.view() };
    for (let at = 0; ;) {
      const change = this.#changes[at];
      if (change !== undefined) {
        at += 1;
        yield change;
      } else if (this.#end !== undefined) {
        if (this.#end.error !== undefined) throw this.#end.error;
        return;
      } else await this.#wake.promise;
    }
  }

  get(): RolloutView {
    this.gets += 1;
    return this.view();
  }

  #tell(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}

function feedsOf(rollout: HandRollout): RolloutFeeds {
  return new RolloutFeeds({ watch: () => rollout.watch(), get: async () => rollout.get() });
}

function told(item: FeedItem | void): string {
  if (item === undefined) return 'end';
  return item.change.kind === 'step' ? item.change.step.message : `${item.change.kind} ${item.change.rollout.waitingFor}`;
}

async function next(items: AsyncGenerator<FeedItem, void>): Promise<{ readonly text: string; readonly token: string }> {
  const { value } = await items.next();
  return { text: told(value), token: value === undefined ? '' : value.token };
}

void t.test('each watcher gets a snapshot and then every change; all share one watch of the core', async (t) => {
  const rollout = new HandRollout();
  using feeds = feedsOf(rollout);
  const [first, second] = [feeds.watch('ro-1', '', never, atOnce), feeds.watch('ro-1', '', never, atOnce)];
  t.equal((await next(first)).text, 'snapshot the first');
  t.equal((await next(second)).text, 'snapshot the first');
  rollout.step('one');
  rollout.step('two');
  t.same([(await next(first)).text, (await next(first)).text, (await next(second)).text], ['one', 'two', 'one']);
  rollout.finish();
  t.same([(await next(second)).text, (await next(second)).text, (await next(first)).text], ['two', 'end', 'end']);
  t.equal(rollout.watches, 1);
});

void t.test('a watcher that comes back with its token misses nothing and needs no snapshot', async (t) => {
  const rollout = new HandRollout();
  using feeds = feedsOf(rollout);
  const first = feeds.watch('ro-1', '', never, atOnce);
  await next(first);
  rollout.step('one');
  const { token } = await next(first);
  await first.return();
  rollout.step('two');
  const again = feeds.watch('ro-1', token, never, atOnce);
  t.equal((await next(again)).text, 'two');
  t.equal(rollout.gets, 1);
  const foreign = feeds.watch('ro-1', 'ffffffffffff.1', never, atOnce);
  t.equal((await next(foreign)).text, 'snapshot the first', 'a token of another coordinator: a snapshot');
  const nonsense = feeds.watch('ro-1', 'x', never, atOnce);
  t.equal((await next(nonsense)).text, 'snapshot the first');
});

void t.test('a watcher that reads too slowly gets a snapshot in place of what it missed', async (t) => {
  const rollout = new HandRollout();
  using feeds = feedsOf(rollout);
  const slow = feeds.watch('ro-1', '', never, atOnce);
  const quick = feeds.watch('ro-1', '', never, atOnce);
  await next(slow);
  await next(quick);
  for (let count = 0; count < 3000; count += 1) {
    rollout.step(`change ${count}`);
    await next(quick);
  }
  rollout.waitingFor = 'the last';
  t.equal((await next(slow)).text, 'snapshot the last');
  rollout.step('after');
  t.equal((await next(slow)).text, 'after');
});

void t.test('the end of the leadership ends every watcher with its reason, and a signal ends one', async (t) => {
  const rollout = new HandRollout();
  using feeds = feedsOf(rollout);
  const stop = new AbortController();
  const [first, second] = [feeds.watch('ro-1', '', never, atOnce), feeds.watch('ro-1', '', stop.signal, atOnce)];
  await next(first);
  await next(second);
  const waiting = next(second);
  stop.abort();
  t.equal((await waiting).text, 'end');
  rollout.finish(new UvsError('NOT_LEADER', 'lost'));
  t.match(await errorOf(next(first)), { reason: 'NOT_LEADER' });
});
