import { fstatSync } from 'node:fs';

/** syslog's priority of what keeps a daemon from running (syslog(3)). */
const ERROR_PRIORITY = 3;

/**
 * Whether journald reads what is written to a file descriptor (systemd.exec(5), JOURNAL_STREAM). The variable alone says nothing: whatever a
 * service starts inherits it, with output that goes elsewhere.
 */
export function isJournalStream(descriptor: number, env: Readonly<Record<string, string | undefined>>): boolean {
  const named = env['JOURNAL_STREAM'];
  if (named === undefined) return false;
  try {
    const { dev, ino } = fstatSync(descriptor);
    return named === `${dev}:${ino}`;
  } catch {
    return false; // it is closed
  }
}

/** An error's text as standard error takes it: for journald each line says that it is one, so that `journalctl -p err` shows it. */
export function errorLines(text: string, isJournal: boolean): string {
  const lines = text.trimEnd().split('\n');
  return lines.map((line) => `${isJournal ? `<${ERROR_PRIORITY}>` : ''}${line}\n`).join('');
}
