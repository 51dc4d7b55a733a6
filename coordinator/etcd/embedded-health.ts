import { readFile } from 'node:fs/promises';
import { request } from 'node:https';

/** Paths of PEM files. */
export interface EtcdTlsFiles {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

const ANSWER_BYTES = 4096;

/** Asks etcd's own health page; whatever goes wrong means not healthy. Files that can't be read are an error. */
export async function isHealthy(endpoint: string, files: EtcdTlsFiles, serverName: string, signal: AbortSignal): Promise<boolean> {
  const [ca, cert, key] = await Promise.all([readFile(files.authority), readFile(files.certificate), readFile(files.key)]);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const asking = request(
    `${endpoint}/health`,
    { ca, cert, key, servername: serverName, agent: false, signal, timeout: 2_000 },
    (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text = (text + chunk).slice(0, ANSWER_BYTES);
      });
      response.on('error', () => resolve(false));
      response.on('end', () => resolve(response.statusCode === 200 && /"health"\s*:\s*"true"/u.test(text)));
    },
  );
  asking.on('timeout', () => asking.destroy());
  asking.on('error', () => resolve(false));
  asking.on('close', () => resolve(false));
  asking.end();
  return promise;
}
