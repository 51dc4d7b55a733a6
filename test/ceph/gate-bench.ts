import { performance } from 'node:perf_hooks';
import { cephCli, type Ceph } from '../../coordinator/gates/ceph/cli.ts';
import { CephGate, type CephGateOptions } from '../../coordinator/gates/ceph/gate.ts';
import { greetDaemons } from '../../coordinator/gates/ceph/greeting.ts';
import type { DrainRecord, NodeRecord } from '../../coordinator/domain.ts';
import type { GateAnswer, GateQuestion } from '../../coordinator/ports.ts';
import { facts, node } from '../support/domain-records.ts';
import { gateQuestion } from '../support/gate-question.ts';
import { eventually } from '../support/eventually.ts';
import type { MiniCeph } from './mini-ceph.ts';

const LONG_AGO = -1_000_000;
export const TIMEOUT_MS = 8_000;
/** Much longer than a quiet machine needs. */
export const WAIT_MS = 120_000;

/** The gate as a coordinator would have it, with the key that operators are told to make, in front of a real Ceph. */
export class GateBench {
  readonly gate: CephGate;
  readonly ceph: Ceph;
  readonly #hosts: Readonly<Record<string, readonly string[]>>;

  constructor(ceph: MiniCeph, hosts: Readonly<Record<string, readonly string[]>>, options: Partial<CephGateOptions> = {}) {
    this.#hosts = hosts;
    const keyring = ceph.keyring('client.uvs');
    this.ceph = cephCli({ argv: ['ceph'], user: 'client.uvs', conf: ceph.conf, keyring, connectSeconds: TIMEOUT_MS / 1000 });
    this.gate = new CephGate({
      name: 'ceph',
      ceph: this.ceph,
      greet: greetDaemons(2_000),
      clock: { monotonicMs: () => performance.now(), wallMs: () => Date.now() },
      timeoutMs: TIMEOUT_MS,
      soakMs: 500,
      noticeMs: 600_000,
      acknowledged: [],
      ...options,
    });
  }

  node(hostname: string): NodeRecord {
    return node(hostname, ['osd'], { facts: facts({ daemons: this.#hosts[hostname] ?? [] }) });
  }

  question(moment: GateQuestion['moment'], hostname: string, given: Partial<GateQuestion> = {}): GateQuestion {
    const changes = { changedMs: LONG_AGO, othersChangedMs: LONG_AGO, leadingSinceMs: LONG_AGO };
    return gateQuestion(this.node(hostname), { moment, ...changes, ...given });
  }

  /** One question. @throws UvsError where Ceph can't be asked in time, which is a no too */
  askOnce(moment: GateQuestion['moment'], hostname: string, given: Partial<GateQuestion> = {}): Promise<GateAnswer> {
    return this.gate.ask(this.question(moment, hostname, given), new AbortController().signal);
  }

  /** The first answer, whatever it is; a machine that is busy with other tests may need a second question. */
  answer(moment: GateQuestion['moment'], hostname: string, given: Partial<GateQuestion> = {}): Promise<GateAnswer> {
    return this.#until('an answer', moment, hostname, given, () => true);
  }

  /** The first answer that is a yes. */
  untilYes(moment: GateQuestion['moment'], hostname: string, given: Partial<GateQuestion> = {}): Promise<GateAnswer> {
    return this.#until('a yes', moment, hostname, given, ({ isYes }) => isYes);
  }

  /**
   * The first no with this reason. On a busy machine another may come before it: a monitor that is late, placement groups that still agree
   * on who serves them.
   */
  untilNo(moment: GateQuestion['moment'], hostname: string, reason: RegExp, given: Partial<GateQuestion> = {}): Promise<GateAnswer> {
    return this.#until(`a no like ${String(reason)}`, moment, hostname, given, ({ isYes, message }) => !isYes && reason.test(message));
  }

  async #until(
    what: string,
    moment: GateQuestion['moment'],
    hostname: string,
    given: Partial<GateQuestion>,
    isIt: (answer: GateAnswer) => boolean,
  ): Promise<GateAnswer> {
    let last = 'nothing';
    const ask = async (): Promise<GateAnswer | false> => {
      const answer = await this.askOnce(moment, hostname, given);
      last = `${answer.isYes ? 'yes' : 'no'}: ${answer.message}`;
      return isIt(answer) && answer;
    };
    return eventually(`${what} for ${hostname}`, ask, WAIT_MS).catch((cause: unknown) => {
      throw new Error(`not ${what} for ${hostname}, the last answer was ${last}`, { cause });
    });
  }

  /** What the ledger would hold of a node for which this is set, and of which this was noted. */
  drain(hostname: string, plan: string | undefined, note: string | undefined): DrainRecord {
    const { uid } = this.node(hostname);
    const of = (text: string | undefined): Readonly<Record<string, string>> => (text === undefined ? {} : { ceph: text });
    return { uid, operation: `op-${hostname}`, state: 'set', set: of(plan), notes: of(note) };
  }
}
