import { fileURLToPath } from 'node:url';

/** The arm64 packages of an agent, made from what ships. */
export const PACKAGES = fileURLToPath(new URL('../../dist/arm-machine-packages', import.meta.url));
