import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import { UvsError } from '../../common/errors.ts';

/** Paths of PEM files. */
export interface EtcdTlsFiles {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

const ANSWER_BYTES = 4096;
const ANSWER_MS = 2_000;

/** Reads the files into a context for clients. @throws UvsError CONFIG_INVALID naming them */
export async function loadTlsContext(files: EtcdTlsFiles): Promise<SecureContext> {
  try {
    const [ca, cert, key] = await Promise.all([readFile(files.authority), readFile(files.certificate), readFile(files.key)]);
    return createSecureContext({ ca, cert, key });
  } catch (cause) {
    const names = `${files.authority}, ${files.certificate}, ${files.key}`;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UvsError('CONFIG_INVALID', `the certificate files for etcd cannot be used (${names}): ${why}`, { cause });
  }
}

/** Asks etcd's own health page; whatever goes wrong means not healthy. Never rejects. */
export async function isHealthy(endpoint: string, secureContext: SecureContext, serverName: string, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const options = { secureContext, servername: serverName, agent: false, signal, timeout: ANSWER_MS };
  const asking = request(`${endpoint}/health`, options, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text = (text + chunk).slice(0, ANSWER_BYTES);
    });
    response.on('error', () => resolve(false));
    response.on('end', () => resolve(response.statusCode === 200 && /"health"\s*:\s*"true"/u.test(text)));
  });
  asking.on('timeout', () => asking.destroy());
  asking.on('error', () => resolve(false));
  asking.on('close', () => resolve(false));
  asking.end();
  return promise;
}
