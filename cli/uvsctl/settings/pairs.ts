import { parseSetting, parseSettingName } from '../../../common/settings/value.ts';
import { pairsOf } from '../declared/pairs.ts';

/** @throws UvsError INVALID_ARGUMENT */
export function settingPairs(texts: readonly string[]): Record<string, string> {
  const hint = 'Write NAME=VALUE, e.g. time-zone=Europe/Berlin; `uvsctl settings unset` takes one back.';
  return pairsOf(texts, 'a setting', hint, (text, value) => {
    const name = parseSettingName(text);
    return [name, parseSetting(name, value)];
  });
}

/** Settings on one line. */
export function settingsText(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value.includes(' ') ? `"${value}"` : value}`)
    .join(' ');
}
