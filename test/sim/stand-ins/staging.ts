/** Stands in for agent/files/staging.ts: no files are staged. */
export class Staging implements Disposable {
  async remove(): Promise<void> {}

  async sync(): Promise<void> {}

  taskPath(): string {
    return 'task';
  }

  isThere(): boolean {
    return true;
  }

  [Symbol.dispose](): void {}
}
