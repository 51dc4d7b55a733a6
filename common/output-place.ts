/** Where a node keeps what an operation wrote, below the root that its agent manages (agent/state-paths.ts); of the last 50 at least. */
export function outputPlace(operation: string): string {
  return `/var/lib/uvs-agent/output/${operation}.log`;
}
