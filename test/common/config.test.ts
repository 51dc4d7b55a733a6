import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import * as v from 'valibot';
import { parseConfig, readConfig } from '../../common/config.ts';
import type { UvsError } from '../../common/errors.ts';
import { errorOf } from '../support/failure.ts';

const schema = v.strictObject({ metrics: v.optional(v.strictObject({ port: v.pipe(v.number(), v.integer()) })), name: v.string() });

const failure = (text: string): Promise<UvsError> => errorOf(() => parseConfig(text, '/etc/uvs/agent.toml', schema));

void t.test('a good file becomes the configuration', async (t) => {
  const path = join(t.testdir(), 'agent.toml');
  await writeFile(path, 'name = "n"\n[metrics]\nport = 9\n');
  t.same(await readConfig(path, schema), { name: 'n', metrics: { port: 9 } });
});

void t.test('an unknown key is an error that names the key and the file', async (t) => {
  const error = await failure('name = "n"\n[metrics]\nport = 9\nprot = 9\n');
  t.equal(error.reason, 'CONFIG_INVALID');
  t.equal(error.message, "/etc/uvs/agent.toml: unknown key 'metrics.prot'");
  t.equal((await failure('nam = "n"')).message, "/etc/uvs/agent.toml: unknown key 'nam'", 'before the key that is missing for it');
});

void t.test('a missing key, a wrong type and broken TOML are named with file and place', async (t) => {
  t.equal((await failure('')).message, "/etc/uvs/agent.toml: the key 'name' is missing");
  t.match((await failure('name = 3')).message, "'name': Invalid type: Expected string but received 3");
  t.match((await failure('name = "n"\nport = = 3')).message, '/etc/uvs/agent.toml, line 2: ');
});

void t.test('a missing file is its fallback where there is one, else an error that names it', async (t) => {
  const path = join(t.testdir(), 'none.toml');
  t.same(await readConfig(path, schema, 'name = "d"'), { name: 'd' });
  t.match(await errorOf(readConfig(path, schema)), { reason: 'CONFIG_INVALID', message: `cannot read the configuration file ${path}` });
});
