#!/usr/bin/env node
import { UvsError } from '../../common/errors.ts';
import { runUpd } from './program.ts';

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => stopping.abort(new UvsError('CANCELLED', 'Cancelled; nothing was written.')));
}
process.exitCode = await runUpd(process.argv.slice(2), { out: process.stdout, err: process.stderr }, stopping.signal);
