const SECRET_KEY = /password|secret|jaas|credential|private|\.key$|master\.key/;

/**
 * The value as it may be printed: keys that hold secrets show none of it, and user and password in an address are
 * starred.
 */
export function maskValue(key: string, value: string): string {
  if (SECRET_KEY.test(key)) return '******';
  return value.replace(/(^|,|:\/\/)[^@/,\s]+@(?=[^@,]*:\d|[^@,]*$)/g, (match, before: string) =>
    key === 'nats.servers' || key === 'otel.exporter.otlp.endpoint' ? `${before}******@` : match,
  );
}
