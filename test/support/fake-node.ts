import type { Machine, UnitState, Units } from '../../agent/ports.ts';

interface FakeUnit {
  isRunning: boolean;
  isWanted: boolean;
  starts: number;
}

/** Units in memory; each restart is another start. */
export class FakeUnits implements Units {
  readonly units = new Map<string, FakeUnit>();
  readonly restarted: string[] = [];
  readonly targets = new Map<string, readonly string[]>();
  /** Units that do not come back. */
  readonly broken = new Set<string>();
  /** Called whenever the service manager is asked for something that disturbs nothing. */
  onLook: () => void = () => undefined;
  /** Called between a look at a unit and what is done to it. */
  onForgive: () => void = () => undefined;
  /** Called before a unit goes down. */
  onRestart: (unit: string) => void = () => undefined;

  constructor(running: readonly string[], others: Readonly<Record<string, 'stopped' | 'failed'>> = {}) {
    for (const unit of running) this.units.set(unit, { isRunning: true, isWanted: true, starts: 1 });
    for (const [unit, how] of Object.entries(others)) this.units.set(unit, { isRunning: false, isWanted: how === 'failed', starts: 1 });
  }

  matching(pattern: string): Promise<readonly string[]> {
    this.onLook();
    const pieces = pattern.split('*').map((piece) => piece.replaceAll(/[.\\^$+?()[\]{}|]/g, '\\$&'));
    const glob = new RegExp(`^${pieces.join('.*')}$`);
    return Promise.resolve([...this.units.keys()].filter((unit) => glob.test(unit)));
  }

  partsOf(target: string): Promise<readonly string[]> {
    return Promise.resolve(this.targets.get(target) ?? []);
  }

  state(unit: string): Promise<UnitState> {
    this.onLook();
    const { isRunning = false, isWanted = false, starts = 0 } = this.units.get(unit) ?? {};
    return Promise.resolve({ unit, isRunning, isWanted, start: String(starts) });
  }

  forgive(): Promise<void> {
    this.onLook();
    this.onForgive();
    return Promise.resolve();
  }

  start(unit: string): Promise<void> {
    if (this.units.get(unit)?.isRunning !== true) this.#startAnew(unit);
    return Promise.resolve();
  }

  restart(unit: string): Promise<void> {
    this.#startAnew(unit);
    return Promise.resolve();
  }

  #startAnew(unit: string): void {
    this.onRestart(unit);
    this.restarted.push(unit);
    const found = this.units.get(unit);
    if (found !== undefined) Object.assign(found, { isRunning: !this.broken.has(unit), isWanted: true, starts: found.starts + 1 });
  }
}

/** A machine in memory that goes down when a test lets it. */
export class FakeMachine implements Machine {
  boot = 1;
  asked = 0;
  cannotReboot: string | undefined;
  onReboot: () => void = () => undefined;
  /** Called whenever the machine is asked for something that disturbs nothing. */
  onLook: () => void = () => undefined;

  bootId(): Promise<string> {
    this.onLook();
    return Promise.resolve(`boot-${this.boot}`);
  }

  sync(): Promise<void> {
    this.onLook();
    return Promise.resolve();
  }

  reboot(): Promise<void> {
    this.asked += 1;
    this.onReboot();
    return Promise.resolve();
  }
}
