import type { Core } from './core.ts';
import type { Etcd } from './etcd/port.ts';
import type { CoordinatorMetrics } from './metrics.ts';
import type { Clock, Gate } from './ports.ts';

/** The same gate, its answers counted. */
export function meteredGate(gate: Gate, metrics: CoordinatorMetrics, clock: Clock): Gate {
  return {
    name: gate.name,
    kind: gate.kind,
    drain: gate.drain,
    never: gate.never?.bind(gate),
    ask: async (question, signal) => {
      const startMs = clock.monotonicMs();
      const answer = await gate.ask(question, signal);
      metrics.gateAnswered(gate.name, answer, clock.monotonicMs() - startMs);
      return answer;
    },
  };
}

/** The same etcd, its transactions counted. */
export function meteredEtcd(etcd: Etcd, onTransaction: CoordinatorMetrics['transaction'], clock: Clock): Etcd {
  return {
    get: (key) => etcd.get(key),
    range: (prefix, query) => etcd.range(prefix, query),
    txn: async (compares, changes) => {
      const startMs = clock.monotonicMs();
      try {
        const result = await etcd.txn(compares, changes);
        onTransaction(result.isDone ? 'done' : 'refused', clock.monotonicMs() - startMs);
        return result;
      } catch (error) {
        onTransaction('failed', clock.monotonicMs() - startMs);
        throw error;
      }
    },
    leaseGrant: (ttlSeconds) => etcd.leaseGrant(ttlSeconds),
    leaseKeepAlive: (id) => etcd.leaseKeepAlive(id),
    leaseRevoke: (id) => etcd.leaseRevoke(id),
    leaseTimeToLive: (id) => etcd.leaseTimeToLive(id),
    watch: (prefix, revision, listener) => etcd.watch(prefix, revision, listener),
  };
}

/** The same core, the time of each step counted: from the yes to "may I begin?" to the agent's report of its end. */
export function meteredCore(core: Core, metrics: CoordinatorMetrics): Core {
  const { slots } = core;
  return {
    ...core,
    slots: {
      list: () => slots.list(),
      find: (name) => slots.find(name),
      held: (uid) => slots.held(uid),
      packageFor: (uid) => slots.packageFor(uid),
      release: (name, reason, force, actor, requestId) => slots.release(name, reason, force, actor, requestId),
      begin: async (uid, operation, token, signal) => {
        const answer = await slots.begin(uid, operation, token, signal);
        if (answer.isYes) metrics.began(operation);
        return answer;
      },
      confirm: (uid, operation, token) => slots.confirm(uid, operation, token),
      judge: (uid, operation, token, signal) => slots.judge(uid, operation, token, signal),
      ended: async (uid, report) => {
        await slots.ended(uid, report);
        metrics.ended(report.operation, report.outcome);
      },
      gates: () => slots.gates(),
      removed: () => slots.removed(),
      drains: () => slots.drains(),
      evaluate: (uid, signal) => slots.evaluate(uid, signal),
    },
  };
}
