import { describe, expect, it } from 'vitest';
import { formatEndpoint, formatHostPort, parseAdvertisedListeners, parseBootstrapServers, parseHostPort, parseListeners } from './endpoint.js';

describe('host and port', () => {
  it.each([
    ['localhost:9092', 'localhost', 9092],
    ['10.0.0.1:0', '10.0.0.1', 0],
    ['[::1]:65535', '::1', 65_535],
    ['[2001:db8::7]:1', '2001:db8::7', 1],
    ['[fe80::1%eth0]:1', 'fe80::1%eth0', 1],
    ['控制器:9093', '控制器', 9093],
  ])('%s is read, and written back', (text, host, port) => {
    expect(parseHostPort(text)).toEqual({ kind: 'ok', value: { host, port } });
    expect(formatHostPort({ host, port })).toBe(text);
  });

  it.each([
    ['localhost', 'has no port'],
    ['localhost:', 'is no host and port'],
    ['localhost:x', 'is no host and port'],
    ['localhost:65536', 'port 65536 is out of range'],
    ['localhost:-1', 'is no host and port'],
    [':9092', 'names no host'],
    ['::1:9092', 'looks like an IPv6 address without brackets'],
    ['[::g]:1', 'is no IPv6 address'],
    ['[localhost]:1', 'is no IPv6 address'],
    ['[::1]', 'is no host and port'],
    ['http://localhost:1', 'has a listener name or scheme'],
    ['a b:1', 'is no host name'],
    ['a/b:1', 'is no host name'],
  ])('%s is refused', (text, problem) => {
    expect(parseHostPort(text)).toMatchObject({ kind: 'refused', problem: expect.stringContaining(problem) as string });
  });
});

describe('addresses to connect to', () => {
  it('are a list', () => {
    expect(parseBootstrapServers('a:1, [::1]:2 ,')).toEqual({ kind: 'ok', value: [{ host: 'a', port: 1 }, { host: '::1', port: 2 }] });
  });

  it.each([
    ['0.0.0.0:1', 'nobody can connect to 0.0.0.0'],
    ['[::]:1', 'nobody can connect to ::'],
    ['a:0', 'nobody can connect to port 0'],
  ])('are not %s', (text, problem) => {
    expect(parseBootstrapServers(text)).toMatchObject({ kind: 'refused', problem });
  });
});

describe('listeners', () => {
  it('have names in capitals, and may listen on all interfaces', () => {
    expect(parseListeners('plaintext://:9092,CONTROLLER://0.0.0.0:9093,V6://[::1]:9094')).toEqual({
      kind: 'ok',
      value: [
        { name: 'PLAINTEXT', host: '', port: 9092 },
        { name: 'CONTROLLER', host: '0.0.0.0', port: 9093 },
        { name: 'V6', host: '::1', port: 9094 },
      ],
    });
    expect(formatEndpoint({ name: 'V6', host: '::1', port: 9094 })).toBe('V6://[::1]:9094');
  });

  it.each([
    ['localhost:9092', '"localhost:9092" is no listener'],
    ['A://localhost', 'has no port'],
    ['A://h:1,a://h:2', 'the listener name A appears twice'],
    ['A://h:1,B://h:1', 'A and B both listen on port 1'],
    ['A://:1,B://h:1', 'A and B both listen on port 1'],
  ])('are not %s', (text, problem) => {
    expect(parseListeners(text)).toMatchObject({ kind: 'refused', problem: expect.stringContaining(problem) as string });
  });

  it('may share a port on unlike addresses, or leave it open', () => {
    expect(parseListeners('A://10.0.0.1:1,B://10.0.0.2:1').kind).toBe('ok');
    expect(parseListeners('A://h:0,B://h:0').kind).toBe('ok');
  });
});

describe('what is advertised', () => {
  it('may repeat an address, since proxies do', () => {
    expect(parseAdvertisedListeners('A://proxy:1,B://proxy:1').kind).toBe('ok');
  });

  it.each([
    ['A://0.0.0.0:1', 'nobody can connect to 0.0.0.0'],
    ['A://:1', 'names no host'],
    ['A://h:0', 'nobody can connect to port 0'],
    ['h:1', '"h:1" is no endpoint'],
    ['A://h:1,A://i:1', 'the listener name A appears twice'],
  ])('is never %s', (text, problem) => {
    expect(parseAdvertisedListeners(text)).toMatchObject({ kind: 'refused', problem: expect.stringContaining(problem) as string });
  });
});
