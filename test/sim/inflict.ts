import type { Fault } from './plan.ts';
import type { World } from './world.ts';

/** Lets something go wrong in a world. */
export function inflict(world: World, fault: Fault): void {
  const { etcd, network, timeline } = world;
  const { nowMs } = timeline;
  switch (fault.kind) {
    case 'coordinator dies': {
      const machine = world.coordinator(fault.who);
      machine.crash();
      timeline.after(fault.forMs, undefined, () => machine.start());
      return;
    }
    case 'coordinator hangs':
      world.coordinator(fault.who).process.heldUntilMs = nowMs + fault.forMs;
      return;
    case 'coordinator is cut off': {
      const { id } = world.coordinator(fault.who);
      for (const other of ['etcd', ...[...world.machines.values()].map(({ hostname }) => hostname)]) network.cut(id, other, fault.forMs);
      return;
    }
    case 'coordinator loses etcd':
      return network.cut(world.coordinator(fault.who).id, 'etcd', fault.forMs);
    case 'agent dies': {
      const machine = world.node(fault.who);
      if (!machine.isOn) return;
      machine.killAgent();
      timeline.after(fault.forMs, undefined, () => {
        if (machine.agent.isDead) world.startAgent(machine);
      });
      return;
    }
    case 'agent hangs':
      world.node(fault.who).agent.heldUntilMs = nowMs + fault.forMs;
      return;
    case 'node reboots': {
      const machine = world.node(fault.who);
      world.powerOff(machine);
      timeline.after(fault.forMs, undefined, () => world.powerOn(machine));
      return;
    }
    case 'node never comes back':
      return world.powerOff(world.node(fault.who));
    case 'node is cut off':
      return network.cut(world.node(fault.who).hostname, world.coordinator(fault.from).id, fault.forMs);
    case 'node is slow':
      return network.slow(world.node(fault.who).hostname, world.coordinator(fault.from).id, fault.forMs);
    case 'node falls ill':
      return world.node(fault.who).fallIll(fault.forMs);
    case 'etcd has no majority':
      return etcd.stop(fault.forMs);
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
      timeline.after(fault.afterMs, undefined, () => {
        if (world.isHealed) return;
        world.tell(`etcd is put back to ${Math.round(fault.afterMs / 1000)} s ago`);
        world.isForgetful = true;
        etcd.restore(backup, fault.forMs, fault.isBumped);
      });
      return;
    }
    case 'clock jumps':
      world.coordinator(fault.who).process.wallOffsetMs += fault.byMs;
      return;
    default:
      fault satisfies never;
  }
}
