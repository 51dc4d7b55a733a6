import { agentBounds } from '../../common/agent-bounds.ts';
import { cutList } from '../../common/cut.ts';
import type { NodeFacts } from '../../common/facts.ts';
import type { Heartbeat } from '../../proto/gen/uvs/agent/v1/Heartbeat.ts';
import { toProtoFacts } from './messages.ts';

export interface SelfReportOptions {
  readonly facts: () => Promise<NodeFacts>;
  readonly failedServices: (howFresh: 'known' | 'asked') => Promise<readonly string[]>;
  readonly packageRootVersion: () => Promise<number>;
  /** Monotonic. */
  readonly nowMs: () => number;
}

/** Facts change with what the agent does, which says so, and a little by themselves (free space, daemons that somebody has added). */
const FACTS_MS = 60_000;

/**
 * What a node says of itself. A heartbeat every few seconds must cost an idle node next to nothing, so the facts, for which a dozen files are read,
 * are gathered once a minute; whoever decides something by them has them asked for (`evidence`).
 */
export class SelfReport {
  readonly #options: SelfReportOptions;
  #gatheredAtMs = Number.NEGATIVE_INFINITY;
  #said = '';
  #packageRootVersion = 0;

  constructor(options: SelfReportOptions) {
    this.#options = options;
  }

  /** For a hello. */
  async introduction() {
    const { facts } = await this.#gather();
    return { facts, packageRootVersion: this.#packageRootVersion };
  }

  async heartbeat(): Promise<Heartbeat> {
    const isDue = this.#options.nowMs() - this.#gatheredAtMs >= FACTS_MS;
    const gathered = isDue ? await this.#gather() : undefined;
    return {
      facts: gathered?.isNew === true ? gathered.facts : null,
      failedServices: await this.#failedServices('known'),
      packageRootVersion: this.#packageRootVersion,
    };
  }

  /** Of health, at this moment. */
  async evidence() {
    const [facts, failedServices] = await Promise.all([this.#options.facts(), this.#failedServices('asked')]);
    return { bootId: facts.bootId, facts: toProtoFacts(facts), failedServices };
  }

  /** Another root file counts from now on, as one heartbeat has told already. */
  rootFollowed(version: number): void {
    this.#packageRootVersion = version;
  }

  /** Something has happened that may have changed the facts: the next heartbeat has them. */
  outdate(): void {
    this.#gatheredAtMs = Number.NEGATIVE_INFINITY;
  }

  async #gather() {
    const startedAtMs = this.#options.nowMs();
    this.#gatheredAtMs = startedAtMs;
    try {
      const facts = toProtoFacts(await this.#options.facts());
      this.#packageRootVersion = await this.#options.packageRootVersion();
      const text = JSON.stringify(facts);
      const isNew = text !== this.#said;
      this.#said = text;
      return { facts, isNew };
    } catch (error) {
      this.outdate();
      throw error;
    }
  }

  async #failedServices(howFresh: 'known' | 'asked'): Promise<string[]> {
    return [...cutList(await this.#options.failedServices(howFresh), agentBounds.failedServices)];
  }
}
