import { mkdirSync, readFileSync, writeFileSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { storedBefore, type StoredBefore } from '../../../agent/settings/before.ts';

/** A root with what settings touch of a machine. */
export class SandboxRoot {
  readonly path: string;
  readonly before: StoredBefore;

  constructor(directory: string) {
    this.path = join(directory, 'root');
    const state = join(directory, 'state');
    mkdirSync(state, { recursive: true });
    mkdirSync(join(this.path, 'etc'), { recursive: true });
    this.before = storedBefore({ path: state });
  }

  write(path: string, content: string): void {
    mkdirSync(dirname(join(this.path, path)), { recursive: true });
    writeFileSync(join(this.path, path), content);
  }

  /** Undefined where there is no such file. */
  read(path: string): string | undefined {
    const at = join(this.path, path);
    return existsSync(at) ? readFileSync(at, 'utf8') : undefined;
  }
}
