import type { Shutdown } from '../common/lifecycle.ts';
import type { GateConfig } from './config.ts';
import type { EtcdClientOptions } from './etcd/client.ts';
import { EtcdMembers } from './etcd/member-health.ts';
import { commandGate } from './gates/command.ts';
import { etcdGate } from './gates/etcd.ts';
import type { Gate } from './ports.ts';

/** Makes the gates of the configuration, in its order. */
export function configuredGates(gates: readonly GateConfig[], etcd: EtcdClientOptions, shutdown: Shutdown): readonly Gate[] {
  return gates.map((gate) => {
    switch (gate.kind) {
      case 'command':
        return commandGate(gate);
      case 'etcd': {
        const members = new EtcdMembers(etcd);
        shutdown.onEnd(`gate ${gate.name}`, 1_000, () => members[Symbol.dispose]());
        return etcdGate(gate.name, members, gate.timeoutMs);
      }
    }
  });
}
