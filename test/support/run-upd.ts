import { PassThrough } from 'node:stream';
import { runUpd } from '../../cli/upd/program.ts';

export interface EndedUpd {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `upd` inside this process; paths are relative to `directory`. @param passphrase what a person would type */
export async function runUpdIn(directory: string, args: readonly string[], passphrase?: string): Promise<EndedUpd> {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const before = process.cwd();
  process.chdir(directory);
  try {
    const asked = passphrase === undefined ? {} : { passphrase: () => Promise.resolve(passphrase) };
    const code = await runUpd(args, { out, err, ...asked }, new AbortController().signal);
    return { code, out: String(out.read() ?? ''), err: String(err.read() ?? '') };
  } finally {
    process.chdir(before);
  }
}
