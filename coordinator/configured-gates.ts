import type { Shutdown } from '../common/lifecycle.ts';
import type { CephGateConfig, GateConfig } from './config.ts';
import type { EtcdClientOptions } from './etcd/client.ts';
import { EtcdMembers } from './etcd/member-health.ts';
import { cephCli } from './gates/ceph/cli.ts';
import { CephGate } from './gates/ceph/gate.ts';
import { greetDaemons } from './gates/ceph/greeting.ts';
import { commandGate } from './gates/command.ts';
import { etcdGate } from './gates/etcd.ts';
import type { Clock, Gate } from './ports.ts';

/** Makes the gates of the configuration, in its order. */
export function configuredGates(
  gates: readonly GateConfig[],
  { etcd, clock, shutdown }: { readonly etcd: EtcdClientOptions; readonly clock: Clock; readonly shutdown: Shutdown },
): readonly Gate[] {
  return gates.map((gate) => {
    switch (gate.kind) {
      case 'command':
        return commandGate(gate);
      case 'etcd': {
        const members = new EtcdMembers(etcd);
        shutdown.onEnd(`gate ${gate.name}`, 1_000, () => members[Symbol.dispose]());
        return etcdGate(gate.name, members, gate.timeoutMs);
      }
      case 'ceph':
        return cephGate(gate, clock);
    }
  });
}

/** A monitor on the same network answers in milliseconds; one that is gone must not take the time that Ceph's own answers need. */
const GREETING_MS = 2_000;

function cephGate({ argv, user, conf, keyring, ...gate }: CephGateConfig, clock: Clock): Gate {
  const connectSeconds = Math.ceil(gate.timeoutMs / 1000);
  return new CephGate({
    ...gate,
    ceph: cephCli({ argv, user, conf, keyring, connectSeconds }),
    greet: greetDaemons(Math.min(GREETING_MS, gate.timeoutMs)),
    clock,
  });
}
