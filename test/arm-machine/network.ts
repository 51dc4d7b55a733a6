import { networkInterfaces } from 'node:os';

/** Address of this machine for the emulated ones; no other network leads out of where they run. */
export const GATEWAY = '10.77.0.1';

/** Whether this process runs where that address is. */
export function hasGateway(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === GATEWAY) === true);
}
