import type { Selector__Output } from '../../../proto/gen/uvs/v1/Selector.ts';
import type { Selector as SelectorMessage } from '../../../proto/gen/uvs/v1/Selector.ts';
import type { Selector } from '../../domain.ts';
import { invalid, requireLabels } from '../validate.ts';

const MAX_NAMES = 10_000;

/** Whether a selector names nothing at all. */
export function isEmpty(selector: Selector): boolean {
  return !selector.all && selector.nodes.length === 0 && selector.roles.length === 0 && Object.keys(selector.labels).length === 0;
}

/** @throws UvsError INVALID_ARGUMENT */
export function selectorFrom(message: Selector__Output | null | undefined, field: string): Selector {
  if (message === null || message === undefined) throw invalid(field, 'is required');
  if (message.nodes.length > MAX_NAMES) throw invalid(`${field}.nodes`, `holds more than ${MAX_NAMES} names`);
  if (message.roles.length > 64) throw invalid(`${field}.roles`, 'holds more than 64 roles');
  for (const name of message.nodes) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/.test(name))
      throw invalid(`${field}.nodes`, `has the bad name ${JSON.stringify(name.slice(0, 80))}`);
  }
  for (const role of message.roles) {
    if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(role)) throw invalid(`${field}.roles`, `has the bad role ${JSON.stringify(role.slice(0, 80))}`);
  }
  return { all: message.all, nodes: message.nodes, roles: message.roles, labels: requireLabels(message.labels, `${field}.labels`) };
}

export function selectorMessage(selector: Selector): SelectorMessage {
  return { all: selector.all, nodes: [...selector.nodes], roles: [...selector.roles], labels: { ...selector.labels } };
}
