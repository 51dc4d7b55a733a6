import type { WatchRolloutResponse__Output } from '../../../proto/gen/uvs/v1/WatchRolloutResponse.ts';
import { safeLine } from '../../../common/safe-text.ts';
import { Screen } from '../../output/screen.ts';
import type { Terminal } from '../../output/terminal.ts';
import { liveLines } from './live-lines.ts';
import { RolloutModel, type Change } from './model.ts';
import type { View } from './view.ts';

const frameMs = 100;
const clockMs = 1_000;

/** A few lines on a terminal that change in place: ten frames a second at most, one a second for the clock. */
export class LiveView implements View {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  readonly #startMs: number;
  readonly #screen: Screen;
  readonly #resize: Disposable;
  readonly #clock: NodeJS.Timeout;
  #frame: NodeJS.Timeout | undefined;
  #model = new RolloutModel();

  constructor(terminal: Terminal, now: () => number) {
    this.#terminal = terminal;
    this.#now = now;
    this.#startMs = now();
    this.#screen = new Screen(terminal.write);
    this.#resize = terminal.onResize(() => {
      this.#screen.reset();
      this.#drawSoon();
    });
    this.#clock = setInterval(() => this.#drawSoon(), clockMs);
    this.#draw();
  }

  show(_event: WatchRolloutResponse__Output, _changes: readonly Change[], model: RolloutModel): void {
    this.#model = model;
    this.#drawSoon();
  }

  note(text: string): void {
    this.#screen.print(safeLine(text));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#clock);
    clearTimeout(this.#frame);
    this.#draw();
    this.#resize[Symbol.dispose]();
    this.#screen[Symbol.dispose]();
  }

  #drawSoon(): void {
    this.#frame ??= setTimeout(() => {
      this.#frame = undefined;
      this.#draw();
    }, frameMs);
  }

  #draw(): void {
    const { paint } = this.#terminal;
    const columns = this.#terminal.columns() ?? 80;
    const rows = this.#terminal.rows() ?? 24;
    this.#screen.draw(liveLines(this.#model, { columns, rows, elapsedMs: this.#now() - this.#startMs, paint }));
  }
}
