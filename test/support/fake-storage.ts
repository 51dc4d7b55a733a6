import type { Drain, Gate, GateQuestion, TellProgress } from '../../coordinator/ports.ts';

/** A storage with a flag for each node, and a balancer that all nodes share; and a gate that sets the one and pauses the other. */
export class FakeStorage {
  readonly flags = new Set<string>();
  isBalancing = true;
  readonly questions: GateQuestion[] = [];
  /** Called before it is looked what is to be set. */
  beforePlan: (uid: string) => Promise<void> | void = () => undefined;
  /** Called before anything is set or taken back; what it throws, or never resolves, is what happens. */
  beforeApply: (uid: string, tell: TellProgress) => Promise<void> | void = () => undefined;
  beforeRestore: (uid: string) => Promise<void> | void = () => undefined;
  /** What it says that it leaves as it is. */
  left: readonly string[] = [];

  gate(name: string): Gate {
    const drain: Drain = {
      plan: async ({ node: { uid }, others }) => {
        await this.beforePlan(uid);
        return JSON.stringify({
          uid,
          flag: !this.flags.has(uid) || others.some((other) => read(other).uid === uid),
          balancer: this.isBalancing || others.some((other) => read(other).balancer),
        });
      },
      apply: async (text, signal, tell = () => undefined) => {
        const { uid, flag, balancer } = read(text);
        await this.beforeApply(uid, tell);
        signal.throwIfAborted();
        if (flag) this.flags.add(uid);
        if (balancer) this.isBalancing = false;
      },
      restore: async (text, others) => {
        const { uid, flag, balancer } = read(text);
        await this.beforeRestore(uid);
        if (flag) this.flags.delete(uid);
        if (balancer && !others.some((other) => read(other).balancer)) this.isBalancing = true;
        return this.left;
      },
    };
    const ask: Gate['ask'] = async (question) => {
      this.questions.push(question);
      return { isYes: true, message: '', note: `${question.moment} ${question.node.uid}` };
    };
    return { name, kind: 'test', drain, ask };
  }
}

function read(text: string): { readonly uid: string; readonly flag: boolean; readonly balancer: boolean } {
  return JSON.parse(text);
}
