import type { WatchRolloutResponse__Output } from '../../../proto/gen/uvs/v1/WatchRolloutResponse.ts';
import { jsonLine } from '../../output/json.ts';
import type { Terminal } from '../../output/terminal.ts';
import type { Change, RolloutModel } from './model.ts';

/** How a watched rollout is shown. */
export interface View extends Disposable {
  /** Shows what an event changed; the model has taken it in already. */
  show(event: WatchRolloutResponse__Output, changes: readonly Change[], model: RolloutModel): void;
  /** Says something about the watching itself. */
  note(text: string): void;
}

/** One JSON object per event, as the API sends it. */
export class JsonView implements View {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(event: WatchRolloutResponse__Output): void {
    // Only the member that is set, without the name that the loader adds for it.
    const { snapshot, rollout, step, resumeToken } = event;
    this.#terminal.write(jsonLine({ snapshot, rollout, step, resumeToken }));
  }

  note(text: string): void {
    this.#terminal.note(text);
  }

  [Symbol.dispose](): void {
    // Nothing is held.
  }
}
