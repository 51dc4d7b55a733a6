import { request } from 'node:http';

/** Asks the switchboard for something about a host and prints its answer. Arguments: its socket, "stop", "start" or "systemctl", the host, more. */
const [socketPath = '', verb = '', host = '', ...more] = process.argv.slice(2);
const asked = request({ socketPath, path: `/${verb}/${host}`, method: 'POST' }, (response) => {
  response.pipe(response.statusCode === 200 ? process.stdout : process.stderr);
  process.exitCode = response.statusCode === 200 ? 0 : 1;
});
asked.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
asked.end(JSON.stringify(more));
