import { request } from 'node:http';

/** Asks the switchboard to stop or start the daemons of a host. Arguments: its socket, "stop" or "start", the host. */
const [socketPath = '', verb = '', host = ''] = process.argv.slice(2);
const asked = request({ socketPath, path: `/${verb}/${host}`, method: 'POST' }, (response) => {
  response.resume();
  process.exitCode = response.statusCode === 200 ? 0 : 1;
});
asked.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
asked.end();
