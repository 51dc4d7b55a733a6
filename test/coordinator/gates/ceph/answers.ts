import { readFileSync } from 'node:fs';
import { succeeded } from '../../../../coordinator/gates/ceph/answer.ts';
import type { Ceph, CephOutput } from '../../../../coordinator/gates/ceph/cli.ts';

/** Reads what a release of Ceph has answered, e.g. "16.2.15/osds.json"; answers/README.md says where each is from. */
export function answerText(name: string): string {
  return readFileSync(new URL(`answers/${name}`, import.meta.url), 'utf8');
}

export function output(stdout: string, given: Partial<CephOutput> = {}): CephOutput {
  return { code: 0, stdout, stderr: '', remark: '', ...given };
}

/** The commands that a question of the gate asks, and the answers of a 16.2.15 that is well: n1 and n2 have mon, mgr, osd and mds, n3 has mon and osd. */
export const wellAnswers: Readonly<Record<string, string>> = {
  health: answerText('16.2.15/health.json'),
  quorum_status: answerText('16.2.15/quorum.json'),
  'pg stat': answerText('16.2.15/pgs.json'),
  'osd dump': answerText('16.2.15/osds.json'),
  'mgr dump': answerText('16.2.15/managers.json'),
  'fs dump': answerText('16.2.15/filesystems.json'),
  'node ls': answerText('16.2.15/nodes.json'),
  'osd tree': answerText('16.2.15/tree.json'),
  'balancer status': answerText('16.2.15/balancer.json'),
};

export type Scripted = string | CephOutput | (() => CephOutput);

/** A Ceph that answers from a table, and keeps what it was asked; `ok-to-stop` is a yes about whoever was asked for. */
export class ScriptedCeph implements Ceph {
  readonly asked: string[] = [];
  readonly answers: Map<string, Scripted>;

  constructor(more: Readonly<Record<string, Scripted>> = {}) {
    this.answers = new Map<string, Scripted>(Object.entries({ ...wellAnswers, ...more }));
  }

  /** A command that fails, and one that is not scripted, is an error. */
  async askAll(commands: readonly (readonly string[])[], signal: AbortSignal): Promise<readonly string[]> {
    const outputs = await Promise.all(commands.map((command) => this.ask(command, signal)));
    return outputs.map((each, index) => succeeded(each, commands[index] ?? []).stdout);
  }

  async ask(command: readonly string[], _signal: AbortSignal): Promise<CephOutput> {
    const text = command.join(' ');
    this.asked.push(text);
    const answer = this.answers.get(text);
    if (typeof answer === 'function') return answer();
    if (typeof answer === 'string') return output(answer);
    if (answer !== undefined) return answer;
    const [kind, verb, ...names] = command;
    if (verb !== 'ok-to-stop') throw new Error(`nobody has scripted: ceph ${text}`);
    return output(kind === 'osd' ? JSON.stringify({ ok_to_stop: true, osds: names.map(Number) }) : '');
  }
}
