/** Sections of the manual: 1 are commands of everybody, 8 those of a machine's administrator. */
export const SECTIONS: Readonly<Record<string, 1 | 8>> = { 'uvs-agent': 8, 'uvs-coordinator': 8, uvsctl: 1, upd: 1 };
