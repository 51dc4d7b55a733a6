/** "1 path", "2 paths": as an operator reads it in an operation's output. */
export function countPaths(count: number): string {
  return `${count} path${count === 1 ? '' : 's'}`;
}
