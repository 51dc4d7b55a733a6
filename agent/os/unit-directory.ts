/** Where systemd reads an administrator's units, systemd.unit(5). */
export const UNIT_DIRECTORY = '/etc/systemd/system';
