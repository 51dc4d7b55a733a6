import { CephGate, type CephGateOptions } from '../../../../coordinator/gates/ceph/gate.ts';
import type { GateAnswer, GateQuestion } from '../../../../coordinator/ports.ts';
import { facts, node } from '../../../support/domain-records.ts';
import { gateQuestion } from '../../../support/gate-question.ts';
import { answerText, ScriptedCeph, type Scripted } from './answers.ts';

export const forever = new AbortController().signal;
export const with_ = (hostname: string, ...daemons: readonly string[]) => node(hostname, ['osd'], { facts: facts({ daemons }) });
export const n1 = with_('n1', 'mds.m', 'mgr.x', 'mon.a', 'osd.0');
export const n2 = with_('n2', 'mds.s', 'mgr.y', 'mon.b', 'osd.1');
export const n3 = with_('n3', 'mon.c', 'osd.2');
export const gateway = node('gateway', ['rgw']);

const LONG_AGO = -1_000_000;

export function question(moment: GateQuestion['moment'], about: GateQuestion['node'], given: Partial<GateQuestion> = {}): GateQuestion {
  const changes = { changedMs: LONG_AGO, othersChangedMs: LONG_AGO, leadingSinceMs: LONG_AGO };
  return gateQuestion(about, { moment, ...changes, ...given });
}

/** A gate whose Ceph answers what a test says, on a clock of the test's. */
export class Bench {
  readonly ceph: ScriptedCeph;
  readonly gate: CephGate;
  nowMs = 0;

  constructor(more: Readonly<Record<string, Scripted>> = {}, options: Partial<CephGateOptions> = {}) {
    this.ceph = new ScriptedCeph(more);
    this.gate = new CephGate({
      name: 'ceph',
      ceph: this.ceph,
      greet: async () => [],
      clock: { monotonicMs: () => this.nowMs, wallMs: () => 0 },
      timeoutMs: 5_000,
      soakMs: 10_000,
      noticeMs: 30_000,
      acknowledged: [],
      ...options,
    });
  }

  ask(...given: Parameters<typeof question>): Promise<GateAnswer> {
    return this.gate.ask(question(...given), forever);
  }

  /** From its begin until the gate says that it is back. */
  async throughStep(about: GateQuestion['node'], given: Partial<GateQuestion> = {}): Promise<void> {
    await this.ask('before-begin', about, given);
    await this.ask('after', about, given);
    this.nowMs += 30_000;
    const { isYes, message } = await this.ask('after', about, given);
    if (!isYes) throw new Error(message);
  }
}

/** The map of the fixtures with these OSDs in place of its own, or beside them. */
export function osdDumpWith(
  ...osds: readonly {
    readonly osd: number;
    readonly up: number;
    readonly in: number;
    readonly up_from: number;
    readonly state: readonly string[];
  }[]
): string {
  const dump: { osds: { osd: number }[] } = JSON.parse(answerText('16.2.15/osds.json'));
  const kept = dump.osds.filter(({ osd }) => !osds.some((other) => other.osd === osd));
  return JSON.stringify({ ...dump, osds: [...kept, ...osds] });
}

export function healthOf(...codes: readonly string[]): string {
  const checks = codes.map((code) => [code, { severity: 'HEALTH_WARN', summary: { message: '' } }]);
  return JSON.stringify({ checks: Object.fromEntries(checks) });
}
