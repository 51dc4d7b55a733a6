/** What `systemctl status uvs-agent` says: with whom the agent speaks, and where the operations are that go on. */
export class StatusLine {
  readonly #hostname: string;
  readonly #phases = new Map<string, string>();
  #coordinator: string | undefined;
  #refusal = '';

  constructor(hostname: string) {
    this.#hostname = hostname;
  }

  /** @param coordinator undefined where none is reached */
  connected(coordinator: string | undefined): void {
    this.#coordinator = coordinator;
    if (coordinator !== undefined) this.#refusal = '';
  }

  /** Of the coordinators one has refused the node, with this sentence; '': none has. @returns whether that is news */
  refused(sentence: string): boolean {
    const isNews = this.#refusal !== sentence;
    this.#refusal = sentence;
    return isNews;
  }

  /** An operation is in a phase of the state machine. @returns whether that is news */
  phase(operation: string, phase: string): boolean {
    if (this.#phases.get(operation) === phase) return false;
    this.#phases.set(operation, phase);
    return true;
  }

  ended(operation: string): void {
    this.#phases.delete(operation);
  }

  get text(): string {
    const alone = this.#refusal === '' ? 'looking for the leading coordinator' : `refused: ${this.#refusal}`;
    const contact = this.#coordinator === undefined ? `degraded, ${alone}` : `connected to ${this.#coordinator}`;
    const operations = [...this.#phases].map(([operation, phase]) => `; ${operation}: ${phase}`);
    return `${this.#hostname}: ${contact}${operations.join('')}`;
  }
}
