import type { EventEmitter } from 'node:events';
import { Deadline } from './deadline.ts';
import { UvsError } from './errors.ts';
import type { Logger } from './log.ts';
import { untilAborted } from './until-aborted.ts';

const stopSignals = ['SIGTERM', 'SIGINT'] as const;

/**
 * Turns SIGTERM and SIGINT into an AbortSignal; a second one calls `onImpatience`, which ends the process without ceremony.
 * SIGHUP is ignored, so that a closed terminal does not end a daemon.
 */
export function abortOnSignals(source: EventEmitter, onImpatience: () => void): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const stop = (name: unknown): void => {
    if (controller.signal.aborted) onImpatience();
    else controller.abort(new UvsError('CANCELLED', `stopped by ${String(name)}`));
  };
  const ignore = (): void => undefined;
  for (const name of stopSignals) source.on(name, stop);
  source.on('SIGHUP', ignore);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of stopSignals) source.off(name, stop);
      source.off('SIGHUP', ignore);
    },
  };
}

/** Calls back at each SIGHUP, by which a service manager has a daemon read its configuration again. */
export function onHangup(source: EventEmitter, listener: () => void): Disposable {
  source.on('SIGHUP', listener);
  return { [Symbol.dispose]: () => void source.off('SIGHUP', listener) };
}

/**
 * What a daemon has to end, in the reverse order of its beginning. Each step has a time limit and its number in the log; a step that fails or
 * takes too long is logged and the next one follows, so that nothing keeps the process from ending.
 */
export class Shutdown implements AsyncDisposable {
  readonly #steps: { readonly name: string; readonly limitMs: number; readonly end: (signal: AbortSignal) => Promise<void> | void }[] = [];
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Adds the ending of something that has just begun. @param end gets a signal that aborts at the limit. */
  onEnd(name: string, limitMs: number, end: (signal: AbortSignal) => Promise<void> | void): void {
    this.#steps.push({ name, limitMs, end });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const steps = this.#steps.splice(0).toReversed();
    for (const [index, { name, limitMs, end }] of steps.entries()) {
      const log = this.#log.child({ step: `${index + 1}/${steps.length}`, ending: name });
      using deadline = new Deadline(limitMs, `the end of ${name}`);
      try {
        await untilAborted(end(deadline.signal), deadline.signal);
        log.debug('ended');
      } catch (err) {
        log.warn({ err }, 'could not be ended in order');
      }
    }
  }
}
