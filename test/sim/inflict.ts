import { WRITE_MS } from './disk.ts';
import type { Own } from './moments.ts';
import type { Fault } from './plan.ts';
import type { World } from './world.ts';

/** Lets something go wrong in a world. */
export function inflict(world: World, fault: Fault, own: Own | undefined): void {
  const { etcd, network, timeline } = world;
  const { nowMs } = timeline;
  switch (fault.kind) {
    case 'coordinator dies': {
      const machine = world.coordinator(fault.who, own);
      machine.crash();
      timeline.after(fault.forMs, undefined, () => machine.start());
      return;
    }
    case 'coordinator hangs':
      world.coordinator(fault.who, own).process.heldUntilMs = nowMs + fault.forMs;
      return;
    case 'coordinator is cut off': {
      const { id } = world.coordinator(fault.who, own);
      for (const other of ['etcd', ...[...world.machines.values()].map(({ hostname }) => hostname)]) network.cut(id, other, fault.forMs);
      return;
    }
    case 'coordinator loses etcd':
      return network.cut(world.coordinator(fault.who, own).id, 'etcd', fault.forMs);
    case 'agent dies': {
      const machine = world.node(fault.who, own);
      if (!machine.isOn) return;
      machine.killAgent();
      timeline.after(fault.forMs, undefined, () => {
        if (machine.agent.isDead) world.startAgent(machine);
      });
      return;
    }
    case 'agent hangs':
      world.node(fault.who, own).agent.heldUntilMs = nowMs + fault.forMs;
      return;
    case 'node reboots': {
      const machine = world.node(fault.who, own);
      world.powerOff(machine);
      timeline.after(fault.forMs, undefined, () => world.powerOn(machine));
      return;
    }
    case 'node never comes back':
      return world.powerOff(world.node(fault.who, own));
    case 'node is cut off':
      return network.cut(world.node(fault.who, own).hostname, world.coordinator(fault.from, own).id, fault.forMs);
    case 'node is slow':
      return network.slow(world.node(fault.who, own).hostname, world.coordinator(fault.from, own).id, fault.forMs);
    case 'node falls ill':
      return world.node(fault.who, own).fallIll(fault.forMs);
    case 'disk is slow': {
      const { disk } = world.node(fault.who, own);
      disk.writeMs = fault.writeMs;
      timeline.after(fault.forMs, undefined, () => (disk.writeMs = WRITE_MS));
      return;
    }
    case 'etcd has no majority':
      return etcd.stop(fault.forMs);
    case 'etcd elects a leader':
      return etcd.elect(fault.forMs);
    case 'etcd loses calls':
      etcd.lossy = fault.share;
      timeline.after(fault.forMs, undefined, () => (etcd.lossy = 0));
      return;
    case 'a lease ends early':
      return etcd.endLeaseEarly();
    case 'etcd compacts':
      return etcd.compact();
    case 'watches break':
      return etcd.endWatches();
    case 'etcd is restored': {
      const backup = etcd.store.backup();
      const { revision } = etcd.store;
      timeline.after(fault.afterMs, undefined, () => {
        if (world.isHealed) return;
        world.tell(`etcd is put back to ${Math.round(fault.afterMs / 1000)} s ago`);
        if (etcd.store.revision > revision) world.forgetfulSinceMs = timeline.nowMs;
        etcd.restore(backup, fault.forMs, fault.isBumped);
        world.forgetDrains();
      });
      return;
    }
    case 'clock jumps':
      world.coordinator(fault.who, own).process.clock.offsetMs += fault.byMs;
      return;
    case "a node's clock jumps":
      world.node(fault.who, own).agent.clock.offsetMs += fault.byMs;
      return;
    default:
      fault satisfies never;
  }
}
