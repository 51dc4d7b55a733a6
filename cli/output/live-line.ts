import { formatBytes, formatDuration } from './quantity.ts';
import { progressBar } from './progress-bar.ts';
import { Screen } from './screen.ts';
import type { Terminal } from './terminal.ts';
import { cutText } from './text-width.ts';

/** How often a terminal is redrawn, and how often a log gets a line. */
const drawEveryMs = 100;
const logEveryMs = 5_000;

/** Shows on standard error how far some bytes have come: a bar on a terminal, a line every few seconds elsewhere. */
export class LiveLine implements Disposable {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  readonly #title: string;
  readonly #totalBytes: number;
  readonly #screen: Screen | undefined;
  readonly #startMs: number;
  #startBytes: number | undefined;
  #shownMs: number;

  /** @param now monotonic milliseconds */
  constructor(terminal: Terminal, now: () => number, title: string, totalBytes: number) {
    this.#terminal = terminal;
    this.#now = now;
    this.#title = title;
    this.#totalBytes = totalBytes;
    this.#screen = terminal.canDrawNotes ? new Screen(terminal.draw) : undefined;
    this.#startMs = now();
    this.#shownMs = this.#screen === undefined ? this.#startMs : -Infinity;
  }

  /** Tells how many bytes have come in all. */
  update(bytes: number): void {
    this.#startBytes ??= bytes;
    const nowMs = this.#now();
    if (nowMs - this.#shownMs < (this.#screen === undefined ? logEveryMs : drawEveryMs) && bytes < this.#totalBytes) return;
    if (this.#screen === undefined && nowMs - this.#shownMs < logEveryMs) return;
    this.#shownMs = nowMs;
    const line = this.#line(bytes, nowMs - this.#startMs);
    if (this.#screen === undefined) this.#terminal.note(line);
    else this.#screen.draw([cutText(line, (this.#terminal.columns() ?? 80) - 1)]);
  }

  #line(bytes: number, elapsedMs: number): string {
    const percent = this.#totalBytes === 0 ? 100 : Math.floor((100 * bytes) / this.#totalBytes);
    const moved = bytes - (this.#startBytes ?? 0);
    const perSecond = elapsedMs > 200 ? (moved * 1000) / elapsedMs : 0;
    const left = perSecond > 0 ? ((this.#totalBytes - bytes) * 1000) / perSecond : 0;
    const speed = perSecond > 0 ? `  ${formatBytes(perSecond)}/s` : '';
    const eta = left > 2_000 ? `  ${formatDuration(left)} left` : '';
    const bar = this.#screen === undefined ? '' : `${progressBar(percent, 26)} `;
    return `${this.#title}  ${bar}${String(percent).padStart(3)} %  ${formatBytes(bytes)} of ${formatBytes(this.#totalBytes)}${speed}${eta}`;
  }

  /** Takes the bar away; what came of it is said elsewhere. */
  [Symbol.dispose](): void {
    this.#screen?.draw([]);
    this.#screen?.[Symbol.dispose]();
  }
}
