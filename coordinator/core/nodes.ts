import { UvsError } from '../../common/errors.ts';
import type { Actor, Force, Introduced, NodesCore, NodeStatus } from '../core.ts';
import type { NodeRecord, Selector } from '../domain.ts';
import { compareNaturally } from '../../common/natural-order.ts';
import type { Etcd } from '../etcd/port.ts';
import { demandFreeName, refusalOfName } from '../name-owner.ts';
import { acceptedRoles, withRoles } from '../roles.ts';
import { selectNodes } from '../select.ts';
import { keys } from '../state/keys.ts';
import { recordText } from '../state/parse.ts';
import type { Mirror } from '../state/mirror.ts';
import { statusOf, type Leading } from './leading.ts';
import { findNode } from './find-node.ts';
import { noteLocalOperation } from './local-operations.ts';
import { mendSlot } from './mend-slot.ts';
import { removalDecision, writeOffDecision } from './node-removal.ts';
import { whatIsKnown } from './what-is-known.ts';
import { withWithdrawal } from './withdrawal.ts';

const unforced: Force = { isForced: false, isPoweredOff: false };

/** The registry of enrolled nodes; leader only, but for the question who is enrolled. */
export class Nodes implements NodesCore {
  readonly #etcd: Pick<Etcd, 'get'>;
  readonly #leading: () => Leading;
  readonly #machines: () => ReadonlyMap<string, string>;

  /** @param machines host names of the coordinators' machines, by the coordinators' ids */
  constructor(etcd: Pick<Etcd, 'get'>, requireLeading: () => Leading, machines: () => ReadonlyMap<string, string>) {
    this.#etcd = etcd;
    this.#leading = requireLeading;
    this.#machines = machines;
  }

  list(): readonly NodeRecord[] {
    return [...this.#leading().ledger.mirror.nodes.values()].toSorted(
      (left, right) => compareNaturally(left.hostname, right.hostname) || compareNaturally(left.uid, right.uid),
    );
  }

  find(name: string): NodeRecord {
    return findNode(this.#leading().ledger.mirror, name);
  }

  async isEnrolled(uid: string): Promise<boolean> {
    return (await this.#etcd.get(keys.node(uid))) !== undefined;
  }

  select(selector: Selector): readonly NodeRecord[] {
    return selectNodes([...this.#leading().ledger.mirror.nodes.values()], selector);
  }

  status(uid: string): NodeStatus {
    const leading = this.#leading();
    const { mirror } = leading.ledger;
    return statusOf(leading, findNode(mirror, uid), mirror.slots.get(uid));
  }

  async enrol(node: NodeRecord, actor: Actor): Promise<void> {
    await this.#leading().requests.perform({ actor, action: 'nodes.enrol', content: {}, requestId: '' }, (mirror) => {
      if (mirror.nodes.has(node.uid)) {
        throw new UvsError('ALREADY_EXISTS', `the UID ${node.uid} is enrolled already`, { details: { node: node.uid } });
      }
      demandFreeName(mirror.nodes.values(), node.hostname);
      return {
        // a UID that was minted now holds nothing
        changes: [{ of: 'node', record: { ...node, reportedEpoch: mirror.epoch } }],
        audit: { resource: `nodes/${node.uid}`, message: `${node.hostname}, roles ${named(node.roles)}` },
        result: node.uid,
      };
    });
  }

  epoch(): string {
    return this.#leading().ledger.mirror.epoch;
  }

  async learn(uid: string, said: Introduced): Promise<void> {
    const { clock, ledger } = this.#leading();
    const refused = await ledger.commit((mirror) => {
      const node = findNode(mirror, uid);
      // a name that is another node's would turn that one's orders on this one: it keeps its own
      const taken = refusalOfName(node, said.hostname, { nodes: mirror.nodes.values(), machines: this.#machines() });
      const hostname = taken === undefined ? said.hostname : node.hostname;
      // what was said before the adoption may be from before etcd was put back
      const isOfNow = said.epoch === undefined || said.epoch === mirror.epoch;
      const reportedEpoch = mirror.ledger.isAdopting && isOfNow ? mirror.epoch : node.reportedEpoch;
      const learnt = { ...withRoles(node, said.roles), hostname, addresses: said.addresses, facts: said.facts, reportedEpoch };
      const mended = mendSlot(mirror, node, said, clock.wallMs());
      if (mended === undefined && essence(learnt) === essence(node)) return { nothing: true, result: taken };
      const message = mended?.message ?? newIdentity(node, learnt);
      return {
        compares: mended?.compares ?? [],
        changes: [{ of: 'node', record: learnt }, ...(mended?.changes ?? [])],
        audit: message === '' ? undefined : { actor: `node/${uid}`, action: 'nodes.learn', resource: `nodes/${uid}`, message },
        result: taken,
      };
    });
    if (refused === undefined) return;
    throw new UvsError('CONFLICT', `node ${uid} says that it is ${said.hostname}, which is ${refused.why}`, {
      hint: 'It keeps the name it had: give the machine another host name, or, where the name is right, remove the node and let it join again.',
      details: { node: uid, hostname: said.hostname, owner: refused.owner },
    });
  }

  cordon(uid: string, reason: string, actor: Actor, requestId: string): Promise<NodeRecord> {
    const audit = (mirror: Mirror, node: NodeRecord): string => `${reason}; known: ${whatIsKnown(this.#leading(), mirror, node.uid)}`;
    return this.#change('nodes.cordon', { name: uid, reason }, actor, requestId, audit, (node) => ({ ...node, cordonReason: reason }));
  }

  uncordon(uid: string, reason: string, actor: Actor, requestId: string): Promise<NodeRecord> {
    const audit = (mirror: Mirror, node: NodeRecord): string => {
      const was = node.cordonReason === undefined ? 'it was not cordoned' : `it was cordoned for: ${node.cordonReason}`;
      return `${reason}; known: ${was}; ${whatIsKnown(this.#leading(), mirror, node.uid)}`;
    };
    return this.#change('nodes.uncordon', { name: uid, reason }, actor, requestId, audit, (node) => ({ ...node, cordonReason: undefined }));
  }

  acceptRoles(uid: string, roles: readonly string[], reason: string, actor: Actor, requestId: string): Promise<NodeRecord> {
    const audit = (mirror: Mirror, node: NodeRecord): string =>
      `roles ${named(roles)}, counted as ${named(acceptedRoles(node))}: ${reason}; known: ${whatIsKnown(this.#leading(), mirror, node.uid)}`;
    return this.#change('nodes.accept-roles', { name: uid, roles, reason }, actor, requestId, audit, (node) => {
      if (named(node.roles) !== named(roles)) {
        throw new UvsError('CONFLICT', `${node.hostname} says by now that its roles are ${named(node.roles)}, not ${named(roles)}`, {
          hint: `See that they are right: uvsctl nodes show ${node.hostname}`,
          details: { node: uid },
        });
      }
      return { ...node, acceptedRoles: undefined };
    });
  }

  label(
    uid: string,
    set: Readonly<Record<string, string>>,
    remove: readonly string[],
    actor: Actor,
    requestId: string,
  ): Promise<NodeRecord> {
    const message = [...Object.entries(set).map(([key, value]) => `${key}=${value}`), ...remove.map((key) => `${key}-`)].join(' ');
    return this.#change(
      'nodes.label',
      { name: uid, set, remove },
      actor,
      requestId,
      () => message,
      (node) => ({
        ...node,
        labels: Object.fromEntries(Object.entries({ ...node.labels, ...set }).filter(([key]) => !remove.includes(key))),
      }),
    );
  }

  noteLocal(uid: string, done: Parameters<NodesCore['noteLocal']>[1]): Promise<void> {
    return noteLocalOperation(this.#leading(), uid, done);
  }

  async remove(name: string, reason: string, actor: Actor, requestId: string, force: Force = unforced): Promise<void> {
    const leading = this.#leading();
    await leading.requests.perform({ actor, action: 'nodes.remove', content: { name, reason, force }, requestId }, async (mirror) => {
      const wish = removalDecision(leading, mirror, name, reason, actor, force);
      return await withWithdrawal(leading.etcd, mirror.nodes.get(wish.result), wish);
    });
  }

  async writeOff(name: string, reason: string, isPoweredOff: boolean, actor: Actor, requestId: string): Promise<void> {
    const leading = this.#leading();
    await leading.requests.perform({ actor, action: 'nodes.write-off', content: { name, reason }, requestId }, async (mirror) => {
      const wish = writeOffDecision(leading, mirror, name, reason, isPoweredOff);
      return await withWithdrawal(leading.etcd, mirror.nodes.get(wish.result), wish);
    });
  }

  /** @param content all that is asked for, each part by itself: of a text made of them two may be the same */
  async #change(
    action: string,
    content: { readonly name: string; readonly [part: string]: unknown },
    actor: Actor,
    requestId: string,
    audit: (mirror: Mirror, node: NodeRecord) => string,
    change: (node: NodeRecord) => NodeRecord,
  ): Promise<NodeRecord> {
    const { ledger, requests } = this.#leading();
    const uid = await requests.perform({ actor, action, content, requestId }, (mirror) => {
      const node = findNode(mirror, content.name);
      const message = audit(mirror, node);
      return {
        changes: [{ of: 'node', record: change(node) }],
        audit: { resource: `nodes/${node.uid}`, message: `${node.hostname}${message === '' ? '' : `: ${message}`}` },
        result: node.uid,
      };
    });
    return findNode(ledger.mirror, uid);
  }
}

function named(roles: readonly string[]): string {
  return roles.join(' ') || 'none';
}

/** What is worth a transaction: the space on a disk changes all the time, and is shown as the node's session tells it. */
function essence({ facts, ...node }: NodeRecord): string {
  return recordText({ ...node, facts: facts === undefined ? undefined : { ...facts, diskFreeBytes: 0, diskTotalBytes: 0 } });
}

/** Says what changed of who the node is, which decides what may be done to it and is audited; empty where only its facts did. */
function newIdentity(before: NodeRecord, after: NodeRecord): string {
  const waits = after.acceptedRoles === undefined ? '' : `; ${named(after.acceptedRoles)} goes on counting until they are accepted`;
  const changes = [
    ...(before.hostname === after.hostname ? [] : [`name ${after.hostname}, was ${before.hostname}`]),
    ...(named(before.roles) === named(after.roles) ? [] : [`roles ${named(after.roles)}, were ${named(before.roles)}${waits}`]),
  ];
  return changes.join('; ');
}
