import { UvsError } from '../../common/errors.ts';
import { describeBudget, describeDown } from '../budget.ts';
import type { Actor, ClusterCore } from '../core.ts';
import type { LeaderRecord } from '../election.ts';
import type { Etcd } from '../etcd/port.ts';
import { rangeAll } from '../etcd/port.ts';
import type { KnownMember } from '../domain.ts';
import { unheardNodes } from '../hold.ts';
import { keys, lastPart } from '../state/keys.ts';
import { parseRecord } from '../state/parse.ts';
import { epochSchema, ledgerSchema, memberSchema } from '../state/records.ts';
import type { Mirror } from '../state/mirror.ts';
import type { Wish } from '../state/requests.ts';
import { countNow, type Leading } from './leading.ts';
import type { Presence } from './presence.ts';

const SCOPE = /^(?:cluster|role\/[a-z0-9][a-z0-9-]{0,31})$/u;
const MOST_NODES = 10_000;

export interface ClusterOptions {
  readonly etcd: Etcd;
  readonly leading: () => Leading | undefined;
  readonly requireLeading: () => Leading;
  readonly knownLeader: () => LeaderRecord | undefined;
  readonly randomUuid: () => string;
  readonly presence: Pick<Presence, 'downSince' | 'isUnfit'>;
  /** Compares etcd with what this coordinator remembers. */
  readonly judgeEtcd: () => Promise<unknown>;
  /** Writes into etcd what it has forgotten of the withdrawn certificates. */
  readonly restoreWithdrawals: () => Promise<void>;
}

export class Cluster implements ClusterCore {
  readonly #options: ClusterOptions;

  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  async describe(): ReturnType<ClusterCore['describe']> {
    const leading = this.#options.leading();
    if (leading?.term.isCurrent() === true) {
      const { epoch, ledger } = leading.ledger.mirror;
      const { id, grpcAddress, httpsAddress } = leading.term.leader;
      return {
        epoch,
        leader: { id, grpcAddress, httpsAddress },
        members: await this.members(),
        ledger,
        unheard: unheardNodes(ledger, leading.ledger.mirror.nodes.values(), epoch),
      };
    }
    const { etcd, knownLeader } = this.#options;
    const [epoch, ledger, members] = await Promise.all([etcd.get(keys.epoch), etcd.get(keys.ledger), this.members()]);
    if (epoch === undefined || ledger === undefined) throw new UvsError('INTERNAL', `etcd has no ${keys.epoch} or no ${keys.ledger}`);
    const known = knownLeader();
    return {
      epoch: parseRecord(epochSchema, epoch).epoch,
      leader: known === undefined ? undefined : { id: known.id, grpcAddress: known.grpcAddress, httpsAddress: known.httpsAddress },
      members,
      ledger: parseRecord(ledgerSchema, ledger),
      unheard: [],
    };
  }

  /** Read, not taken from the mirror: a coordinator that has just entered shows there only with the next transaction. */
  async members(): Promise<readonly KnownMember[]> {
    const { etcd, presence } = this.#options;
    const [members, presences] = await Promise.all([
      rangeAll(etcd, keys.members),
      rangeAll(etcd, keys.presences, undefined, { isKeysOnly: true }),
    ]);
    const present = new Set(presences.entries.map(({ key }) => lastPart(key)));
    return members.entries
      .map((entry) => parseRecord(memberSchema, entry))
      .map((member) => {
        const isDown = !present.has(member.id);
        const downSince = isDown ? presence.downSince(member.id) : undefined;
        return { ...member, isDown, downSince, isUnfit: presence.isUnfit(member.id) };
      });
  }

  async removeMember(id: string, reason: string, actor: Actor, requestId: string): Promise<void> {
    const leading = this.#options.requireLeading();
    await leading.requests.perform({ actor, action: 'members.remove', content: { id, reason }, requestId }, async (mirror) => {
      const member = (await this.members()).find((known) => known.id === id);
      if (member === undefined) {
        throw new UvsError('NOT_FOUND', `there is no coordinator "${id.slice(0, 64)}"`, { hint: '`uvsctl coordinators list` shows them.' });
      }
      if (!member.isDown || id === leading.term.leader.id) {
        throw new UvsError('NOT_ALLOWED_NOW', `coordinator ${id} runs, and would only enter itself again`, {
          hint: 'Stop it for good on its machine (systemctl disable --now uvs-coordinator), then remove it.',
        });
      }
      const { size } = mirror.members;
      return {
        // one that starts at this moment stays
        compares: [{ on: 'create', key: keys.presence(id), equals: 0 }],
        changes: [{ of: 'member-gone', id }],
        audit: { resource: `members/${id}`, message: `${reason}; known: gRPC at ${member.grpcAddress}, ${size} coordinators before` },
        result: id,
      };
    });
  }

  async freeze(reason: string, actor: Actor, requestId: string): Promise<void> {
    const leading = this.#options.requireLeading();
    await leading.requests.perform({ actor, action: 'cluster.freeze', content: { reason }, requestId }, (mirror) => ({
      changes: [],
      // whoever waits for it sees whom to ask
      ledger: { freezeReason: `${reason} (${actor.identity}, ${minuteOf(leading.clock.wallMs())})` },
      audit: { resource: 'cluster', message: `${reason}; known: ${describeDown(countNow(leading, mirror))}` },
      result: '',
    }));
  }

  async thaw(reason: string, actor: Actor, requestId: string): Promise<void> {
    const leading = this.#options.requireLeading();
    await leading.requests.perform({ actor, action: 'cluster.thaw', content: { reason }, requestId }, (mirror) => {
      const { freezeReason } = mirror.ledger;
      const was = freezeReason === undefined ? 'it was not frozen' : `it was frozen for: ${freezeReason}`;
      return {
        changes: [],
        ledger: { freezeReason: undefined },
        audit: { resource: 'cluster', message: `${reason}; known: ${was}; ${describeDown(countNow(leading, mirror))}` },
        result: '',
      };
    });
  }

  async adopt(reason: string, actor: Actor, requestId: string): Promise<void> {
    const { judgeEtcd, randomUuid, requireLeading, restoreWithdrawals } = this.#options;
    const epoch = randomUuid();
    // one that was put back a moment ago may not have been looked at since
    await judgeEtcd();
    await requireLeading().requests.perform({ actor, action: 'cluster.adopt', content: { reason }, requestId }, async (mirror) => {
      await this.#demandHold();
      const { hold } = mirror.ledger;
      const adopted = [...new Set([...mirror.adoptedEpochs, mirror.epoch, ...(hold?.epochs ?? [])])];
      const known = `${hold?.reason ?? 'nothing was held'}; ${mirror.slots.size} slots, ${mirror.nodes.size} nodes`;
      return {
        changes: [{ of: 'epoch', epoch, adopted }],
        // tokens that were used up or revoked since the backup would be good again
        otherChanges: [{ do: 'delete-prefix', prefix: keys.tokens }],
        ledger: { hold: undefined, isAdopting: true },
        audit: { resource: 'cluster', message: `epoch ${epoch} in place of ${mirror.epoch}: ${reason}; known: ${known}` },
        result: epoch,
      };
    });
    await judgeEtcd();
    await restoreWithdrawals();
  }

  /** Read, not taken from the mirror: it is not the leader alone that holds the cluster. @throws UvsError NOT_ALLOWED_NOW */
  async #demandHold(): Promise<void> {
    const entry = await this.#options.etcd.get(keys.ledger);
    const ledger = entry === undefined ? undefined : parseRecord(ledgerSchema, entry);
    if (ledger === undefined || ledger.hold !== undefined || ledger.isAdopting) return;
    throw new UvsError('NOT_ALLOWED_NOW', 'there is nothing to adopt: etcd is as it is remembered', {
      hint: 'Where etcd was restored or made anew, `uvsctl status` shows the cluster as Held.',
    });
  }

  async setBudget(scope: string, nodes: number, reason: string, actor: Actor, requestId: string): Promise<void> {
    demandScope(scope);
    if (!Number.isInteger(nodes) || nodes < 0 || nodes > MOST_NODES) {
      throw new UvsError('INVALID_ARGUMENT', `a budget is a number of nodes from 0 to ${MOST_NODES}, not ${nodes}`);
    }
    const leading = this.#options.requireLeading();
    await leading.requests.perform({ actor, action: 'cluster.set-budget', content: { scope, nodes, reason }, requestId }, (mirror) => ({
      changes: [],
      ledger: { budgets: { ...mirror.ledger.budgets, [scope]: nodes } },
      audit: budgetAudit(leading, mirror, scope, `${nodes}`, reason),
      result: '',
    }));
  }

  async unsetBudget(scope: string, reason: string, actor: Actor, requestId: string): Promise<void> {
    demandScope(scope);
    const leading = this.#options.requireLeading();
    await leading.requests.perform({ actor, action: 'cluster.unset-budget', content: { scope, reason }, requestId }, (mirror) => {
      const { [scope]: _, ...others } = mirror.ledger.budgets;
      return { changes: [], ledger: { budgets: others }, audit: budgetAudit(leading, mirror, scope, 'unset', reason), result: '' };
    });
  }
}

/** What a budget becomes, with what it was and who of its scope is down. */
function budgetAudit(leading: Leading, mirror: Mirror, scope: string, becomes: string, reason: string): Wish['audit'] {
  const was = describeBudget(mirror.ledger.budgets, scope);
  const known = describeDown(countNow(leading, mirror), scope);
  return { resource: `budgets/${scope}`, message: `${becomes}, was ${was}: ${reason}; known: ${known}` };
}

/** @throws UvsError INVALID_ARGUMENT */
function demandScope(scope: string): void {
  if (SCOPE.test(scope)) return;
  throw new UvsError('INVALID_ARGUMENT', `there is no budget scope "${scope.slice(0, 64)}"`, {
    hint: 'A scope is "cluster" or "role/NAME", e.g. "role/osd".',
  });
}

function minuteOf(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 16)}Z`;
}
