import { createServer, type Server } from 'node:net';

/**
 * Below the range from which the system takes the ports of outgoing connections (Linux: 32768 and up). A listener there
 * cannot find its port taken by somebody's connection when it comes back after a kill, and a client that dials a dead
 * listener again and again cannot by chance be connected to itself.
 */
const LOWEST = 20_500;
const HIGHEST = 32_700;

/** Ports of the loopback interface that nobody listens on now. All are held until all are known, so none comes twice. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const held: Server[] = [];
  const ports: number[] = [];
  let port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
  for (let tried = 0; ports.length < count; tried += 1) {
    if (tried > HIGHEST - LOWEST) throw new Error(`no ${count} free ports from ${LOWEST} to ${HIGHEST}`);
    port = port >= HIGHEST ? LOWEST : port + 1;
    const server = await holdPort(port);
    if (server === undefined) continue;
    held.push(server);
    ports.push(port);
  }
  await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Whether nobody listens there now. */
export async function isFree(port: number): Promise<boolean> {
  const server = await holdPort(port);
  if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  return server !== undefined;
}

function holdPort(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}
