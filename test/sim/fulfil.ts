import { toUvsError } from '../../common/errors.ts';
import type { RolloutGoal } from '../../coordinator/domain.ts';
import { specOf } from '../support/cluster.ts';
import type { Machine } from './machine.ts';
import type { Own } from './moments.ts';
import { actor } from './operator.ts';
import { simulatedPackages, UNIT } from './packages.ts';
import type { Wish } from './plan.ts';
import { ledgerIn, slotsIn } from './stored.ts';
import { generationOf, type World } from './world.ts';

/** Has the operator do something. */
export function fulfil(world: World, wish: Wish, own: Own | undefined): void {
  const ask = world.operator.ask.bind(world.operator);
  switch (wish.kind) {
    case 'roll out':
      return rollOut(world, wish);
    case 'pause':
    case 'resume':
    case 'approve':
    case 'abort': {
      const id = world.rollout(wish.rollout, own);
      if (id === undefined) return;
      if (wish.kind === 'pause') ask(`pause ${id}`, (core, request) => core.rollouts.pause(id, 'to look', actor, request));
      else if (wish.kind === 'resume') ask(`resume ${id}`, (core, request) => core.rollouts.resume(id, 'mended', actor, request));
      else if (wish.kind === 'approve') ask(`approve ${id}`, (core, request) => core.rollouts.approve(id, 'it is fine', actor, request));
      else ask(`abort ${id}`, (core, request) => core.rollouts.abort(id, 'no more', actor, request));
      return;
    }
    case 'cordon': {
      const { uid, hostname } = world.node(wish.node, own);
      return ask(`cordon ${hostname}`, (core, request) => core.nodes.cordon(uid, 'a fan', actor, request));
    }
    case 'uncordon': {
      const { uid, hostname } = world.node(wish.node, own);
      return ask(`uncordon ${hostname}`, (core, request) => core.nodes.uncordon(uid, 'mended', actor, request));
    }
    case 'release':
    case 'override': {
      const { uid, hostname } = world.node(wish.node, own);
      // the word that it is off may be wrong
      const isForced = wish.kind === 'override';
      return ask(`release ${hostname}${isForced ? ' by force' : ''}`, (core, request) =>
        core.slots.release(uid, 'it takes too long', { isForced, isPoweredOff: isForced }, actor, request),
      );
    }
    case 'remove': {
      const { uid, hostname } = world.node(wish.node, own);
      return ask(`remove ${hostname}`, (core, request) => core.nodes.remove(uid, 'not needed', actor, request));
    }
    case 'replace':
    case 'replace by force':
      return replace(world, world.node(wish.node, own), wish.kind === 'replace by force');
    case 're-enrol':
      return reEnrol(world, world.node(wish.node, own), wish.isForced);
    case 'freeze':
      return ask('freeze', (core, request) => core.cluster.freeze('a storm', actor, request));
    case 'thaw':
      return ask('thaw', (core, request) => core.cluster.thaw('over', actor, request));
    case 'adopt':
      return ask('adopt', (core, request) => core.cluster.adopt('to be sure', actor, request));
    case 'budget':
      world.mostDown = Math.max(world.mostDown, wish.nodes);
      return ask(`budget ${wish.nodes}`, (core, request) => core.cluster.setBudget('cluster', wish.nodes, '', actor, request));
    default:
      wish satisfies never;
  }
}

function rollOut(world: World, wish: Extract<Wish, { kind: 'roll out' }>): void {
  const record = simulatedPackages[wish.release];
  if (record === undefined) return;
  const spec = specOf({
    goal: goalOf(wish.goal, record.digest),
    selector: { all: false, nodes: wish.nodes.map((index) => world.node(index, undefined).uid), roles: [], labels: {} },
    mode: wish.budget === 1 ? 'rolling' : 'parallel',
    budget: wish.budget,
    stageDeadlineMs: 300_000,
    waitDeadlineMs: 300_000,
    stepDeadlineMs: 300_000,
    canary: wish.canary,
    onFailure: wish.onFailure,
  });
  world.mostDown = Math.max(world.mostDown, wish.budget);
  world.operator.ask(
    wish.goal === 'release' ? `roll out ${record.version}` : wish.goal,
    (core, request) => core.rollouts.create(spec, actor, request),
    ({ plan }) => void world.rollouts.push(plan.id),
  );
}

function goalOf(kind: Exclude<RolloutGoal['kind'], 'rollback' | 'migration'>, digest: string): RolloutGoal {
  switch (kind) {
    case 'release':
      return { kind, package: digest };
    case 'restart':
      return { kind, units: [UNIT] };
    case 'reboot':
      return { kind };
  }
}

/** A removal whose answer was lost is refused when it is repeated after its request was forgotten: whoever reads that goes on. @throws the error, if it is another */
function demandRemoved(error: unknown, uid: string): void {
  const { reason, details } = toUvsError(error);
  if (reason !== 'NOT_FOUND' || details['node'] !== uid) throw error;
}

/** What it takes to bring another machine. */
const REPLACED_MS = 60_000;

/** The machine is thrown away and another takes its place. */
function replace(world: World, old: Machine, isForced: boolean): void {
  if (old.isGone) return;
  const place = world.nodes.indexOf(old);
  const generation = generationOf(old) + 1;
  world.powerOff(old);
  old.isGone = true;
  const join = (): void => {
    world.addNode(place, generation);
    world.join(world.node(place, undefined));
  };
  // whoever was heard a moment ago is not believed to be off
  world.timeline.after(REPLACED_MS, undefined, () => {
    if (!isForced) return writeOff(world, old, join);
    const off = { isForced: true, isPoweredOff: true };
    world.operator.ask(
      `remove ${old.hostname} by force`,
      (core, request) =>
        core.nodes.remove(old.uid, 'new board', actor, request, off).catch((error: unknown) => demandRemoved(error, old.uid)),
      join,
    );
  });
}

/** The machine is removed, and joins anew without its old credential; its journal stays, and names what its old UID had begun. */
function reEnrol(world: World, machine: Machine, isForced: boolean): void {
  const { uid, hostname } = machine;
  if (machine.isGone) return;
  const force = { isForced, isPoweredOff: isForced };
  const remove = (): void => {
    world.operator.ask(
      `remove ${hostname}, which is to join again`,
      (core, request) => core.nodes.remove(uid, 'it was away', actor, request, force).catch((error: unknown) => demandRemoved(error, uid)),
      () => rejoin(world, machine, uid),
    );
  };
  if (!isForced) return remove();
  world.powerOff(machine);
  world.timeline.after(REPLACED_MS, undefined, remove);
}

/** @param uid by which it was removed; it may have been replaced, or have joined again, since */
export function rejoin(world: World, machine: Machine, uid: string): void {
  if (machine.isGone || machine.uid !== uid) return;
  world.mintAnew(machine);
  world.join(machine);
}

/** Of a machine that is off for good: force, then the word that it never comes back. */
export function writeOff(
  { etcd, operator }: World,
  { uid, hostname }: Pick<Machine, 'uid' | 'hostname'>,
  done: () => void = () => undefined,
): void {
  const off = { isForced: true, isPoweredOff: true };
  const strike = (): void =>
    operator.ask(`write off ${hostname}`, (core, request) => core.nodes.writeOff(uid, 'it is scrap', true, actor, request), done);
  // one that was heard a moment ago is not believed to be off: whoever comes back later has taken its slot already
  if (!slotsIn(etcd.store).some((slot) => slot.uid === uid && slot.state !== 'quarantined')) return strike();
  operator.ask(`release ${hostname} by force`, (core, request) => core.slots.release(uid, 'it is off', off, actor, request), strike);
}

export function adopt({ etcd, operator }: World): void {
  if (ledgerIn(etcd.store).hold === undefined) return;
  operator.ask('adopt', (core, request) => core.cluster.adopt('it was restored', actor, request));
}
