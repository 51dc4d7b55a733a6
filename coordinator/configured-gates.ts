import { lookup } from 'node:dns/promises';
import type { Shutdown } from '../common/lifecycle.ts';
import type { CephGateConfig, GateConfig } from './config.ts';
import type { EtcdClientOptions } from './etcd/client.ts';
import { EtcdMembers, type Places } from './etcd/member-health.ts';
import { MemberPlaces } from './etcd/member-places.ts';
import { cephCli } from './gates/ceph/cli.ts';
import { CephGate } from './gates/ceph/gate.ts';
import { greetDaemons } from './gates/ceph/greeting.ts';
import { commandGate } from './gates/command.ts';
import { etcdGate } from './gates/etcd/gate.ts';
import type { Clock, Gate } from './ports.ts';

export interface GatesContext {
  readonly etcd: EtcdClientOptions & { readonly isEmbedded: boolean };
  /** What the machine of this coordinator is called as a node. */
  readonly nodeName: string;
  readonly clock: Clock;
  readonly shutdown: Shutdown;
}

/** Makes the gates of the configuration, in its order. */
export function configuredGates(gates: readonly GateConfig[], { etcd, nodeName, clock, shutdown }: GatesContext): readonly Gate[] {
  return gates.map((gate) => {
    switch (gate.kind) {
      case 'command':
        return commandGate(gate);
      case 'etcd': {
        const members = new EtcdMembers(etcd, etcd.isEmbedded ? nowhere : memberPlaces(nodeName, clock));
        shutdown.onEnd(`gate ${gate.name}`, 1_000, () => members[Symbol.dispose]());
        return etcdGate(gate.name, members, gate.timeoutMs);
      }
      case 'ceph':
        return cephGate(gate, clock);
    }
  });
}

/** An embedded etcd has no quorum to keep: it goes and comes with its coordinator. */
const nowhere: Places = { of: async () => ({ names: [], addresses: new Set<string>(), isWhole: true }) };

function memberPlaces(nodeName: string, clock: Clock): Places {
  return new MemberPlaces(async (host) => (await lookup(host, { all: true })).map(({ address }) => address), nodeName, clock);
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
