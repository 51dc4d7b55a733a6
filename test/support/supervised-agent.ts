import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeScript } from './sandbox-cluster.ts';
import { WITHOUT_RUNNER } from './without-runner.ts';

/** What systemd does for uvs-agent.service: starts the launcher again whenever it ends with a failure, until told to stop. */
const supervisor = `#!/bin/bash
trap 'stop=1; kill -TERM "$child" 2>/dev/null' TERM
while :; do
  "$@" &
  child=$!
  while wait "$child"; code=$?; kill -0 "$child" 2>/dev/null; do :; done
  if [ -n "$stop" ] || [ "$code" = 0 ]; then exit 0; fi
  sleep 0.2
done
`;

/** A node's daemon, started by the launcher in the node's root and kept running. */
export class SupervisedAgent {
  readonly #root: string;
  readonly #script: string;
  readonly #logFile: string;
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;

  /** @param env more environment of it */
  constructor(root: string, env: Readonly<Record<string, string>> = {}) {
    this.#root = root;
    this.#env = env;
    this.#script = writeScript(`${root}.supervise`, supervisor);
    this.#logFile = `${root}.log`;
  }

  start(): void {
    const log = openSync(this.#logFile, 'a');
    const [file, ...prefix] = WITHOUT_RUNNER;
    const command = [this.#script, join(this.#root, 'usr/lib/uvs/launch-agent'), 'run'];
    this.#child = spawn(file, [...prefix, 'setpriv', '--pdeathsig=TERM', ...command], {
      stdio: ['ignore', log, log],
      detached: true,
      env: { ...process.env, ...this.#env },
    });
    closeSync(log);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const over = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await over;
    clearTimeout(force);
  }

  log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }
}
