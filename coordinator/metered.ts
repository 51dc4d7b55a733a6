import type { Etcd } from './etcd/port.ts';
import type { CoordinatorMetrics } from './metrics.ts';
import type { Clock, Gate } from './ports.ts';

/** The same gate, its answers counted. */
export function meteredGate(gate: Gate, metrics: CoordinatorMetrics, clock: Clock): Gate {
  return {
    name: gate.name,
    kind: gate.kind,
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
