import { createHash, X509Certificate } from 'node:crypto';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { UvsError } from '../../common/errors.ts';
import { COORDINATOR_NAME } from '../../common/tls.ts';

const PROBE_MS = 5_000;
const MAX_CHAIN = 8;

/**
 * Fetches the authority that a server shows in its TLS handshake; sends neither a certificate nor anything else, and trusts nothing yet.
 * @returns PEM and sha256 (hex) of the topmost certificate.
 * @throws UvsError UNREACHABLE
 */
export async function probeAuthority(address: string, signal?: AbortSignal): Promise<{ readonly pem: string; readonly sha256: string }> {
  const { hostname, port } = new URL(`https://${address}`);
  const raw = await new Promise<Buffer>((resolve, reject) => {
    // Nothing is believed here: the caller compares the hash, and the real connection then verifies everything against this authority.
    const socket = connect({
      host: hostname.replaceAll(/^\[|\]$/g, ''),
      port: Number(port === '' ? 443 : port),
      servername: COORDINATOR_NAME,
      ALPNProtocols: ['h2'],
      minVersion: 'TLSv1.3',
      rejectUnauthorized: false,
    });
    const fail = (why: string, cause?: unknown): void => {
      socket.destroy();
      reject(new UvsError('UNREACHABLE', `${address} cannot be reached (${why})`, { cause }));
    };
    socket.setTimeout(PROBE_MS, () => fail(`no answer within ${PROBE_MS / 1000} s`));
    socket.on('error', (error) => fail(error.message, error));
    signal?.addEventListener('abort', () => fail('cancelled'), { once: true });
    socket.on('secureConnect', () => {
      const top = topmost(socket.getPeerCertificate(true));
      socket.destroy();
      if (top === undefined) fail('it shows no certificate');
      else resolve(top);
    });
  });
  return { pem: new X509Certificate(raw).toString(), sha256: createHash('sha256').update(raw).digest('hex') };
}

function topmost(leaf: DetailedPeerCertificate): Buffer | undefined {
  let current = leaf;
  for (let depth = 0; depth < MAX_CHAIN; depth += 1) {
    const issuer: DetailedPeerCertificate | undefined = current.issuerCertificate;
    if (issuer === undefined || issuer.fingerprint256 === current.fingerprint256) break;
    current = issuer;
  }
  return Buffer.isBuffer(current.raw) ? current.raw : undefined;
}
