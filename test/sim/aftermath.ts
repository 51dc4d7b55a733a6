import { keys } from '../../coordinator/state/keys.ts';
import { WRITE_MS } from './disk.ts';
import { adopt, rejoin, writeOff } from './fulfil.ts';
import type { Machine } from './machine.ts';
import { actor } from './operator.ts';
import { BrokenPromise } from './broken-promise.ts';
import { isIdle, needingOperator } from './machine-journal.ts';
import { drainsIn, rolloutsIn, slotsIn } from './stored.ts';
import { recoverByHand } from './recovery.ts';
import type { World } from './world.ts';

/** After all has healed: how long everything may take to come to its end. */
const SETTLE_MS = 1_500_000;
const TIDY_MS = 90_000;

/** From now on nothing goes wrong any more, and whatever was begun comes to its end. @throws BrokenPromise */
export async function settle(world: World): Promise<void> {
  heal(world);
  const healedMs = world.timeline.nowMs;
  for (let untilMs = healedMs + TIDY_MS; untilMs < healedMs + SETTLE_MS; untilMs += TIDY_MS) {
    tidy(world);
    await world.runUntil(untilMs);
    if (isSettled(world)) return;
  }
  throw stillWaiting(world);
}

function heal(world: World): void {
  const { etcd, network, timeline } = world;
  world.isHealed = true;
  world.tell('everything heals');
  network.heal();
  etcd.start();
  etcd.lossy = 0;
  for (const machine of world.coordinators) {
    timeline.release(machine.process);
    machine.start();
  }
  for (const machine of world.nodes) {
    machine.illUntilMs = 0;
    machine.disk.writeMs = WRITE_MS;
    timeline.release(machine.agent);
    world.powerOn(machine);
  }
}

/** What a patient operator does: thaws, uncordons, approves, resumes what has paused, and writes off what never comes back. */
function tidy(world: World): void {
  const { etcd, machines } = world;
  const ask = world.operator.ask.bind(world.operator);
  ask('thaw', (core, request) => core.cluster.thaw('over', actor, request));
  adopt(world);
  for (const [uid, machine] of machines) {
    const { hostname } = machine;
    const isEnrolled = etcd.store.get(keys.node(uid)) !== undefined;
    if (!isEnrolled && !slotsIn(etcd.store).some((slot) => slot.uid === uid)) continue;
    if (machine.isGone) writeOff(world, { uid, hostname });
    else if (machine.uid !== uid) settleFormer(world, machine, uid);
    // whoever removed it, to let it join again, had no answer in time
    else if (!isEnrolled) rejoin(world, machine, uid);
    else {
      // whoever enrolled it had no answer in time, and tries again
      if (machine.isOn && machine.agent.isDead) world.join(machine);
      ask(`uncordon ${hostname}`, (core, request) => core.nodes.uncordon(uid, 'mended', actor, request));
      acceptAsItIs(world, machine);
    }
  }
  for (const { id, plan, state } of rolloutsIn(etcd.store)) {
    if (state.endedAt !== undefined) continue;
    // also where no canary is left
    const needsWord = plan.spec.canary !== undefined && state.approvedBy === undefined;
    // with the monitors that are left no quorum could be kept; another rollout has brought what is newer
    const isHopeless = /monitors would be up|RELEASE_NOT_NEWER/.test(state.reason);
    if (needsWord) ask(`approve ${id}`, (core, request) => core.rollouts.approve(id, 'it is fine', actor, request));
    if (state.state !== 'paused') continue;
    if (isHopeless) ask(`abort ${id}`, (core, request) => core.rollouts.abort(id, 'it can never end', actor, request));
    else ask(`resume ${id}`, (core, request) => core.rollouts.resume(id, 'mended', actor, request));
  }
}

/** What the machine was before it joined again never comes back; it is written off once the agent is through with what it had begun then. */
function settleFormer(world: World, machine: Machine, uid: string): void {
  if (isIdle(machine) && machine.isServing) writeOff(world, { uid, hostname: machine.hostname });
}

function acceptAsItIs(world: World, machine: Machine): void {
  const operation = needingOperator(machine);
  if (operation === undefined) return;
  world.tell(`the operator puts ${machine.hostname} in order and accepts ${operation}`);
  machine.putInOrder();
  machine.killAgent();
  void recoverByHand(machine, world.network.timeline, operation, () => world.startAgent(machine));
}

function isSettled({ etcd: { store }, storage }: World): boolean {
  const isOver = rolloutsIn(store).every(({ state }) => state.endedAt !== undefined) && slotsIn(store).length === 0;
  return isOver && drainsIn(store).length === 0 && storage.own.length === 0;
}

function stillWaiting({ etcd: { store }, storage }: World): BrokenPromise {
  const open = rolloutsIn(store).filter(({ state }) => state.endedAt === undefined);
  const waiting = [
    ...open.map(({ id, state }) => `${id} (${state.state}${state.reason === '' ? '' : `: ${state.reason}`})`),
    ...slotsIn(store).map((slot) => `the slot of ${slot.uid} (${slot.state}, ${slot.operation})`),
    ...drainsIn(store).map(({ uid, state, operation }) => `the drain of ${uid} (${state}, ${operation})`),
    ...storage.own.map((flag) => `${flag}, which is still set`),
  ];
  return new BrokenPromise(
    'all comes to its end',
    `${SETTLE_MS / 60_000} minutes after all had healed these still wait: ${waiting.join(', ')}`,
  );
}
