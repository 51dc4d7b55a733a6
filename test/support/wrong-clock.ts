import { existsSync, writeFileSync } from 'node:fs';

/** Where Debian has it, by the machine's architecture; it stands between a program and what it asks the C library for the time. */
const library = ['x86_64', 'aarch64']
  .map((arch) => `/usr/lib/${arch}-linux-gnu/faketime/libfaketime.so.1`)
  .find((path) => existsSync(path));

/** The wall clock of some programs, as a test wants it; the machine's own is never touched, and what counts the time since boot goes on as it is. */
export class WrongClock {
  readonly #file: string;

  /** @param file is made, and read by the programs again and again */
  constructor(file: string, shows: string) {
    this.#file = file;
    this.set(shows);
  }

  /** Steps to another time, also under programs that run. @param shows in UTC, e.g. "1970-01-01 00:00:30" */
  set(shows: string): void {
    writeFileSync(this.#file, `@${shows}\n`);
  }

  /** For a shell: what lets the clock step. */
  stepCommand(shows: string): string {
    return `echo '@${shows}' > ${this.#file}`;
  }

  /** Environment of the programs whose clock it is. @throws Error where libfaketime is missing */
  get env(): Readonly<Record<string, string>> {
    if (library === undefined) throw new Error('libfaketime is missing: make deps installs it');
    return {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      TZ: 'UTC',
    };
  }
}
