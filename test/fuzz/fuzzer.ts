import type { Kit } from '../bad/kit.ts';
import { Prng } from '../sim/prng.ts';
import { AgentTrial } from './agent.ts';
import { MAX_KEPT_BYTES, readCorpus, rememberSignatures } from './corpus.ts';
import { Mutator } from './mutate.ts';
import { BrokenRule, readAsAgent, type Outcome } from './read.ts';
import { Signer } from './signer.ts';
import { demandUntouched } from './untouched.ts';

/** Each so many-th execution goes through a whole agent as well; that takes fifty times as long. */
const AGENT_EVERY = 40;
/** Packages that later ones are made of. */
const MAX_POOL = 3000;

export interface FuzzOptions {
  readonly seed: string;
  readonly kit: Kit;
  /** Ends it; whatever comes first. */
  readonly executions: number;
  readonly until: () => boolean;
  /** How seldom a whole agent is tried as well; default 40. */
  readonly agentEvery?: number;
  /** Nothing but this fuzzer has anything in it; where it is given, nothing below it may change while a package is read. */
  readonly folder?: string;
  /** Hears of each package before it is read, so that one that ends the process is known. */
  readonly onPackage: (execution: number, bytes: Buffer) => void;
}

export interface FuzzResult {
  readonly executions: number;
  readonly agentExecutions: number;
  /** How often each reason was given, TAKEN among them. */
  readonly reasons: Readonly<Record<string, number>>;
  /** What agents made of it. */
  readonly agentOutcomes: Readonly<Record<string, number>>;
  /** The smallest package of each distinct outcome. */
  readonly found: ReadonlyMap<string, { readonly name: string; readonly bytes: Buffer }>;
  readonly slowestMs: number;
}

/** Reads changed packages one after the other. The same seed makes the same ones. @throws BrokenRule at the first thing the reader does wrong */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { seed, kit, executions, until, onPackage, agentEvery = AGENT_EVERY, folder } = options;
  const signer = new Signer();
  const mutator = new Mutator(kit, signer);
  await using agent = new AgentTrial(kit);
  const found = new Map<string, { name: string; bytes: Buffer }>();
  const reasons: Record<string, number> = {};
  const agentOutcomes: Record<string, number> = {};
  const corpus = readCorpus();
  for (const { bytes } of corpus) rememberSignatures(bytes, kit, signer);
  const sound = corpus.filter(({ reason }) => reason === 'TAKEN').map(({ bytes }) => bytes);
  const pool = corpus.map(({ bytes }) => bytes).filter(({ length }) => length > 0);
  let execution = 0;
  let agentExecutions = 0;
  let slowestMs = 0;
  for (; execution < executions && !until(); execution += 1) {
    const prng = new Prng(`${seed}/${execution}`);
    const kept = corpus[execution];
    const bytes = kept?.bytes ?? mutator.mutate(prng.pick(prng.chance(0.6) ? sound : pool), pool, prng);
    onPackage(execution, bytes);
    const beganMs = performance.now();
    const outcome = await demandUntouched(folder, () => readAsAgent(bytes, kit, signer));
    slowestMs = Math.max(slowestMs, performance.now() - beganMs);
    if (kept !== undefined && kept.reason !== outcome.reason)
      throw new BrokenRule(`${kept.name} came out as ${outcome.reason}: ${outcome.message}`);
    reasons[outcome.reason] = (reasons[outcome.reason] ?? 0) + 1;
    const kind = kindOf(outcome);
    const known = found.get(kind);
    if (known === undefined || known.bytes.length > bytes.length) found.set(kind, { name: outcome.reason, bytes });
    if (known === undefined && bytes.length <= MAX_KEPT_BYTES && pool.length < MAX_POOL) pool.push(bytes);
    if (execution % agentEvery !== 0 || agentEvery === Infinity) continue;
    agentExecutions += 1;
    const came = await agent.try(bytes);
    agentOutcomes[came] = (agentOutcomes[came] ?? 0) + 1;
  }
  return { executions: execution, agentExecutions, reasons, agentOutcomes, found, slowestMs };
}

/** Outcomes that differ only in what they quote are one. */
export function kindOf({ reason, message }: Outcome): string {
  const shape = message
    .replaceAll(/"(?:[^"\\]|\\.)*"/gu, '"…"')
    .replaceAll(/but received .*$/gu, 'but received …')
    .replaceAll(/\b[0-9a-f]{12,}\b/gu, '…')
    .replaceAll(/-?\d+/gu, '#')
    .replaceAll(/(?<=\b(?:path|of|task|package|below|after|and|with|is|files?) )(?!the |in |not |wrong|signed|by )\S+/gu, '…');
  return `${reason}: ${shape.slice(0, 160)}`;
}
